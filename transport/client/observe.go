package client

import (
	"context"
	"net/http"

	"kazashi/transport/api"
)

// Status returns the daemon in a few lines.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	var v api.Status
	return v, c.call(ctx, http.MethodGet, "/v1/status", nil, nil, &v)
}

// Health returns what is wrong at present.
func (c *Client) Health(ctx context.Context) (api.Health, error) {
	var v api.Health
	return v, c.call(ctx, http.MethodGet, "/v1/health", nil, nil, &v)
}

// Readers returns the readers.
func (c *Client) Readers(ctx context.Context) (api.Readers, error) {
	var v api.Readers
	return v, c.call(ctx, http.MethodGet, "/v1/readers", nil, nil, &v)
}

// Profiles returns what may be asked.
func (c *Client) Profiles(ctx context.Context) (api.Profiles, error) {
	var v api.Profiles
	return v, c.call(ctx, http.MethodGet, "/v1/profiles", nil, nil, &v)
}

// Trust returns what verification rests on.
func (c *Client) Trust(ctx context.Context) (api.Trust, error) {
	var v api.Trust
	return v, c.call(ctx, http.MethodGet, "/v1/trust", nil, nil, &v)
}
