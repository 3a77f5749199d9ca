package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"math"
	"strings"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"
	"pgregory.net/rapid"

	"kazashi/session/curve/x448"
	"kazashi/session/fault"
)

var transcript = []byte{0x83, 0xf6, 0xf6, 0xf6}

// pair returns both ends of one session.
func pair(t *testing.T, c Curve) (terminal, phone *Session) {
	t.Helper()
	reader, err := Generate(c)
	if err != nil {
		t.Fatal(err)
	}
	device, err := Generate(c)
	if err != nil {
		t.Fatal(err)
	}
	readerPublic, err := ParsePublic(reader.COSE())
	if err != nil {
		t.Fatal(err)
	}
	devicePublic, err := ParsePublic(device.COSE())
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = NewReader(reader, devicePublic, transcript); err != nil {
		t.Fatal(err)
	}
	if phone, err = NewDevice(device, readerPublic, transcript); err != nil {
		t.Fatal(err)
	}
	return terminal, phone
}

func TestSessionOnEveryCurve(t *testing.T) {
	for _, c := range Curves() {
		t.Run(c.String(), func(t *testing.T) {
			terminal, phone := pair(t, c)
			for i := range 3 {
				for _, way := range [][2]*Session{{terminal, phone}, {phone, terminal}} {
					want := bytes.Repeat([]byte{byte(i)}, i*100)
					sealed, err := way[0].Seal(want)
					if err != nil {
						t.Fatal(err)
					}
					got, err := way[1].Open(sealed)
					if err != nil || got == nil || !bytes.Equal(got, want) {
						t.Fatalf("message %d: %v", i, err)
					}
				}
			}
		})
	}
	if _, err := Generate(8); fault.CodeOf(err) != fault.InvalidDeviceKey {
		t.Errorf("a curve that is not there: %v", err)
	}
}

func TestF24_SessionData(t *testing.T) {
	open := map[string]func(phone *Session) []byte{
		"a changed bit": func(phone *Session) []byte {
			b, _ := phone.Seal([]byte("answer"))
			b[len(b)-1] ^= 1
			return b
		},
		"a message left out": func(phone *Session) []byte {
			_, _ = phone.Seal([]byte("first"))
			b, _ := phone.Seal([]byte("second"))
			return b
		},
		"shorter than a tag": func(*Session) []byte { return make([]byte, 15) },
		"nothing":            func(*Session) []byte { return []byte{} },
	}
	for name, message := range open {
		t.Run(name, func(t *testing.T) {
			terminal, phone := pair(t, P256)
			if _, err := terminal.Open(message(phone)); fault.CodeOf(err) != fault.SessionDecryption {
				t.Fatalf("got %v", err)
			}
			if _, err := terminal.Seal(nil); err == nil {
				t.Error("the session goes on after that")
			}
		})
	}
	t.Run("a message again", func(t *testing.T) {
		terminal, phone := pair(t, P256)
		b, _ := phone.Seal([]byte("answer"))
		if _, err := terminal.Open(b); err != nil {
			t.Fatal(err)
		}
		if _, err := terminal.Open(b); fault.CodeOf(err) != fault.SessionDecryption {
			t.Errorf("got %v", err)
		}
	})
	t.Run("our own message back", func(t *testing.T) {
		terminal, _ := pair(t, P256)
		b, _ := terminal.Seal([]byte("request"))
		if _, err := terminal.Open(b); fault.CodeOf(err) != fault.SessionDecryption {
			t.Errorf("got %v", err)
		}
	})

	data, number := []byte{0x44, 1, 2, 3, 4}, func(n ...byte) []byte { return n }
	message := func(members ...[]byte) []byte {
		out := []byte{0xa0 | byte(len(members)/2)}
		for i, m := range members {
			if i%2 == 0 {
				out = append(out, 0x60|byte(len(m)))
			}
			out = append(out, m...)
		}
		return out
	}
	for name, c := range map[string]struct {
		raw  []byte
		want fault.Code
	}{
		"data":                  {message([]byte("data"), data), fault.OK},
		"data and status 20":    {message([]byte("data"), data, []byte("status"), number(20)), fault.OK},
		"data and status 10":    {message([]byte("data"), data, []byte("status"), number(10)), fault.SessionEncryptionStatus},
		"status 10":             {message([]byte("status"), number(10)), fault.SessionEncryptionStatus},
		"status 11":             {message([]byte("status"), number(11)), fault.SessionDecodingStatus},
		"status 20":             {message([]byte("status"), number(20)), fault.SessionTerminated},
		"status 0":              {message([]byte("status"), number(0)), fault.UnknownSessionStatus},
		"status 256":            {message([]byte("status"), number(0x19, 1, 0)), fault.UnknownSessionStatus},
		"an unknown member too": {message([]byte("data"), data, []byte("later"), number(1)), fault.OK},
		"neither":               {message([]byte("later"), number(1)), fault.MalformedSessionData},
		"empty":                 {message(), fault.MalformedSessionData},
		"data that is text":     {message([]byte("data"), number(0x61, 0x61)), fault.MalformedSessionData},
		"data that is null":     {message([]byte("data"), number(0xf6)), fault.MalformedSessionData},
		"negative status":       {message([]byte("status"), number(0x20)), fault.MalformedSessionData},
		"data twice":            {message([]byte("data"), data, []byte("data"), data), fault.MalformedSessionData},
		"trailing byte":         {append(message([]byte("data"), data), 0), fault.MalformedSessionData},
		"no map":                {data, fault.MalformedSessionData},
		"no bytes":              {nil, fault.MalformedSessionData},
	} {
		m, err := ParseSessionData(c.raw)
		if err == nil {
			err = m.Fault()
		}
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want.Slug())
		}
	}
}

// The first messages, opened without this package: the counter of a side begins with
// 1, and the eight bytes before it are 0 for the reader and 1 for the phone.
func TestF24_FirstMessagesUnderTheStandardsIVs(t *testing.T) {
	keys := [2]*ecdh.PrivateKey{}
	ours := [2]*Private{}
	for i := range keys {
		var err error
		if keys[i], err = ecdh.P256().GenerateKey(rand.Reader); err != nil {
			t.Fatal(err)
		}
		if ours[i], err = FromECDH(keys[i]); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := NewReader(ours[0], ours[1].Public(), transcript)
	if err != nil {
		t.Fatal(err)
	}
	phone, err := NewDevice(ours[1], ours[0].Public(), transcript)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := keys[0].ECDH(keys[1].PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	salt := sha256.Sum256([]byte{0xd8, 0x18, 0x44, 0x83, 0xf6, 0xf6, 0xf6})
	for info, c := range map[string]struct {
		from *Session
		iv   []byte
	}{
		"SKReader": {reader, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
		"SKDevice": {phone, []byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}},
	} {
		sealed, err := c.from.Seal([]byte("first of " + info))
		if err != nil {
			t.Fatal(err)
		}
		key, err := hkdf.Key(sha256.New, secret, salt[:], info, 32)
		if err != nil {
			t.Fatal(err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := gcm.Open(nil, c.iv, sealed, nil); err != nil || string(got) != "first of "+info {
			t.Errorf("%s: %q, %v", info, got, err)
		}
	}
}

func TestF24_CounterEndsBeforeItRepeats(t *testing.T) {
	terminal, phone := pair(t, P256)
	terminal.send.count, phone.receive.count = math.MaxUint32-1, math.MaxUint32-1
	last, err := terminal.Seal([]byte("last"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Open(last); err != nil {
		t.Fatal(err)
	}
	if _, err := terminal.Seal(nil); fault.CodeOf(err) != fault.CounterExhausted {
		t.Errorf("sealing on: %v", err)
	}
	if _, err := phone.Open(last); fault.CodeOf(err) != fault.CounterExhausted {
		t.Errorf("opening on: %v", err)
	}
}

func TestWiped(t *testing.T) {
	terminal, _ := pair(t, P256)
	terminal.Wipe()
	if _, err := terminal.Seal(nil); err == nil {
		t.Error("a wiped session seals")
	}
	if _, err := terminal.Open(make([]byte, 32)); err == nil {
		t.Error("a wiped session opens")
	}
	key, _ := Generate(P256)
	other, _ := Generate(P256)
	public := other.Public()
	key.Wipe()
	if _, err := key.Agree(public); err == nil {
		t.Error("a wiped key agrees")
	}
	(*Private)(nil).Wipe()
}

func TestF21_EphemeralKeys(t *testing.T) {
	signing, _, _ := ed25519.GenerateKey(rand.Reader)
	other, _ := ecdh.P384().GenerateKey(rand.Reader)
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	goldilocks, _ := Generate(X448)
	low, _ := x448.NewPublicKey(make([]byte, 56))
	_, ed, _ := ed448.GenerateKey(rand.Reader)
	zero, _ := ecdh.X25519().NewPublicKey(make([]byte, 32))
	reader, _ := Generate(P256)
	montgomery, _ := Generate(X25519)
	for name, c := range map[string]struct {
		ours *Private
		peer any
	}{
		"a signing key":        {reader, signing},
		"another curve":        {reader, other.PublicKey()},
		"a curve of no suite":  {reader, &p224.PublicKey},
		"the zero of X25519":   {montgomery, zero},
		"the zero of X448":     {goldilocks, low},
		"X448 with X25519":     {goldilocks, montgomery.Public()},
		"an Ed448 key":         {goldilocks, ed.Public()},
		"something else":       {reader, "key"},
		"nothing":              {reader, nil},
		"another kind of peer": {montgomery, other.PublicKey()},
	} {
		if _, err := c.ours.Agree(c.peer); fault.CodeOf(err) != fault.InvalidDeviceKey {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := reader.COSE()
	offCurve := bytes.Clone(good)
	offCurve[len(offCurve)-1] ^= 1
	for name, raw := range map[string][]byte{
		"off its curve":          offCurve,
		"trailing byte":          append(bytes.Clone(good), 0),
		"cut short":              good[:len(good)-1],
		"point of another curve": bytes.Replace(good, []byte{0x20, 0x01}, []byte{0x20, 0x19, 1, 0}, 1),
		"secp256k1":              bytes.Replace(good, []byte{0x20, 0x01}, []byte{0x20, 8}, 1),
		"X448 of 55 bytes":       append([]byte{0xa3, 1, 1, 0x20, 5, 0x21, 0x58, 55}, make([]byte, 55)...),
		"Ed448":                  append([]byte{0xa3, 1, 1, 0x20, 7, 0x21, 0x58, 57}, make([]byte, 57)...),
		"kty of a secret":        bytes.Replace(good, []byte{0x01, 0x02}, []byte{0x01, 0x04}, 1),
		"Ed25519":                append([]byte{0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 32}, make([]byte, 32)...),
		"X25519 of 31 bytes":     append([]byte{0xa3, 1, 1, 0x20, 4, 0x21, 0x58, 31}, make([]byte, 31)...),
		"coordinates of P-256":   bytes.Replace(good, []byte{0x20, 0x01}, []byte{0x20, 0x02}, 1),
	} {
		if _, err := ParsePublic(raw); fault.CodeOf(err) != fault.InvalidDeviceKey {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSessionDataRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m SessionData
		m.Data = rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		if rapid.Bool().Draw(t, "with status") {
			s := Status(rapid.Uint64().Draw(t, "status"))
			m.Status = &s
		}
		raw, err := EncodeSessionData(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseSessionData(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Data, m.Data) || got.Data == nil || (got.Status == nil) != (m.Status == nil) {
			t.Fatalf("%+v came back as %+v", m, got)
		}
		if m.Status != nil && *got.Status != *m.Status {
			t.Fatalf("status %d came back as %d", *m.Status, *got.Status)
		}
	})
	if _, err := EncodeSessionData(SessionData{}); err == nil || !strings.Contains(err.Error(), "neither") {
		t.Errorf("an empty message was encoded: %v", err)
	}
}
