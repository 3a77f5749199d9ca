package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"kazashi/reader"
	"kazashi/reader/loopback"
)

// sandboxReader is the name of the in-process reader, and begins those of more.
const sandboxReader = "Kazashi Specimen Reader 見本"

// InProcess reports whether a reader of that name is one made of software, which
// specimen mode has in the place of pcscd's.
func InProcess(reader string) bool { return strings.HasPrefix(reader, sandboxReader) }

// maxReaders bounds how many in-process readers there can be.
const maxReaders = 32

// sandboxName is the name of the nth in-process reader, counted from 0.
func sandboxName(n int) string {
	if n == 0 {
		return sandboxReader
	}
	return fmt.Sprintf("%s %d", sandboxReader, n+1)
}

// trays are several in-process readers as one system.
type trays []*loopback.System

var _ reader.System = trays(nil)

// Watch implements [reader.System]. The service is told of once, and every event by the
// goroutine that calls.
func (t trays) Watch(ctx context.Context, emit func(reader.Event)) error {
	group, ctx := errgroup.WithContext(ctx)
	events, ended := make(chan reader.Event), make(chan error, 1)
	for _, tray := range t {
		group.Go(func() error {
			return tray.Watch(ctx, func(e reader.Event) {
				select {
				case events <- e:
				case <-ctx.Done():
				}
			})
		})
	}
	go func() { ended <- group.Wait() }()
	up := false
	for {
		select {
		case err := <-ended:
			return err
		case e := <-events:
			if e.Kind == reader.ServiceUp {
				if up {
					continue
				}
				up, e.Readers = true, len(t)
			}
			emit(e)
		}
	}
}

// Open implements [reader.System].
func (t trays) Open(ctx context.Context, name string) (reader.Card, error) {
	i := slices.IndexFunc(t, func(tray *loopback.System) bool { return tray.Name() == name })
	if i < 0 {
		return nil, reader.ErrNoReader
	}
	return t[i].Open(ctx, name)
}
