package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// decode reads the body of a request into v, a flat object with exactly these
// members, of which none may be missing in must. It is stricter than
// encoding/json: names match by letter case too, a name may stand only once, null
// is no value, and nothing may follow.
func decode(w http.ResponseWriter, r *http.Request, v any, must, may []string) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != api.MediaJSON {
		return fault.New(fault.UnsupportedMediaType, "the body must be %s", api.MediaJSON)
	}
	if r.Header.Get("Content-Encoding") != "" {
		return fault.New(fault.UnsupportedMediaType, "the body must not be encoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
	if err != nil {
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			return fault.New(fault.RequestTooLarge, "the body is larger than %d bytes", api.MaxBody)
		}
		return fault.New(fault.MalformedRequest, "the body could not be read to its end")
	}
	return decodeObject(body, v, must, may)
}

func decodeObject(body []byte, v any, must, may []string) error {
	if !utf8.Valid(body) {
		return fault.New(fault.MalformedRequest, "the body is not UTF-8")
	}
	seen, err := memberNames(body, len(must)+len(may))
	if err != nil {
		return err
	}
	for _, name := range seen {
		if !slices.Contains(must, name) && !slices.Contains(may, name) {
			return fault.New(fault.MalformedRequest, "the body has an unknown member")
		}
	}
	for _, name := range must {
		if !slices.Contains(seen, name) {
			return fault.New(fault.MalformedRequest, "the body lacks the member %s", name)
		}
	}
	if err := json.Unmarshal(body, v); err != nil {
		if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
			return fault.New(fault.MalformedRequest, "the member %s has a value of the wrong type", wrong.Field)
		}
		return fault.New(fault.MalformedRequest, "the body is no JSON of the expected form")
	}
	return nil
}

// memberNames returns the names of a flat JSON object of at most so many. Nothing that was sent
// appears in its errors.
func memberNames(body []byte, most int) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	malformed := func(text string) ([]string, error) { return nil, fault.New(fault.MalformedRequest, "%s", text) }
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return malformed("the body is no JSON object")
	}
	var names []string
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return malformed("the body is no JSON")
		}
		if slices.Contains(names, name) {
			return malformed("the body has a member twice")
		}
		if len(names) == most {
			return malformed("the body has an unknown member")
		}
		names = append(names, name)
		switch t, err := d.Token(); t.(type) {
		case string, json.Number, bool:
		default:
			if err != nil {
				return malformed("the body is no JSON")
			}
			return malformed("a member of the body is null, an object or an array")
		}
	}
	if _, err := d.Token(); err != nil {
		return malformed("the body is no JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("something follows the body's object")
	}
	return names, nil
}

// query returns the parameters of a request, each of which may stand once.
func query(r *http.Request, may ...string) (map[string]string, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.MalformedRequest, "the query cannot be parsed")
	}
	single := make(map[string]string, len(values))
	for name, all := range values {
		if !slices.Contains(may, name) {
			return nil, fault.New(fault.MalformedRequest, "the query has an unknown parameter; known are: %s",
				strings.Join(append(may, "none else"), ", "))
		}
		if len(all) != 1 {
			return nil, fault.New(fault.MalformedRequest, "the parameter %s stands twice", name)
		}
		single[name] = all[0]
	}
	return single, nil
}

// noBody refuses a body where none is expected.
func noBody(r *http.Request) error {
	if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return fault.New(fault.MalformedRequest, "the request must have no body")
	}
	return nil
}
