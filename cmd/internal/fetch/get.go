package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"kazashi/session/fault"
)

const (
	// connectTimeout bounds the TCP connection and, once more, the TLS handshake; the
	// whole is under Options.Timeout.
	connectTimeout = 15 * time.Second
	maxHeader      = 64 << 10
	maxRedirects   = 3
)

// errRedirect tells a redirect that was not followed from other failures.
var errRedirect = errors.New("redirect")

// newClient returns a client for one update. Proxies come from the environment.
func newClient(o Options) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			TLSHandshakeTimeout:    connectTimeout,
			MaxResponseHeaderBytes: maxHeader,
			// Sizes and validators are those of the list itself.
			DisableCompression: true,
			ForceAttemptHTTP2:  true,
		},
		CheckRedirect: checkRedirect,
	}
}

// checkRedirect follows a few, and none to where a network could read or change what
// is sent: to https, or to the place that the configuration itself names. None of them
// is told the address of the one before, which may hold what admits to it.
func checkRedirect(next *http.Request, via []*http.Request) error {
	next.Header.Del("Referer")
	first := via[0].URL
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("%w: more than %d", errRedirect, maxRedirects)
	case next.URL.Scheme == "https", next.URL.Scheme == first.Scheme && next.URL.Host == first.Host:
		return nil
	}
	return fmt.Errorf("%w to %s://%s", errRedirect, next.URL.Scheme, next.URL.Host)
}

// A reply is what a source answered.
type reply struct {
	unchanged  bool // 304: what was got under the validators is still the newest
	body       []byte
	validators validators
}

// get asks a source for its list, unless it is the one with the validators.
func get(ctx context.Context, client *http.Client, address string, known validators, o Options) (*reply, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, fault.Wrap(fault.ConfigInvalid, withoutAddress(err), "trust.update.sources")
	}
	request.Header.Set("User-Agent", o.Agent)
	if known.ETag != "" {
		request.Header.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		request.Header.Set("If-Modified-Since", known.LastModified)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, connectionFault(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch status := response.StatusCode; {
	case status == http.StatusNotModified && known != validators{}:
		return &reply{unchanged: true}, nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return nil, fault.New(fault.FetchServerError, "the source answered %d", status)
	case status != http.StatusOK:
		return nil, fault.New(fault.FetchRefused, "the source answered %d", status)
	}
	body, err := readBody(response, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	return &reply{body: body, validators: validatorsOf(response.Header)}, nil
}

// readBody reads a body of at most limit bytes, whole.
func readBody(response *http.Response, limit int) ([]byte, error) {
	if response.ContentLength > int64(limit) {
		return nil, fault.New(fault.FetchTooLarge, "%d bytes, at most %d (trust.update.max_bytes)", response.ContentLength, limit)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	if late := response.Request.Context().Err(); late != nil {
		// A server that is told of the end in time may still close its answer in order.
		err = late
	}
	switch {
	case isTimeout(err):
		return nil, fault.New(fault.FetchTimeout, "after %d bytes", len(body))
	case err != nil:
		return nil, fault.Wrap(fault.FetchTruncated, err, "after %d bytes", len(body))
	case len(body) > limit:
		return nil, fault.New(fault.FetchTooLarge, "more than %d bytes (trust.update.max_bytes)", limit)
	}
	return body, nil
}

// connectionFault gives its code to an error from before any answer.
func connectionFault(err error) error {
	var (
		record    tls.RecordHeaderError
		alert     tls.AlertError
		untrusted *tls.CertificateVerificationError
		invalid   x509.CertificateInvalidError
	)
	switch cause := withoutAddress(err); {
	case errors.Is(err, errRedirect):
		return fault.Wrap(fault.FetchRedirect, cause, "")
	case isTimeout(err):
		return fault.Wrap(fault.FetchTimeout, cause, "no answer")
	case errors.As(err, &record), errors.As(err, &alert), errors.As(err, &untrusted), errors.As(err, &invalid),
		errors.Is(err, http.ErrSchemeMismatch):
		return fault.Wrap(fault.FetchTLS, cause, "")
	default:
		return fault.Wrap(fault.FetchUnreachable, cause, "")
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// withoutAddress takes the URL out of an error: it may hold what admits to a source.
func withoutAddress(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}
