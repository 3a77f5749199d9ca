package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"kazashi/transport/api"
)

// onward is a path with a position and a wait behind it.
func onward(path string, after Position, wait time.Duration) string {
	q := url.Values{}
	if after.Epoch != "" {
		q.Set("after", fmt.Sprint(after.Seq))
		q.Set("epoch", after.Epoch)
	}
	if wait > 0 {
		q.Set("wait", fmt.Sprintf("%dms", wait.Milliseconds()))
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path
}

// Trace returns what was traced after a position. With nothing there it waits for at
// most wait, 60 s at the longest, unless tracing is off or goes off.
func (c *Client) Trace(ctx context.Context, after Position, wait time.Duration) (v api.Trace, err error) {
	err = c.call(ctx, http.MethodGet, onward("/v1/trace", after, wait), nil, nil, &v)
	return v, err
}

// SetTrace turns tracing on for a time, at most 15 minutes, or off for 0, which drops
// what was traced.
func (c *Client) SetTrace(ctx context.Context, on time.Duration) (v api.Trace, err error) {
	request := api.TraceRequest{On: on > 0, DurationMS: on.Milliseconds()}
	err = c.call(ctx, http.MethodPut, "/v1/trace", nil, request, &v)
	return v, err
}

// Log returns what was logged after a position. With nothing there it waits for at
// most wait, 60 s at the longest.
func (c *Client) Log(ctx context.Context, after Position, wait time.Duration) (v api.Log, err error) {
	err = c.call(ctx, http.MethodGet, onward("/v1/log", after, wait), nil, nil, &v)
	return v, err
}

// Bugreport has the daemon collect what those need who mend the terminal.
func (c *Client) Bugreport(ctx context.Context) (v api.Bugreport, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/bugreport", nil, nil, &v)
	return v, err
}
