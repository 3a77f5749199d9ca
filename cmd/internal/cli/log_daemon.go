package cli

import (
	"context"

	"kazashi/transport/client"
)

// daemonLog is what the daemon keeps of its log in memory: the newest lines of this
// run. It closes the client when it is read to its end.
func (a *app) daemonLog(daemon *client.Client) logSource {
	return func(ctx context.Context, order logOrder, take func(logLine) error, live func() error) error {
		defer func() { _ = daemon.Close() }()
		position := client.Position{}
		for first := true; ; first = false {
			wait := followFor
			if first {
				wait = 0
			}
			page, err := daemon.Log(ctx, position, wait)
			if err != nil {
				return err
			}
			if page.Missed {
				a.showMissed()
			}
			position = client.Position{Epoch: page.Epoch, Seq: page.Last}
			for _, e := range page.Entries {
				l, ok := parseLogLine(e.Line)
				if !ok {
					continue // no line of a daemon that keeps to the contract
				}
				if err := take(l); err != nil {
					return err
				}
			}
			if first {
				if err := live(); err != nil || !order.follow {
					return err
				}
			}
		}
	}
}
