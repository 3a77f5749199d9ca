package mdoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"kazashi/reader/vectors"
	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// recordedResponses are answers of other software, none when MDOC_VECTORS is unset.
func recordedResponses(f *testing.F) [][]byte {
	f.Helper()
	return slices.Concat(
		vectors.Values(f, "iso-annex-d.json", "deviceResponse"),
		vectors.Values(f, "longfellow-mdocs.json", "mdoc"),
		vectors.Values(f, "auth0-example1.json", "deviceResponse"),
		vectors.Files(f, "isomdl/device_response.cbor.hex"),
	)
}

func FuzzParseMSO(f *testing.F) {
	f.Add([]byte(wire.Embed([]byte{0xa0})))
	for _, raw := range recordedResponses(f) {
		response, err := ParseDeviceResponse(raw)
		if err != nil {
			continue // some are made to be refused
		}
		for _, d := range response.Documents {
			if auth, err := cose.ParseSign1(d.IssuerSigned.IssuerAuth); err == nil {
				f.Add(auth.Payload)
			}
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := ParseMSO(payload)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		_, _ = m.Hash()
		_, _ = cose.ParseKey(m.DeviceKeyInfo.DeviceKey)
	})
}

// Whatever value a phone sends, what goes to the socket is JSON.
func FuzzAppendValueJSON(f *testing.F) {
	for _, raw := range recordedResponses(f) {
		response, err := ParseDeviceResponse(raw)
		if err != nil {
			continue
		}
		for _, d := range response.Documents {
			for _, items := range d.IssuerSigned.NameSpaces {
				for _, item := range items {
					f.Add(item.ElementIdentifier, []byte(item.ElementValue))
				}
			}
		}
	}
	f.Add("birth_date", []byte("\xa1\x6abirth_date\xd9\x03\xec\x6a1971-09-01"))
	f.Add("portrait", []byte("\x43\xff\xd8\xff"))
	f.Add("x", []byte("\x82\xa1\x61a\xf6\x1b\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, identifier string, value []byte) {
		for namespace, known := range elementTypes { // of values that were read, as always
			for name := range known {
				if wire.Precheck(value, wire.ItemLimits) == nil {
					_ = CheckElementType(namespace, name, value)
				}
			}
		}
		const before = "before"
		out, err := AppendValueJSON([]byte(before), identifier, value)
		n, lenErr := ValueJSONLen(identifier, value)
		if fmt.Sprint(err) != fmt.Sprint(lenErr) {
			t.Errorf("appending says %v, measuring %v", err, lenErr)
		}
		if err != nil {
			return
		}
		if n != len(out)-len(before) {
			t.Errorf("%d bytes, measured as %d", len(out)-len(before), n)
		}
		if rest, kept := bytes.CutPrefix(out, []byte(before)); !kept || !json.Valid(rest) {
			t.Errorf("%q is no JSON", out)
		}
		if n := len(out) - len(before); n > jsonBound(value) {
			t.Errorf("%d bytes where at most %d were foreseen", n, jsonBound(value))
		}
	})
}

func FuzzTranscriptArray(f *testing.F) {
	f.Add(transcript)
	f.Add([]byte(wire.Embed(transcript)))
	for _, raw := range vectors.Values(f, "iso-annex-d.json", "sessionTranscriptBytes") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		array, err := TranscriptArray(raw)
		if err == nil && !bytes.Contains(raw, array) {
			t.Error("what is kept was not received")
		}
	})
}
