// Package client speaks to the daemon's socket: the commands, the demonstration
// kiosk and the tests use it, and an issuer written in Go can.
//
//	c, err := client.Dial("/run/kazashi/kazashi.sock")
//	p, err := c.Arm(ctx, api.ArmRequest{Profile: "address", Transaction: job}, job)
//	for p.State != api.StateVerified && !p.State.Ended() {
//		p, err = c.Wait(ctx, p.ID, p.Version)
//	}
//	claim, err := c.Claim(ctx, p.ID, claimID) // print, keyed on p.ID
//	p, err = c.Ack(ctx, p.ID, claimID, api.OutcomeIssued)
//
// Every error of the daemon is an [*Error], and carries a code for
// [fault.CodeOf]. A daemon that cannot be reached is SocketUnavailable.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// host stands in the Host header; on a Unix socket it names nothing.
const host = "http://kazashi"

// maxAnswer bounds an answer in bytes. A claim with a portrait is the largest.
const maxAnswer = 32 << 20

// connectTimeout bounds the making of one connection.
const connectTimeout = 5 * time.Second

// A Client is a connection to the daemon, or a few: it keeps them open between
// calls and makes new ones when calls run at the same time. It is safe for use by
// many goroutines.
type Client struct {
	http      *http.Client
	transport *http.Transport
}

// Dial is [DialContext] without a context.
func Dial(path string) (*Client, error) { return DialContext(context.Background(), path) }

// DialContext returns a client of the daemon behind a socket file, after making
// sure that somebody listens there; ctx bounds only that. The code Forbidden means
// that the file lets this user not even connect.
func DialContext(ctx context.Context, path string) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, "unix", path)
		return c, unreachable(err)
	}
	transport := &http.Transport{
		DialContext:         dial,
		DisableCompression:  true,
		MaxIdleConns:        4,
		MaxIdleConnsPerHost: 4,
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, err
	}
	_ = conn.Close()
	return &Client{http: &http.Client{Transport: transport, CheckRedirect: noRedirect}, transport: transport}, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// unreachable gives the failure to connect its code.
func unreachable(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fault.Wrap(fault.Forbidden, err, "connecting")
	}
	return fault.Wrap(fault.SocketUnavailable, err, "connecting")
}

// Close closes the connections that are not in use. Presentations that were armed
// bound over them are cancelled by that.
func (c *Client) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// An Error is a problem that the daemon answered.
type Error struct {
	Problem api.Problem
}

func (e *Error) Error() string { return e.Unwrap().Error() }

// Unwrap returns the fault that the problem tells of, for [fault.CodeOf].
func (e *Error) Unwrap() error {
	return &fault.Error{Code: e.Problem.Code, Detail: e.Problem.Detail}
}

// call sends a request and decodes the answer into v.
func (c *Client) call(ctx context.Context, method, path string, header http.Header, body, v any) error {
	response, err := c.send(ctx, method, path, header, body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return broken(ctx, err)
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fault.New(fault.SocketUnavailable, "the answer to %s %s is not of the expected form", method, path)
	}
	return nil
}

// send sends a request and returns the answer if it is no problem.
func (c *Client) send(ctx context.Context, method, path string, header http.Header, body any) (*http.Response, error) {
	var payload io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "encoding request")
		}
		payload = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, host+path, payload)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making request")
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if body != nil {
		request.Header.Set("Content-Type", api.MediaJSON)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, broken(ctx, err)
	}
	if response.StatusCode < http.StatusBadRequest {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	return nil, problem(response)
}

// problem reads what the daemon has to say.
func problem(response *http.Response) error {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	var p api.Problem
	if media == api.MediaProblem {
		if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&p); err == nil && p.Code != "" {
			return &Error{Problem: p}
		}
	}
	return fault.New(fault.SocketUnavailable, "what answers on the socket is no kazashid: status %d", response.StatusCode)
}

// broken gives an exchange that did not come to an answer its code. The caller's
// own end stays recognisable.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("talking to the daemon: %w", context.Cause(ctx))
	}
	var coded *fault.Error
	if errors.As(err, &coded) {
		return coded
	}
	return fault.Wrap(fault.SocketUnavailable, err, "talking to the daemon")
}
