package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/client"
)

// How long a tap waits for a socket that does not exist yet, and how often it looks:
// the daemon may have been started a moment ago.
const (
	socketTimeout = 5 * time.Second
	socketPoll    = 20 * time.Millisecond
)

// maxSocketPath is how many bytes a socket's path can have (unix(7)).
const maxSocketPath = 107

// dial connects to the daemon.
func (a *app) dial(ctx context.Context) (*client.Client, error) {
	if n := len(a.socket); n > maxSocketPath {
		return nil, fault.New(fault.Usage, "the socket's path has %d bytes, and %d are the most", n, maxSocketPath)
	}
	return client.DialContext(ctx, a.socket)
}

// dialPatiently is dial for a daemon that may be starting: it waits for a socket
// that does not exist yet, and says so. Where its directory is missing too, no daemon
// is about to make one.
func (a *app) dialPatiently(ctx context.Context) (*client.Client, error) {
	daemon, err := a.dial(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return daemon, err
	}
	if _, statErr := os.Stat(filepath.Dir(a.socket)); statErr != nil {
		return nil, err
	}
	a.err.line(plain, "kazashi: "+fmt.Sprintf(phrase{
		"%s はまだありません。デーモンを最大 %.0f 秒待ちます",
		"no %s yet, waiting up to %.0f s for the daemon"}.in(a.lang), printable(a.socket), socketTimeout.Seconds()))
	late := time.NewTimer(socketTimeout)
	defer late.Stop()
	tick := time.NewTicker(socketPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late.C:
			return nil, err
		case <-tick.C:
		}
		daemon, err = a.dial(ctx)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
			return daemon, err
		}
	}
}
