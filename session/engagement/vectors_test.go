package engagement

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"kazashi/reader/apdu"
	"kazashi/session/seal"
	"kazashi/session/wire"
)

// vector reads one file of the shared test vectors.
func vector(t *testing.T, name string, into any) {
	t.Helper()
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		t.Skip("MDOC_VECTORS is not set: recordings of phones are not part of this repository")
	}
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRecordedPhones(t *testing.T) {
	for file, wantBLE := range map[string]bool{"nfc-apple-wallet-negotiated.json": true, "nfc-multipaz-static.json": true} {
		t.Run(file, func(t *testing.T) {
			var v struct {
				Answers []struct{ RAPDU string } `json:"rapdus"`
				Select  string                   `json:"handoverSelect"`
			}
			vector(t, file, &v)
			var answers []apdu.Response
			for _, a := range v.Answers {
				r, err := apdu.ParseResponse(unhex(t, a.RAPDU))
				if err != nil {
					t.Fatal(err)
				}
				answers = append(answers, r)
			}
			if len(answers) == 0 {
				t.Fatal("the recording is empty")
			}
			want := answers[len(answers)-1].Data
			if v.Select != "" {
				want = unhex(t, v.Select)
			}
			h := NewHandover(NFCOffer)
			sent, _, err := run(t, h, inOrder(answers...))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(h.Result().HandoverSelect, want) || len(sent) != len(answers) {
				t.Errorf("%d commands for %d answers, select\n%x", len(sent), len(answers), h.Result().HandoverSelect)
			}
			if ble, ok := h.Result().Carrier(BLE); ok != wantBLE || ble.Role != 1 && ble.Role != 0 {
				t.Errorf("BLE: %+v, %t", ble, ok)
			}
			if _, ok := h.Result().Carrier(NFC); ok || h.Result().Offered() != "BLE" {
				t.Errorf("offered: %s", h.Result().Offered())
			}
			if apple := v.Select != ""; h.Result().Device.ReaderAuthAll != apple || h.Result().Device.ExtendedRequest != apple {
				t.Errorf("capabilities: %+v", h.Result().Device)
			}
		})
	}
}

func TestRecordedMultipazHolder(t *testing.T) {
	type half struct {
		INS, Data, SW string
		P1, P2, LE    int
	}
	var v struct {
		Static, Negotiated []half
		UUID               string `json:"bleUuid"`
	}
	vector(t, "nfc-multipaz-loopback.json", &v)
	for name, recorded := range map[string][]half{"static": v.Static, "negotiated": v.Negotiated} {
		t.Run(name, func(t *testing.T) {
			var answers []apdu.Response
			for _, r := range recorded {
				if r.SW != "" {
					data, sw := unhex(t, r.Data), unhex(t, r.SW)
					answers = append(answers, apdu.Response{Data: data, SW: apdu.Status(binary.BigEndian.Uint16(sw))})
				}
			}
			want := answers[len(answers)-1].Data
			h := NewHandover(NFCOffer)
			if _, _, err := run(t, h, inOrder(answers...)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(h.Result().HandoverSelect, want) {
				t.Errorf("select\n%x", h.Result().HandoverSelect)
			}
			c, ok := h.Result().Carrier(NFC)
			if static := name == "static"; ok != static || static && c.MaxCommand != 0xFFFF {
				t.Errorf("NFC carrier: %+v, %t", c, ok)
			}
			ble, ok := h.Result().Carrier(BLE)
			if uuid := unhex(t, string(bytes.ReplaceAll([]byte(v.UUID), []byte("-"), nil))); !ok || ok != (name == "static") && ble.UUID != nil ||
				ble.UUID != nil && !bytes.Equal(ble.UUID, uuid) {
				t.Errorf("BLE carrier: %+v", ble)
			}
			if (h.Result().HandoverRequest != nil) != (name == "negotiated") {
				t.Error("the request is not where it belongs")
			}
		})
	}
}

func TestAnnexDTranscript(t *testing.T) {
	var v map[string]any
	vector(t, "iso-annex-d.json", &v)
	value := func(name string) []byte { return unhex(t, v[name].(string)) }
	e, err := ParseSelect(value("handoverSelect"))
	if err != nil {
		t.Fatal(err)
	}
	e.HandoverRequest = value("handoverRequest")
	establishment, err := seal.ParseSessionEstablishment(value("sessionEstablishment"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Transcript(establishment.EReaderKey.Content())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(wire.Embed(got), value("sessionTranscriptBytes")) {
		t.Errorf("transcript\n%x", got)
	}
	offered, err := ParseRequest(value("handoverRequest"))
	if err != nil || len(offered) != 3 || offered[0].Kind != BLE || offered[1].Kind != NFC || offered[2].Kind != WiFiAware {
		t.Errorf("carriers of the request: %+v, %v", offered, err)
	}
	qr := value("deviceEngagementQR")
	e, err = ParseQR("mdoc:" + rawURL(qr))
	if err != nil || !bytes.Equal(e.DeviceEngagement, qr) || e.Offered() != "BLE" {
		t.Errorf("QR code: %+v, %v", e, err)
	}
}
