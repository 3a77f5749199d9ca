package client

import (
	"context"
	"net/http"

	"kazashi/transport/api"
)

// Status returns the daemon in a few lines.
func (c *Client) Status(ctx context.Context) (v api.Status, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/status", nil, nil, &v)
	return v, err
}

// Health returns what is wrong at present.
func (c *Client) Health(ctx context.Context) (v api.Health, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/health", nil, nil, &v)
	return v, err
}

// Readers returns the readers.
func (c *Client) Readers(ctx context.Context) (v api.Readers, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/readers", nil, nil, &v)
	return v, err
}

// Profiles returns what may be asked.
func (c *Client) Profiles(ctx context.Context) (v api.Profiles, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/profiles", nil, nil, &v)
	return v, err
}

// Trust returns what verification rests on.
func (c *Client) Trust(ctx context.Context) (v api.Trust, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/trust", nil, nil, &v)
	return v, err
}
