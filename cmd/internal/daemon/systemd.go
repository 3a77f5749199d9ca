package daemon

import (
	"net"

	"github.com/coreos/go-systemd/v22/activation"
	sd "github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"

	"kazashi/session/fault"
)

// What systemd is told.
const (
	ready    = sd.SdNotifyReady
	stopping = sd.SdNotifyStopping
)

// reloading is told at the begin of a reload; systemd wants the time with it.
func reloading() string { return sd.SdNotifyReloading + "\n" + sd.SdNotifyMonotonicUsec() }

// notify tells systemd, if it started us and listens.
func (d *daemon) notify(state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		d.log.Debug("systemd is not told", zap.Error(err))
	}
}

// activated returns the socket that systemd opened for us, nil when it opened
// none. Its file is systemd's: owner and mode are the socket unit's, and it stays
// when the daemon ends.
func activated() (net.Listener, error) {
	listeners, err := activation.Listeners() // and forgets them, so that a second call finds none
	if err != nil {
		return nil, fault.Wrap(fault.SocketUnavailable, err, "taking the socket over from systemd")
	}
	if len(listeners) == 0 {
		return nil, nil
	}
	l, ok := listeners[0].(*net.UnixListener)
	if len(listeners) > 1 || !ok {
		for _, l := range listeners {
			if l != nil {
				_ = l.Close()
			}
		}
		return nil, fault.New(fault.SocketUnavailable, "systemd must hand over one Unix stream socket and nothing else")
	}
	l.SetUnlinkOnClose(false)
	return l, nil
}
