package mdoc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader/vectors"
	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// twoDocuments asks for an age twice and for a name to be kept.
func twoDocuments() Request {
	return Request{Documents: []DocRequest{
		{DocType: DocTypeMyNumberCard, Elements: []ElementRequest{
			{Namespace: NamespaceISO23220, Identifier: "age_over_20"},
			{Namespace: NamespaceMyNumberCard, Identifier: "full_name_unicode", Retain: true},
		}},
		{DocType: DocTypeDrivingLicence, Elements: []ElementRequest{
			{Namespace: NamespaceDrivingLicence, Identifier: "age_over_21", Retain: true},
		}},
	}}
}

func requestFor(t *testing.T, r Request) DeviceRequest {
	t.Helper()
	items, err := r.ItemsRequests()
	if err != nil {
		t.Fatal(err)
	}
	var out DeviceRequest
	for _, i := range items {
		out.DocRequests = append(out.DocRequests, SignedDocRequest{ItemsRequest: i})
	}
	return out
}

func reparse(t *testing.T, r DeviceRequest) *DeviceRequest {
	t.Helper()
	raw, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseDeviceRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestDeviceRequestVersions(t *testing.T) {
	info, err := AllTogether(2).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	auth := wire.Raw{0x84, 0x40, 0xa0, 0xf6, 0x40}
	for name, c := range map[string]struct {
		change func(*DeviceRequest)
		want   string
	}{
		"neither":                     {func(*DeviceRequest) {}, "1.0"},
		"a version of its own":        {func(r *DeviceRequest) { r.Version = "1.1" }, "1.0"},
		"signed document by document": {func(r *DeviceRequest) { r.DocRequests[1].ReaderAuth = auth }, "1.0"},
		"signed as a whole":           {func(r *DeviceRequest) { r.ReaderAuthAll = []wire.Raw{auth} }, "1.1"},
		"with information":            {func(r *DeviceRequest) { r.Info = info }, "1.1"},
		"with both":                   {func(r *DeviceRequest) { r.Info, r.ReaderAuthAll = info, []wire.Raw{auth, auth} }, "1.1"},
	} {
		r := requestFor(t, twoDocuments())
		c.change(&r)
		got := reparse(t, r)
		if got.Version != c.want {
			t.Errorf("%s: version %s", name, got.Version)
		}
		r.Version = c.want
		if diff := cmp.Diff(&r, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for i, want := range twoDocuments().Documents {
			want.UniqueDocSet = true // as always where there are several
			if asked, err := got.DocRequests[i].Request(); err != nil || !cmp.Equal(asked, want) {
				t.Errorf("%s: document %d: %+v, %v", name, i, asked, err)
			}
		}
	}
}

// One document is asked for in the words of the first edition; of several, each has to
// be the only one of its kind. Other information passes unread.
func TestUniqueDocSetIsAskedForSeveral(t *testing.T) {
	info := []byte("\x6brequestInfo\xa1\x74uniqueDocSetRequired\xf5")
	both := twoDocuments()
	for n := 1; n <= 2; n++ {
		items, err := Request{Documents: both.Documents[:n]}.ItemsRequests()
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range items {
			asked, err := SignedDocRequest{ItemsRequest: item}.Request()
			if err != nil || asked.UniqueDocSet != (n > 1) || bytes.Contains(item, info) != (n > 1) {
				t.Errorf("document %d of %d: %+v, %v: %x", i, n, asked, err, item)
			}
		}
	}
	if both.Documents[0].UniqueDocSet {
		t.Error("the request was changed")
	}
	for name, c := range map[string]struct {
		info any
		want bool
	}{
		"empty":            {map[string]any{}, false},
		"no":               {map[string]any{"uniqueDocSetRequired": false}, false},
		"yes, beside more": {map[string]any{"uniqueDocSetRequired": true, "maximumResponseSize": 4096, "org.example": nil}, true},
	} {
		content := encode(t, map[string]any{"docType": "d", "nameSpaces": map[string]any{"n": map[string]any{"e": false}}, "requestInfo": c.info})
		asked, err := SignedDocRequest{ItemsRequest: wire.Embed(content)}.Request()
		if err != nil || asked.UniqueDocSet != c.want {
			t.Errorf("%s: %+v, %v", name, asked, err)
		}
	}
}

func TestDeviceRequestInfoSaysWhatBelongsTogether(t *testing.T) {
	r := requestFor(t, twoDocuments())
	want := AllTogether(2)
	want.UseCases[0].PurposeHints = map[string]int64{"org.iso.jtc1.sc17": 3}
	var err error
	if r.Info, err = want.Bytes(); err != nil {
		t.Fatal(err)
	}
	got, err := reparse(t, r).RequestInfo()
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	r.Info = nil
	if got, err = reparse(t, r).RequestInfo(); err != nil || got.UseCases != nil {
		t.Errorf("without information: %+v, %v", got, err)
	}
	useCase := func(sets ...any) map[string]any {
		return map[string]any{"useCases": []any{map[string]any{"mandatory": true, "documentSets": sets}}}
	}
	for name, content := range map[string]any{
		"a document that is not requested": useCase([]any{2}),
		"an empty set":                     useCase([]any{}),
		"no set":                           useCase(),
		"an index below zero":              useCase([]any{-1}),
		"no map":                           []any{},
	} {
		r.Info = wire.Embed(encode(t, content))
		raw, err := r.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseDeviceRequest(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	r.Info = wire.Embed(encode(t, map[string]any{"laterMember": 1}))
	if _, err := reparse(t, r).RequestInfo(); err != nil {
		t.Errorf("a member of a later edition: %v", err)
	}
}

func TestMembersOfLaterEditionsAreSkipped(t *testing.T) {
	items := encode(t, map[string]any{
		"docType": "d", "nameSpaces": map[string]any{"n": map[string]bool{"a": true}},
		"requestInfo": map[string]any{"issuerIdentifiers": []any{[]byte{1}}}, "later": nil,
	})
	raw := encode(t, map[string]any{"version": "1.3", "later": []any{}, "docRequests": []any{
		map[string]any{"itemsRequest": wire.Embed(items), "later": 1},
	}})
	r, err := ParseDeviceRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := DocRequest{DocType: "d", Elements: []ElementRequest{{Namespace: "n", Identifier: "a", Retain: true}}}
	if got, err := r.DocRequests[0].Request(); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRequestsThatAreNeverMade(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Request)
		want   fault.Code
	}{
		"as it is":         {func(*Request) {}, fault.OK},
		"no document":      {func(r *Request) { r.Documents = nil }, fault.ProfileInvalid},
		"a document twice": {func(r *Request) { r.Documents[1].DocType = r.Documents[0].DocType }, fault.ProfileInvalid},
		"three ages in two documents": {func(r *Request) {
			r.Documents[1].Elements = append(r.Documents[1].Elements, ElementRequest{Namespace: "n", Identifier: "age_over_65"})
		}, fault.ProfileInvalid},
		"no elements":         {func(r *Request) { r.Documents[1].Elements = nil }, fault.ProfileInvalid},
		"no docType":          {func(r *Request) { r.Documents[0].DocType = "" }, fault.ProfileInvalid},
		"an empty identifier": {func(r *Request) { r.Documents[0].Elements[0].Identifier = "" }, fault.ProfileInvalid},
		"an element twice":    {func(r *Request) { r.Documents[0].Elements[1] = r.Documents[0].Elements[0] }, fault.ProfileInvalid},
		"the individual number": {func(r *Request) {
			r.Documents[1].Elements[0].Identifier = IndividualNumber
		}, fault.ElementForbidden},
		"the individual number of another namespace": {func(r *Request) {
			r.Documents[1].Elements[0] = ElementRequest{Namespace: "elsewhere", Identifier: IndividualNumber}
		}, fault.ElementForbidden},
	} {
		r := twoDocuments()
		c.change(&r)
		if items, err := r.ItemsRequests(); fault.CodeOf(err) != c.want || (err == nil) != (len(items) == 2) {
			t.Errorf("%s: %d items, %v", name, len(items), err)
		}
	}
}

// An ItemsRequest that was not made here is looked through all the same.
func TestIndividualNumberHasNoBackDoor(t *testing.T) {
	for name, content := range map[string]any{
		"as an element": map[string]any{"docType": "d", "nameSpaces": map[string]any{"n": map[string]bool{IndividualNumber: false}}},
		"as an alternative": map[string]any{
			"docType": "d", "nameSpaces": map[string]any{"n": map[string]bool{"a": false}},
			"requestInfo": map[string]any{"alternativeDataElements": []any{map[string]any{
				"requestedElement": []string{"n", "a"}, "alternativeElementSets": []any{[]any{[]string{"n", IndividualNumber}}},
			}}},
		},
	} {
		r := requestFor(t, twoDocuments())
		r.DocRequests[1].ItemsRequest = wire.Embed(encode(t, content))
		if raw, err := r.Bytes(); fault.CodeOf(err) != fault.ElementForbidden || raw != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (DeviceRequest{}).Bytes(); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("a request for nothing: %v", err)
	}
}

func TestReaderAuthenticationAll(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := requestFor(t, twoDocuments())
	items := r.Items()
	info, err := AllTogether(2).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, signedInfo := range []wire.Embedded{nil, info} {
		signed, err := ReaderAuthenticationAllBytes(transcript, items, signedInfo)
		if err != nil {
			t.Fatal(err)
		}
		auth, err := cose.SignDetached(key, signed, selfSigned(t, key))
		if err != nil {
			t.Fatal(err)
		}
		if chain, err := VerifyReaderAuthAll(auth, transcript, items, signedInfo); err != nil || len(chain) != 1 {
			t.Errorf("own signature: %v", err)
		}
		other := info
		if signedInfo != nil {
			other = nil
		}
		for name, check := range map[string]func() error{
			"another transcript": func() error {
				_, err := VerifyReaderAuthAll(auth, []byte{0x83, 0xf6, 0xf6, 0x40}, items, signedInfo)
				return err
			},
			"another order": func() error {
				_, err := VerifyReaderAuthAll(auth, transcript, []wire.Embedded{items[1], items[0]}, signedInfo)
				return err
			},
			"one document less": func() error {
				_, err := VerifyReaderAuthAll(auth, transcript, items[:1], signedInfo)
				return err
			},
			"other information": func() error {
				_, err := VerifyReaderAuthAll(auth, transcript, items, other)
				return err
			},
			"as that of a document": func() error {
				_, err := VerifyReaderAuth(auth, transcript, items[0])
				return err
			},
		} {
			if err := check(); !errors.Is(err, cose.ErrSignature) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := ReaderAuthenticationAllBytes([]byte{0x80}, items, nil); fault.CodeOf(err) != fault.MalformedTranscript {
		t.Errorf("no transcript: %v", err)
	}
}

// The structure that is signed, byte by byte.
func TestReaderAuthenticationAllBytes(t *testing.T) {
	got, err := ReaderAuthenticationAllBytes(transcript, []wire.Embedded{wire.Embed([]byte{0xa0}), wire.Embed([]byte{0x80})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]byte{0x84, 0x77}, "ReaderAuthenticationAll"...)
	want = append(want, transcript...)
	want = append(want, 0x82, 0xd8, 24, 0x41, 0xa0, 0xd8, 24, 0x41, 0x80, 0xf6)
	if !bytes.Equal(got, wire.Embed(want)) {
		t.Errorf("%x", got)
	}
}

func FuzzParseDeviceRequest(f *testing.F) {
	items, err := twoDocuments().ItemsRequests()
	if err != nil {
		f.Fatal(err)
	}
	info, err := AllTogether(2).Bytes()
	if err != nil {
		f.Fatal(err)
	}
	r := DeviceRequest{DocRequests: []SignedDocRequest{{ItemsRequest: items[0]}, {ItemsRequest: items[1], ReaderAuth: wire.Raw{0x80}}}}
	for _, whole := range []wire.Embedded{nil, info} {
		r.Info = whole
		raw, err := r.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		r.ReaderAuthAll = []wire.Raw{{0x80}}
	}
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "deviceRequest") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseDeviceRequest(raw)
		if err != nil {
			return
		}
		for _, d := range r.DocRequests {
			if !bytes.Contains(raw, d.ItemsRequest) || !bytes.Contains(raw, d.ReaderAuth) {
				t.Error("what is signed is not what was received")
			}
			if _, err := d.Request(); err != nil {
				t.Errorf("read once, and not again: %v", err)
			}
			_, _ = VerifyReaderAuth(d.ReaderAuth, transcript, d.ItemsRequest)
		}
		for _, auth := range r.ReaderAuthAll {
			_, _ = VerifyReaderAuthAll(auth, transcript, r.Items(), r.Info)
		}
	})
}
