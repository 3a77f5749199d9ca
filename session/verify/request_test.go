package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

func names(v *Verified) []string {
	var out []string
	for _, d := range v.Documents() {
		for _, e := range d.Elements {
			out = append(out, e.Identifier)
		}
	}
	slices.Sort(out)
	return out
}

// What was not asked for is dropped, counted, and no longer in memory.
func TestF41_MoreThanAsked(t *testing.T) {
	l := newLab(t)
	requested := ask(ns, "full_name_unicode", nsISO, "age_over_20")
	requested.Documents[0].Elements[0].Retain = true
	response := l.answer(t, l.draft(t))
	address := []byte("〇〇県△△市□□町")
	if !bytes.Contains(response, address) {
		t.Fatal("the answer has no address")
	}
	verified, err := l.verifier.Verify(Input{Response: response, Transcript: transcript, Requested: requested})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"age_over_20", "full_name_unicode"}, names(verified)); diff != "" {
		t.Error(diff)
	}
	want := []Warning{{Code: fault.UnaskedElements, DocType: mdoc.DocTypeMyNumberCard, Count: 3}}
	if diff := cmp.Diff(want, verified.Warnings()); diff != "" {
		t.Error(diff)
	}
	if bytes.Contains(response, address) {
		t.Error("what was not asked for is still in memory")
	}
	for _, e := range verified.Documents()[0].Elements {
		if e.Retain != (e.Identifier == "full_name_unicode") {
			t.Errorf("%s: retain %v", e.Identifier, e.Retain)
		}
	}
}

func TestF41_LessThanAsked(t *testing.T) {
	l := newLab(t)
	response := l.answer(t, l.draft(t))
	_, err := l.verify(response, ask(ns, "full_name_unicode", ns, "sex_unicode", "other", "full_name_unicode"))
	if fault.CodeOf(err) != fault.Incomplete {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "sex_unicode") {
		t.Errorf("the error does not say what is missing: %v", err)
	}
}

// What the phone says of why something is missing is told by its numbers, under the
// names that were asked for and under no other.
func TestF41_ErrorsOfThePhoneAreTold(t *testing.T) {
	l := newLab(t)
	const other = "org.example.other"
	asked := ask(ns, "full_name_unicode", ns, "sex_unicode", ns, "birth_date_unicode")
	both := *asked
	both.Documents = append(slices.Clone(both.Documents), mdoc.DocRequest{DocType: other, Elements: asked.Documents[0].Elements})
	for name, c := range map[string]struct {
		answered  func(*mdoc.DeviceResponse)
		requested *mdoc.Request
		want      string
	}{
		"elements": {func(r *mdoc.DeviceResponse) {
			r.Documents[0].Errors = map[string]map[string]int64{ns: {"sex_unicode": 0, "portrait": 7}, "x": {"birth_date_unicode": 3}}
		}, asked, "incomplete: without sex_unicode (error 0), birth_date_unicode"},
		"errors of more than 32 bits": {func(r *mdoc.DeviceResponse) {
			r.Documents[0].Errors = map[string]map[string]int64{ns: {"sex_unicode": -1 << 40, "birth_date_unicode": 1 << 40}}
			r.DocumentErrors = []map[string]int64{{"x": -1 << 40}}
		}, asked, "incomplete: without sex_unicode (error -1099511627776), birth_date_unicode (error 1099511627776)"},
		"an error of the wallet's own": {func(r *mdoc.DeviceResponse) {
			r.Documents[0].Errors = map[string]map[string]int64{ns: {"sex_unicode": -12}}
		}, asked, "incomplete: without sex_unicode (error -12), birth_date_unicode"},
		"a document": {func(r *mdoc.DeviceResponse) {
			r.Documents, r.DocumentErrors = nil, []map[string]int64{{mdoc.DocTypeMyNumberCard: 0, "x": 5}, {mdoc.DocTypeMyNumberCard: -3}}
		}, asked, "document-missing: no document " + mdoc.DocTypeMyNumberCard + " (errors -3 0)"},
		"two documents": {func(r *mdoc.DeviceResponse) {
			r.Documents, r.DocumentErrors = nil, []map[string]int64{{other: 1}}
		}, &both, "document-missing: no document " + mdoc.DocTypeMyNumberCard + ", " + other + " (error 1)"},
		"no document": {func(r *mdoc.DeviceResponse) {
			r.Documents, r.DocumentErrors = nil, []map[string]int64{{"x": 0, "y": 0}}
		}, nil, "document-missing: no document (error 0)"},
		"more than one text holds": {func(r *mdoc.DeviceResponse) {
			r.Documents, r.DocumentErrors = nil, []map[string]int64{{"a": 9, "b": 8, "c": 7, "d": 6, "e": -5}}
		}, nil, "document-missing: no document (errors -5 to 9)"},
	} {
		d := l.draft(t)
		d.answered = c.answered
		if _, err := l.verify(l.answer(t, d), c.requested); err == nil || !strings.HasSuffix(err.Error(), ": "+c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestF41_Documents(t *testing.T) {
	l := newLab(t)
	name := ask(ns, "full_name_unicode")
	both := ask(ns, "full_name_unicode")
	both.Documents = append(both.Documents, mdoc.DocRequest{DocType: "other", Elements: name.Documents[0].Elements})
	for _, c := range []struct {
		name      string
		answered  func(*mdoc.DeviceResponse)
		requested *mdoc.Request
		want      fault.Code
	}{
		{"as asked", nil, name, fault.OK},
		{"status 10 beside a document", func(r *mdoc.DeviceResponse) { r.Status = 10 }, name, fault.ResponseStatus},
		{"status 11 alone", func(r *mdoc.DeviceResponse) { r.Status, r.Documents = 11, nil }, name, fault.ResponseStatus},
		{"version 0.9", func(r *mdoc.DeviceResponse) { r.Version = "0.9" }, name, fault.UnsupportedResponseVersion},
		{"version 2.0", func(r *mdoc.DeviceResponse) { r.Version = "2.0" }, name, fault.UnsupportedResponseVersion},
		{"version 1.1", func(r *mdoc.DeviceResponse) { r.Version = "1.1" }, name, fault.OK},
		{"no document", func(r *mdoc.DeviceResponse) { r.Documents = nil }, name, fault.DocumentMissing},
		{"no document, nothing asked", func(r *mdoc.DeviceResponse) { r.Documents = nil }, nil, fault.DocumentMissing},
		{"no document, nothing in the request", func(r *mdoc.DeviceResponse) { r.Documents = nil }, &mdoc.Request{}, fault.DocumentMissing},
		{"no document, with its error", func(r *mdoc.DeviceResponse) {
			r.Documents, r.DocumentErrors = nil, []map[string]int64{{mdoc.DocTypeMyNumberCard: 0}}
		}, name, fault.DocumentMissing},
		{"another document", func(r *mdoc.DeviceResponse) { r.Documents[0].DocType = "other" }, name, fault.DocumentMissing},
		{"a document that was not asked for", func(r *mdoc.DeviceResponse) {
			other := r.Documents[0]
			other.DocType = "other"
			r.Documents = append(r.Documents, other)
		}, name, fault.DocumentUnexpected},
		{"the document twice", func(r *mdoc.DeviceResponse) { r.Documents = append(r.Documents, r.Documents[0]) }, name, fault.DocumentTwice},
		{"one of two documents", nil, both, fault.DocumentMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := l.draft(t)
			d.answered = c.answered
			verified, err := l.verify(l.answer(t, d), c.requested)
			if fault.CodeOf(err) != c.want || (err == nil) != (verified != nil) {
				t.Errorf("got %s: %v, want %s", fault.CodeOf(err), err, c.want)
			}
		})
	}
}

// A phone may answer a question of age with the attestation nearest to it.
func TestNearestAge(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct {
		name     string
		attested map[string]bool
		want     []string
		code     fault.Code
	}{
		{"older, yes", map[string]bool{"age_over_25": true, "age_over_65": true}, []string{"age_over_20"}, fault.OK},
		{"younger, no", map[string]bool{"age_over_13": false, "age_over_18": false}, []string{"age_over_20"}, fault.OK},
		{"exactly, among others", map[string]bool{"age_over_20": true, "age_over_25": true}, []string{"age_over_20"}, fault.OK},
		{"younger, yes", map[string]bool{"age_over_18": true}, nil, fault.Incomplete},
		{"older, no", map[string]bool{"age_over_65": false}, nil, fault.Incomplete},
		{"none", nil, nil, fault.Incomplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := l.draft(t)
			d.attributes = []attribute{{ns, "full_name_unicode", "見本　花子"}}
			for id, over := range c.attested {
				d.attributes = append(d.attributes, attribute{nsISO, id, over})
			}
			verified, err := l.verify(l.answer(t, d), ask(nsISO, "age_over_20"))
			if fault.CodeOf(err) != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if diff := cmp.Diff(c.want, names(verified)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What was asked for has to have a form that the kiosk can be given.
func TestVerify_ValueWithoutAForm(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.attributes = append(d.attributes, attribute{"other", "birth_date", "about 1971"})
	raw := l.answer(t, d)
	if _, err := l.verify(raw, ask("other", "birth_date")); fault.CodeOf(err) != fault.ElementMalformed {
		t.Errorf("asked for: %v", err)
	}
	if _, err := l.verify(raw, ask(ns, "full_name_unicode")); err != nil {
		t.Errorf("not asked for: %v", err)
	}
}

func TestF31_Clock(t *testing.T) {
	l := newLab(t)
	raw := l.answer(t, l.draft(t))
	l.now = time.Unix(0, 0)
	if _, err := l.verify(raw, nil); fault.CodeOf(err) != fault.CertificateNotYetValid {
		t.Errorf("in 1970: %v", err)
	}
	l.verifier.Now = nil
	if _, err := l.verify(raw, nil); fault.CodeOf(err) != fault.ClockUntrusted {
		t.Errorf("without a clock: %v", err)
	}
}

func TestF23_Transcript(t *testing.T) {
	l := newLab(t)
	raw := l.answer(t, l.draft(t))
	for name, c := range map[string]struct {
		transcript []byte
		want       fault.Code
	}{
		"array":                            {transcript, fault.OK},
		"bytes":                            {wire.Embed(transcript), fault.OK},
		"the same array encoded otherwise": {[]byte{0x98, 0x03, 0xf6, 0xf6, 0xf6}, fault.DeviceSignatureInvalid},
		"empty":                            {nil, fault.MalformedTranscript},
		"two members":                      {[]byte{0x82, 0xf6, 0xf6}, fault.MalformedTranscript},
		"trailing byte":                    {append(bytes.Clone(transcript), 0), fault.MalformedTranscript},
	} {
		_, err := l.verifier.Verify(Input{Response: bytes.Clone(raw), Transcript: c.transcript})
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestVerified_HoldsNothingUnlessVerified(t *testing.T) {
	for _, v := range []*Verified{nil, {}} {
		if len(v.Documents()) != 0 || len(v.Warnings()) != 0 {
			t.Errorf("%v", v)
		}
		v.Wipe()
	}
}

func TestVerified_Wipe(t *testing.T) {
	l := newLab(t)
	response := l.answer(t, l.draft(t))
	verified, err := l.verifier.Verify(Input{Response: response, Transcript: transcript})
	if err != nil {
		t.Fatal(err)
	}
	kept := verified.Documents()[0].Elements[0].Raw
	verified.Wipe()
	if !bytes.Equal(response, make([]byte, len(response))) || !bytes.Equal(kept, make([]byte, len(kept))) {
		t.Error("not all is cleared")
	}
	if len(verified.Documents()) != 0 {
		t.Error("documents are still there")
	}
	verified.Wipe()
}

// A response that fails is of no use to anybody.
func TestVerify_ClearsWhatFails(t *testing.T) {
	l := newLab(t)
	d := l.draft(t)
	d.transcript = []byte{0x83, 0xf6, 0xf6, 0x40}
	response := l.answer(t, d)
	if _, err := l.verifier.Verify(Input{Response: response, Transcript: transcript}); err == nil {
		t.Fatal("verified")
	}
	if !bytes.Equal(response, make([]byte, len(response))) {
		t.Error("not cleared")
	}
}

// F56: no value leaves by way of a log line, an error or a careless encoder.
func TestF56_ValuesAreNotPrinted(t *testing.T) {
	l := newLab(t)
	verified, err := l.verify(l.answer(t, l.draft(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, v := range []any{verified, *verified, verified.Documents(), verified.Documents()[0].Elements} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	value := "見本"
	for _, form := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%d", []byte(value))[1:10]} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%s is printed", form)
		}
	}
	// Neither does it leave as the name that a phone gives to an element.
	for _, identifier := range []string{"full_name_unicode", value} {
		d := l.draft(t)
		d.attributes = append(d.attributes, attribute{ns, identifier, value}, attribute{ns, identifier, value})
		if _, err := l.verify(l.answer(t, d), nil); fault.CodeOf(err) != fault.DuplicateElement || strings.Contains(err.Error(), value) {
			t.Errorf("error %v", err)
		}
	}
}
