package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"kazashi/transport/api"
)

// pollFor is the length of one long-poll.
const pollFor = 25 * time.Second

func presentationPath(id string) string { return "/v1/presentations/" + url.PathEscape(id) }

// Arm asks for a presentation. With an idempotency key ("" is none) the call can
// be repeated when its answer got lost: it returns the same presentation.
// A presentation armed with Bind ends when the connection closes on which this
// call was made, at the latest when this program ends or closes the client.
func (c *Client) Arm(ctx context.Context, order api.ArmRequest, idempotencyKey string) (p api.Presentation, err error) {
	header := http.Header{}
	if idempotencyKey != "" {
		header.Set(api.HeaderIdempotencyKey, idempotencyKey)
	}
	err = c.call(ctx, http.MethodPost, "/v1/presentations", header, order, &p)
	return p, err
}

// Presentation returns a presentation as it is.
func (c *Client) Presentation(ctx context.Context, id string) (p api.Presentation, err error) {
	err = c.call(ctx, http.MethodGet, presentationPath(id), nil, nil, &p)
	return p, err
}

// Wait returns a presentation as soon as its version is another than seen or it
// has ended, and after 25 s in any case, changed or not.
func (c *Client) Wait(ctx context.Context, id string, seen uint64) (p api.Presentation, err error) {
	path := fmt.Sprintf("%s?wait=%s&seen=%d", presentationPath(id), pollFor, seen)
	err = c.call(ctx, http.MethodGet, path, nil, nil, &p)
	return p, err
}

// Claim takes the attributes of a verified presentation. Until it is acked, or
// its lease ends, the same claim id gets the same claim again; so a claim whose
// answer got lost is repeated under its id.
func (c *Client) Claim(ctx context.Context, id, claimID string) (claim api.Claim, err error) {
	err = c.call(ctx, http.MethodPost, presentationPath(id)+"/claim", nil, api.ClaimRequest{ClaimID: claimID}, &claim)
	return claim, err
}

// Ack tells the outcome of a claim; the daemon wipes the attributes before it
// answers. The same ack can be repeated.
func (c *Client) Ack(ctx context.Context, id, claimID string, outcome api.Outcome) (p api.Presentation, err error) {
	request := api.AckRequest{ClaimID: claimID, Outcome: outcome}
	err = c.call(ctx, http.MethodPost, presentationPath(id)+"/ack", nil, request, &p)
	return p, err
}

// Cancel ends a presentation; one that has ended stays as it ended.
func (c *Client) Cancel(ctx context.Context, id string) error {
	var p api.Presentation
	return c.call(ctx, http.MethodDelete, presentationPath(id), nil, nil, &p)
}
