package daemon

import (
	"context"
	"errors"

	"kazashi/transport/api"
	"kazashi/transport/feed"
)

// follow calls see for every event that log tells from now on, until ctx ends or
// the log is closed. When events were missed it calls see with an event of type
// api.EventGap: whoever follows then has to look for itself.
func follow(ctx context.Context, log *feed.Log, after uint64, see func(api.Event)) {
	const batch = 64
	for {
		events, err := log.Read(ctx, after, batch)
		switch {
		case errors.Is(err, feed.ErrLost):
			after = log.Last()
			see(api.Event{Type: api.EventGap, Seq: after})
			continue
		case err != nil:
			return
		}
		for _, e := range events {
			see(e)
		}
		after = events[len(events)-1].Seq
	}
}
