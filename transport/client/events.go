package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A Position is how far an event stream, a trace or a log was read.
type Position = api.Position

// Events yields the daemon's events from a position on, or from now on for the
// zero position: then the first is a snapshot. It ends without an error when the
// daemon said that it stops, and else with the error that ended it. The sequence
// can be ranged over once.
func (c *Client) Events(ctx context.Context, after Position) iter.Seq2[api.Event, error] {
	path := "/v1/events"
	if after.Epoch != "" {
		path += fmt.Sprintf("?after=%d&epoch=%s", after.Seq, url.QueryEscape(after.Epoch))
	}
	return func(yield func(api.Event, error) bool) {
		response, err := c.send(ctx, http.MethodGet, path, nil, nil)
		if err != nil {
			yield(api.Event{}, err)
			return
		}
		defer func() { _ = response.Body.Close() }()
		lines := bufio.NewReader(response.Body)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				yield(api.Event{}, broken(ctx, err))
				return
			}
			var e api.Event
			if err := json.Unmarshal(line, &e); err != nil {
				yield(api.Event{}, fault.New(fault.SocketUnavailable, "a line of the event stream is no event"))
				return
			}
			if !yield(e, nil) || e.Type == api.EventShutdown {
				return
			}
		}
	}
}
