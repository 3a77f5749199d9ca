package mdoc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

var transcript = []byte{0x83, 0xf6, 0xf6, 0xf6}

func TestDeviceRequest_RoundTrip(t *testing.T) {
	want := DocRequest{DocType: DocTypeMyNumberCard, Elements: []ElementRequest{
		{Namespace: NamespaceISO23220, Identifier: "age_over_20"},
		{Namespace: NamespaceMyNumberCard, Identifier: "full_name_unicode", Retain: true},
	}}
	items, err := want.ItemsRequestBytes()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := DeviceRequest{DocRequests: []SignedDocRequest{{ItemsRequest: items}}}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseDeviceRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.DocRequests[0].ItemsRequest, items) || r.DocRequests[0].ReaderAuth != nil {
		t.Error("not the bytes that were sent")
	}
	got, err := r.DocRequests[0].Request()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestItemsRequest_Refused(t *testing.T) {
	element := func(id string) ElementRequest { return ElementRequest{Namespace: "n", Identifier: id} }
	for name, d := range map[string]DocRequest{
		"no docType":    {Elements: []ElementRequest{element("a")}},
		"no element":    {DocType: "d"},
		"element twice": {DocType: "d", Elements: []ElementRequest{element("a"), element("a")}},
		"no identifier": {DocType: "d", Elements: []ElementRequest{element("")}},
		"three ages":    {DocType: "d", Elements: []ElementRequest{element("age_over_18"), element("age_over_20"), element("age_over_65")}},
		"My Number":     {DocType: "d", Elements: []ElementRequest{element(IndividualNumber)}},
	} {
		if _, err := d.ItemsRequestBytes(); err == nil {
			t.Errorf("%s: accepted", name)
		} else if name == "My Number" && fault.CodeOf(err) != fault.ElementForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseDeviceRequest_Refused(t *testing.T) {
	items, err := DocRequest{DocType: "d", Elements: []ElementRequest{{Namespace: "n", Identifier: "a"}}}.ItemsRequestBytes()
	if err != nil {
		t.Fatal(err)
	}
	request := func(version any, docs ...any) []byte {
		return encode(t, map[string]any{"version": version, "docRequests": docs})
	}
	doc := map[string]any{"itemsRequest": items}
	if _, err := ParseDeviceRequest(request("1.7", doc)); err != nil {
		t.Errorf("unknown minor version: %v", err)
	}
	for name, raw := range map[string][]byte{
		"version 2.0":      request("2.0", doc),
		"version a number": request(1, doc),
		"no document":      request("1.0"),
		"empty document":   request("1.0", map[string]any{}),
		"bare request":     request("1.0", map[string]any{"itemsRequest": wire.Raw(items.Content())}),
		"garbage inside":   request("1.0", map[string]any{"itemsRequest": wire.Embed([]byte{0x80})}),
		"trailing byte":    append(request("1.0", doc), 0),
	} {
		if _, err := ParseDeviceRequest(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestReaderAuthentication(t *testing.T) {
	items, err := DocRequest{DocType: "d", Elements: []ElementRequest{{Namespace: "n", Identifier: "a"}}}.ItemsRequestBytes()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := ReaderAuthenticationBytes(transcript, items)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := cose.SignDetached(key, signed, selfSigned(t, key))
	if err != nil {
		t.Fatal(err)
	}
	if chain, err := VerifyReaderAuth(auth, transcript, items); err != nil || len(chain) != 1 {
		t.Errorf("own signature: %v", err)
	}
	if _, err := VerifyReaderAuth(auth, []byte{0x83, 0xf6, 0xf6, 0x40}, items); !errors.Is(err, cose.ErrSignature) {
		t.Errorf("another transcript: %v", err)
	}
	if _, err := VerifyReaderAuth(auth, transcript, wire.Embed([]byte{0})); !errors.Is(err, cose.ErrSignature) {
		t.Errorf("another request: %v", err)
	}
	for _, bad := range [][]byte{nil, {0x80}, {0x83, 0xf6, 0xf6}, {0x84, 0xf6, 0xf6, 0xf6, 0xf6}, wire.Embed(transcript)} {
		if _, err := ReaderAuthenticationBytes(bad, items); fault.CodeOf(err) != fault.MalformedTranscript {
			t.Errorf("transcript %x: %v", bad, err)
		}
	}
}

func TestDeviceResponse_RoundTrip(t *testing.T) {
	item, err := NewIssuerSignedItem(7, make([]byte, 32), "full_name_unicode", "見本　花子")
	if err != nil {
		t.Fatal(err)
	}
	empty, err := EncodeDeviceNameSpaces(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &DeviceResponse{Version: "1.0", Documents: []Document{{
		DocType: DocTypeMyNumberCard,
		IssuerSigned: IssuerSigned{
			NameSpaces: map[string][]IssuerSignedItem{NamespaceMyNumberCard: {item}},
			IssuerAuth: wire.Raw{0x80},
		},
		DeviceSigned: DeviceSigned{NameSpaces: empty, DeviceAuth: DeviceAuth{MAC: wire.Raw{0x80}}},
		Errors:       map[string]map[string]int64{NamespaceMyNumberCard: {"portrait": 0}},
	}}, DocumentErrors: []map[string]int64{{DocTypeDrivingLicence: 0}}}
	raw, err := want.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseDeviceResponse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	// The value is part of the message, not a copy of it.
	value := got.Documents[0].IssuerSigned.NameSpaces[NamespaceMyNumberCard][0].ElementValue
	clear(raw)
	if !bytes.Equal(value, make([]byte, len(value))) {
		t.Error("the value outlived its message")
	}
}

func TestIsVersion1(t *testing.T) {
	for version, want := range map[string]bool{
		"1.0": true, "1.1": true, "1.00": true, "1.99999": true,
		"": false, "1": false, "1.": false, ".0": false, "1.x": false, "1.0.0": false, "1. 0": false, "1.-1": false, "1.０": false,
		"01.0": false, "2.0": false, "10.0": false, "11.0": false,
	} {
		if got := IsVersion1(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
		raw, err := (&DeviceResponse{Version: version}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		code := fault.OK
		if !want {
			code = fault.UnsupportedResponseVersion
		}
		if _, err := ParseDeviceResponse(raw); fault.CodeOf(err) != code {
			t.Errorf("response of version %q: %v", version, err)
		}
	}
}

// What is too large is too large again at the next tap, which what is garbled is not.
func TestParseDeviceResponse_TooLarge(t *testing.T) {
	many := map[string]int{}
	for i := range wire.ResponseLimits.Pairs + 1 {
		many[strconv.Itoa(i)] = i
	}
	deep := any(1)
	for range wire.ResponseLimits.Depth {
		deep = []any{deep}
	}
	for name, extra := range map[string]any{
		"bytes": make([]byte, wire.ResponseLimits.Bytes), "pairs": many, "items": make([]int, wire.ResponseLimits.Items+1), "depth": deep,
	} {
		raw, err := wire.Marshal(map[string]any{"version": "1.0", "status": 0, "x": extra})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseDeviceResponse(raw); fault.CodeOf(err) != fault.ResponseTooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	item, err := wire.Marshal(map[string]any{"digestID": 7, "random": make([]byte, 32), "elementIdentifier": "x", "elementValue": many})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := wire.Marshal(map[string]any{"version": "1.0", "status": 0, "documents": []any{map[string]any{
		"docType":      "x",
		"issuerSigned": map[string]any{"nameSpaces": map[string]any{"x": []any{wire.Embed(item)}}, "issuerAuth": []any{}},
		"deviceSigned": map[string]any{"nameSpaces": wire.Embed([]byte{0xa0}), "deviceAuth": map[string]any{}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseDeviceResponse(raw); fault.CodeOf(err) != fault.ResponseTooLarge {
		t.Errorf("pairs of an element: %v", err)
	}
}

func TestDeviceSigned_Elements(t *testing.T) {
	namespaces, err := EncodeDeviceNameSpaces(map[string]map[string]any{"n": {"b": 1, "a": "x"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := DeviceSigned{NameSpaces: namespaces}.Elements()
	if err != nil {
		t.Fatal(err)
	}
	want := []DeviceElement{{"n", "a", wire.Raw("\x61x")}, {"n", "b", wire.Raw{1}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := (DeviceSigned{NameSpaces: wire.Embed([]byte{0x80})}).Elements(); fault.CodeOf(err) != fault.MalformedResponse {
		t.Errorf("array: %v", err)
	}
}

func mso(t testing.TB) *MobileSecurityObject {
	t.Helper()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return &MobileSecurityObject{
		Version: "1.0", DigestAlgorithm: "SHA-256", DocType: "d",
		ValueDigests:  map[string]map[uint32][]byte{"n": {7: make([]byte, 32)}},
		DeviceKeyInfo: DeviceKeyInfo{DeviceKey: encode(t, map[int]int{1: 2})},
		ValidityInfo:  ValidityInfo{Signed: wire.TDate(at), ValidFrom: wire.TDate(at), ValidUntil: wire.TDate(at.AddDate(0, 1, 0))},
	}
}

func TestMSO_RoundTrip(t *testing.T) {
	want := mso(t)
	update := wire.TDate(want.ValidityInfo.Signed.Time().AddDate(0, 0, 7))
	want.ValidityInfo.ExpectedUpdate = &update
	want.DeviceKeyInfo.KeyAuthorizations = &KeyAuthorizations{NameSpaces: []string{"n"}, DataElements: map[string][]string{"m": {"a"}}}
	b, err := want.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseMSO(b)
	if err != nil {
		t.Fatal(err)
	}
	equalDates := cmp.Comparer(func(a, b wire.TDate) bool { return a.Time().Equal(b.Time()) })
	if diff := cmp.Diff(want, got, equalDates); diff != "" {
		t.Error(diff)
	}
	k := got.DeviceKeyInfo.KeyAuthorizations
	if !k.Allows("n", "x") || !k.Allows("m", "a") || k.Allows("m", "b") || k.Allows("o", "a") || (*KeyAuthorizations)(nil).Allows("n", "x") {
		t.Error("authorizations differ from what is listed")
	}
}

func TestAgeOver(t *testing.T) {
	for _, c := range []struct {
		name        string
		age         int
		attested    map[int]bool
		over, known bool
	}{
		{"exactly, yes", 20, map[int]bool{20: true}, true, true},
		{"exactly, no", 20, map[int]bool{20: false}, false, true},
		{"over an older age", 20, map[int]bool{25: true}, true, true},
		{"not over a younger age", 20, map[int]bool{18: false}, false, true},
		{"over a younger age tells nothing", 20, map[int]bool{18: true}, false, false},
		{"not over an older age tells nothing", 20, map[int]bool{65: false}, false, false},
		{"nothing", 20, nil, false, false},
		{"contradiction", 20, map[int]bool{18: false, 25: true}, false, false},
	} {
		if over, known := AgeOver(c.age, c.attested); over != c.over || known != c.known {
			t.Errorf("%s: %v, %v", c.name, over, known)
		}
	}
	for _, c := range []struct {
		attested map[int]bool
		want     int
	}{
		{map[int]bool{18: true, 21: true, 25: true, 65: false}, 21},
		{map[int]bool{13: false, 18: false, 65: false}, 18},
		{map[int]bool{20: true, 21: true}, 20},
	} {
		if nn, known := NearestAge(20, c.attested); nn != c.want || !known {
			t.Errorf("nearest of %v: %d, %v", c.attested, nn, known)
		}
	}
	if _, known := NearestAge(20, map[int]bool{18: true}); known {
		t.Error("18 settles 20")
	}
	for _, c := range []struct {
		attested map[int]bool
		want     bool
	}{
		{nil, false},
		{map[int]bool{99: true, 0: true}, false},
		{map[int]bool{0: false, 99: false}, false},
		{map[int]bool{18: true, 20: false}, false},
		{map[int]bool{18: false, 20: true}, true},
		{map[int]bool{0: false, 99: true}, true},
	} {
		if AgesContradict(c.attested) != c.want {
			t.Errorf("%v: contradiction is %t", c.attested, !c.want)
		}
	}
	for id, want := range map[string]int{"age_over_18": 18, "age_over_05": 5} {
		if n, ok := AgeThreshold(id); !ok || n != want {
			t.Errorf("%s: %d, %v", id, n, ok)
		}
	}
	for _, id := range []string{"age_over_", "age_over_1", "age_over_100", "age_over_-1", "age_over_ab", "age_in_years"} {
		if _, ok := AgeThreshold(id); ok {
			t.Errorf("%s is no age_over_NN", id)
		}
	}
}
