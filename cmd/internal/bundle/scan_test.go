package bundle

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"image"
	imagejpeg "image/jpeg"
	imagepng "image/png"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/wire"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// logged is a line of the log with a text in it that should not be there.
func logged(text string) string {
	return `{"level":"warn","time":"2026-11-24T01:53:16.276Z","message":"tap failed","detail":` + string(must(json.Marshal(text))) + `,"took_ms":2}`
}

// codes are the ways in which bytes get into a text.
var codes = map[string]func([]byte) string{
	"hex":              hex.EncodeToString,
	"capital hex":      func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) },
	"hex behind 0x":    func(b []byte) string { return "0x" + hex.EncodeToString(b) },
	"spaced hex":       func(b []byte) string { return fmt.Sprintf("% x", b) },
	"colons":           func(b []byte) string { return strings.ReplaceAll(fmt.Sprintf("% X", b), " ", ":") },
	"base64":           base64.StdEncoding.EncodeToString,
	"base64url":        base64.RawURLEncoding.EncodeToString,
	"behind a word":    func(b []byte) string { return "key/" + base64.StdEncoding.EncodeToString(b) },
	"numbers":          func(b []byte) string { return fmt.Sprintf("%d", b) },
	"hex in base64":    func(b []byte) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(b))) },
	"quoted by go":     func(b []byte) string { return `said "` + hex.EncodeToString(b) + `"` },
	"cut off half-way": func(b []byte) string { return hex.EncodeToString(b[:max(len(b)*3/4, min(len(b), 96))]) },
}

// secrets are bytes of each kind.
func secrets(t *testing.T) map[string]struct {
	kind Kind
	data []byte
} {
	t.Helper()
	now := time.Now()
	pki := must(specimen.NewPKI(elliptic.P256(), now))
	credential := must(pki.Issue(specimen.MyNumberCard(now), specimen.Issuing{At: now}))
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	own := must(key.Bytes())
	point := must(key.PublicKey.Bytes())
	cose := map[int]any{1: 2, -1: 1, -2: point[1:33], -3: point[33:], -4: own}
	var jpg, png bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, 32, 32))
	if err := imagejpeg.Encode(&jpg, picture, nil); err != nil {
		t.Fatal(err)
	}
	if err := imagepng.Encode(&png, picture); err != nil {
		t.Fatal(err)
	}
	document := &mdoc.DeviceResponse{Version: "1.0", Documents: []mdoc.Document{{
		DocType: credential.DocType, IssuerSigned: mdoc.IssuerSigned{NameSpaces: credential.Items, IssuerAuth: credential.IssuerAuth},
		DeviceSigned: mdoc.DeviceSigned{NameSpaces: must(mdoc.EncodeDeviceNameSpaces(nil))},
	}}}
	document.Documents[0].DeviceSigned.DeviceAuth.Signature = credential.IssuerAuth
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	type secret = struct {
		kind Kind
		data []byte
	}
	found := map[string]secret{
		"PKCS #8":           {PrivateKey, must(x509.MarshalPKCS8PrivateKey(key))},
		"SEC 1":             {PrivateKey, must(x509.MarshalECPrivateKey(key))},
		"PKCS #1":           {PrivateKey, x509.MarshalPKCS1PrivateKey(rsaKey)},
		"COSE_Key with d":   {PrivateKey, must(wire.Marshal(cose))},
		"certificate":       {Certificate, pki.DS.Certificate.Raw},
		"IssuerAuth":        {Document, credential.IssuerAuth},
		"DeviceResponse":    {Document, must(document.Bytes())},
		"JPEG":              {Image, jpg.Bytes()},
		"PNG":               {Image, png.Bytes()},
		"JPEG 2000":         {Image, append([]byte("\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 "), make([]byte, 80)...)},
		"JPEG 2000, stream": {Image, append([]byte{0xff, 0x4f, 0xff, 0x51, 0, 0x29, 0, 0}, make([]byte, 80)...)},
	}
	for _, items := range credential.Items {
		found["IssuerSignedItem"] = secret{Document, must(wire.Marshal(items[0]))}
	}
	return found
}

// Each kind of secret is found in a line of the log, in each code in which it may stand
// there, and as a file of its own.
func TestScanFindsBytes(t *testing.T) {
	for name, secret := range secrets(t) {
		t.Run(name, func(t *testing.T) {
			for code, encode := range codes {
				found := Scan("f", []byte("{}\n"+logged(encode(secret.data))+"\n"))
				if !slices.Contains(found, Finding{"f", 2, secret.kind}) {
					t.Errorf("%s: not found, but %v", code, found)
				}
			}
			if found := Scan("f", append([]byte("head\n\x00"), secret.data...)); len(found) == 0 {
				t.Error("not found as it is")
			}
			wrapped := pem.EncodeToMemory(&pem.Block{Type: "DATA", Bytes: append(bytes.Repeat([]byte{0x20}, 45), secret.data...)})
			if found := Scan("f", wrapped); !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == secret.kind }) {
				t.Errorf("not found over several lines, but %v", found)
			}
		})
	}
}

// planted are texts that a person could read, by their kinds.
var planted = map[string]struct {
	kind Kind
	text string
}{
	"PEM key":                  {PrivateKey, "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n"},
	"encrypted PEM key":        {PrivateKey, "-----BEGIN ENCRYPTED PRIVATE KEY-----"},
	"JWK":                      {PrivateKey, `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`},
	"d in logfmt":              {PrivateKey, "key loaded d=jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"},
	"PIN of a token":           {Secret, "pkcs11:token=t;object=o?pin-value=4711"},
	"PEM certificate":          {Certificate, "-----BEGIN CERTIFICATE-----"},
	"element in JSON":          {ElementValue, `{"family_name":"X"}`},
	"element that is a number": {ElementValue, `{"height": 172}`},
	"element that is true":     {ElementValue, `{"age_over_20": true}`},
	"element in logfmt":        {ElementValue, "came document_number=A1"},
	"element in a Go map":      {ElementValue, "map[given_name:Hanako]"},
	"elementValue":             {ElementValue, `{"elementIdentifier":"x","elementValue":"y"}`},
	"element, then its value":  {ElementValue, "full_name_unicode: 花子"},
	"name with wide space":     {PersonName, "見本　花子"},
	"name in katakana":         {PersonName, "ミホン　ハナコ"},
	"common name":              {PersonName, "利用者 佐藤花子 が再試行"},
	"name by its label":        {PersonName, "氏名: 丙野"},
	"address":                  {Address, "見本県見本市見本町"},
	"address in Tokyo":         {Address, "東京都千代田区"},
	"address by its block":     {Address, "一丁目２番３号"},
	"postal code":              {Address, "〒100-0001"},
	"individual number":        {IndividualNumber, "number 123456789018 read"},
	"in groups":                {IndividualNumber, "1234-5678-9018"},
	"in wide digits":           {IndividualNumber, "１２３４５６７８９０１８"},
	"birth date":               {BirthDate, `"birth_date":"1989-03-31"`},
	"birth date in Japanese":   {BirthDate, "生年月日：平成1年3月31日"},
	"birth date, tagged":       {BirthDate, `birth_date 1004("1989-03-31")`},
	"birth date, digits":       {BirthDate, "birthday=19890331"},
}

// Each kind of text is found in a line of the log: as it is, as JSON escapes it in ASCII,
// in JSON in JSON, in hex and in base64.
func TestScanFindsTexts(t *testing.T) {
	for name, p := range planted {
		t.Run(name, func(t *testing.T) {
			if strings.TrimSpace(p.text) != p.text {
				p.text = strings.TrimSpace(p.text)
			}
			for way, line := range map[string]string{
				"plain": p.text, "in a line": logged(p.text), "in JSON in JSON": logged(logged(p.text)), "in ASCII": ascii(logged(p.text)),
				"in hex": logged(hex.EncodeToString([]byte(p.text))), "in base64": logged(base64.StdEncoding.EncodeToString([]byte(p.text))),
			} {
				if found := Scan("f", []byte("first\n\n"+line)); !slices.Contains(found, Finding{"f", 3, p.kind}) {
					t.Errorf("%s: not found, but %v", way, found)
				}
			}
		})
	}
}

// ascii writes what is none as JSON may.
func ascii(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// What a terminal says of itself is nobody's data.
func TestScanLetsPass(t *testing.T) {
	for name, text := range map[string]string{
		"a fault of an element":      logged("digest-mismatch: birth_date_unicode"),
		"an element of another type": logged("element-type: birth_date: uint where full-date or tdate belongs"),
		"names of elements":          `{"elements":["full_name_unicode","resident_address_unicode","portrait"]}`,
		"a fingerprint":              `"fingerprint":"73d8ab2972062dcb00723726f4480d9b59625b072d14bfc8810da688c8948d13"`,
		"digits in a fingerprint":    "fingerprint=ab123456789018cdab0123456789abcdef012345",
		"a fraction":                 "took 0.123456789018 s",
		"a long number":              "value 9123456789018",
		"a time in microseconds":     `{"monotonic_us": 123456789018}`,
		"bytes":                      `{"size":123456789018}`,
		"a number that is none":      "number 123456789012 read",
		"zeros":                      "serial 000000000000",
		"a UUID":                     "8f14e45f-ceea-467f-9d6b-123456789018",
		"a date of its own":          `{"field":"birth_date_unicode","at":"2026-11-24T01:53:16Z"}`,
		"an empty value":             `{"portrait":"","sex":null}`,
		"a station":                  "リーダー ACS ACR1252 見本 を県庁の窓口で使えます",
		"a PIN left out":             "pkcs11:token=t;pin-value=...",
		"a public key":               `{"kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if found := Scan("f", []byte(text)); len(found) > 0 {
				t.Error(found)
			}
		})
	}
}

// Neither our own texts nor our units nor the explained configuration look like a
// person: what doctor quotes of them must not keep a report back.
func TestScanLetsOurOwnTextsPass(t *testing.T) {
	for _, name := range []string{"../../../transport/api/CODES.md", "../../../configs/kazashid.yaml", "../../../systemd/kazashid.service", "../../../systemd/kazashid.socket"} {
		if found := Scan(name, must(os.ReadFile(name))); len(found) > 0 {
			t.Error(found)
		}
	}
}

// Chance makes nothing of digests and identifiers: some hundred thousand of them.
func TestScanLetsChancePass(t *testing.T) {
	var b strings.Builder
	for range 20_000 {
		random := make([]byte, 32)
		_, _ = rand.Read(random)
		fmt.Fprintf(&b, `{"presentation":"%s","digest":"%x","nonce":"%s"}`+"\n", rand.Text(), random, base64.StdEncoding.EncodeToString(random))
	}
	if found := Scan("f", []byte(b.String())); len(found) > 0 {
		t.Error(found)
	}
}

func TestCheckDigit(t *testing.T) {
	for digits, want := range map[string]bool{
		"123456789018": true, "123456789012": false, "999999999999": false, "000000000000": false, "111111111118": true,
	} {
		if checkDigit(digits) != want {
			t.Errorf("%s: not %v", digits, want)
		}
	}
}

// Whatever is scanned, the scan ends, and names a line that is there.
func FuzzScan(f *testing.F) {
	for _, p := range planted {
		f.Add([]byte(logged(p.text)))
	}
	f.Add([]byte{0xa2, 1, 2, 0x23, 0x58, 0x20})
	f.Add([]byte{0x30, 0x83, 0, 0, 0})
	f.Add([]byte(`\u12\ud83d\ud8\x`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := 1 + bytes.Count(data, []byte("\n"))
		for _, found := range Scan("f", data) {
			if found.Line < 1 || found.Line > lines {
				t.Errorf("line %d of %d", found.Line, lines)
			}
		}
	})
}
