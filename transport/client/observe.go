package client

import (
	"context"
	"io"
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

// Metrics returns what the daemon counts, in the text format of Prometheus.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	response, err := c.send(ctx, http.MethodGet, "/metrics", nil, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, broken(ctx, err)
	}
	return text, nil
}

// Trust returns what verification rests on.
func (c *Client) Trust(ctx context.Context) (v api.Trust, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/trust", nil, nil, &v)
	return v, err
}
