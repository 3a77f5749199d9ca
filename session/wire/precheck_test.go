package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kazashi/reader/vectors"
)

// small are limits that the cases below can reach in a few bytes.
var small = Limits{Bytes: 128 << 10, Depth: 16, Items: 64, Pairs: 64}

// document stands for the structures of the standard: members that have to be
// there, each of one kind.
type document struct {
	DocType string            `cbor:"docType"`
	Status  uint32            `cbor:"status"`
	Items   []Embedded        `cbor:"items,omitempty"`
	Value   Raw               `cbor:"value,omitzero"`
	Names   map[string]string `cbor:"names,omitempty"`
	Signed  *TDate            `cbor:"signed,omitzero"`
	Random  []byte            `cbor:"random,omitempty"`
	Agreed  bool              `cbor:"agreed,omitempty"`
}

// sound is {"docType": "a", "status": 0}; the rest of a case stands behind it.
func sound(pairs byte, rest string) string {
	return hex.EncodeToString([]byte{0xa2 + pairs}) + "67646f63547970656161" + "6673746174757300" + rest
}

const value = "6576616c7565" // the key "value"

func TestF26_HostileCBOR(t *testing.T) {
	cases := []struct {
		name string
		data string
		want error
	}{
		{"key twice", sound(1, "6673746174757301"), ErrMalformed},
		{"key twice in a skipped member", sound(1, "6178"+"a2616101616102"), ErrMalformed},
		{"key twice in two encodings", sound(1, value+"a201011801"+"02"), ErrMalformed},
		{"key twice, unsorted", sound(1, value+"a3616201616101616202"), ErrMalformed},
		{"indefinite map", "bf67646f63547970656161ff", ErrMalformed},
		{"indefinite bytes", sound(1, value+"5f4101ff"), ErrMalformed},
		{"indefinite text", sound(1, value+"7f6161ff"), ErrMalformed},
		{"indefinite array", sound(1, value+"9f01ff"), ErrMalformed},
		{"break alone", "ff", ErrMalformed},
		{"17 levels", sound(1, value+strings.Repeat("81", 17)+"00"), ErrLimit},
		{"10 000 levels", strings.Repeat("81", 10_000) + "00", ErrLimit},
		{"10 000 tags", strings.Repeat("c6", 10_000) + "00", ErrLimit},
		{"array of 2^31", sound(1, value+"9a80000000"), ErrLimit},
		{"array of 60 without items", sound(1, value+"983c"), ErrMalformed},
		{"map of 2^63", sound(1, value+"bb8000000000000000"), ErrLimit},
		{"map of 60 without pairs", sound(1, value+"b83c"), ErrMalformed},
		{"byte string of 2^63", sound(1, value+"5b8000000000000000"), ErrMalformed},
		{"text string of 2^64-1", sound(1, value+"7bffffffffffffffff"), ErrMalformed},
		{"65 k empty maps", "9a0000fde8" + strings.Repeat("a0", 65_000), ErrLimit},
		{"message over its size", strings.Repeat("00", 128<<10+1), ErrLimit},
		{"bignum", sound(1, value+"c249010000000000000000"), ErrMalformed},
		{"negative bignum", sound(1, value+"c349010000000000000000"), ErrMalformed},
		{"NaN", sound(1, value+"f97e00"), ErrMalformed},
		{"infinity", sound(1, value+"fa7f800000"), ErrMalformed},
		{"negative infinity", sound(1, value+"fbfff0000000000000"), ErrMalformed},
		{"reserved additional information", sound(1, value+"1c"), ErrMalformed},
		{"simple value below 32 in two bytes", sound(1, value+"f814"), ErrMalformed},
		{"unknown simple value", sound(1, value+"f0"), ErrMalformed},
		{"invalid UTF-8", sound(1, value+"62c328"), ErrMalformed},
		{"invalid UTF-8 in a key", sound(1, "62c32800"), ErrMalformed},
		{"array as a key", sound(1, "8000"), ErrMalformed},
		{"trailing byte", sound(0, "00"), ErrMalformed},
		{"empty", "", ErrMalformed},
		{"cut off", "a267646f63547970656161", ErrMalformed},
		{"tag 24 around text", sound(1, value+"d8186161"), ErrMalformed},
		{"tag 0 around a number", sound(1, value+"c000"), ErrMalformed},
		{"key in other case", "a267446f63547970656161" + "6673746174757300", ErrShape},
		{"null for a text", "a267646f6354797065f6" + "6673746174757300", ErrShape},
		{"undefined for a text", "a267646f6354797065f7" + "6673746174757300", ErrShape},
		{"null for a number", "a267646f63547970656161" + "66737461747573f6", ErrShape},
		{"null for an optional array", sound(1, "656974656d73f6"), ErrShape},
		{"null for an optional date", sound(1, "667369676e6564f6"), ErrShape},
		{"null for embedded cbor", sound(1, "656974656d7381f6"), ErrShape},
		{"null for a boolean", sound(1, "66616772656564f6"), ErrShape},
		{"member missing", "a167646f63547970656161", ErrShape},
		{"stray tag around a text", "a267646f6354797065d8646161" + "6673746174757300", ErrShape},
		{"stray tag around a number", "a267646f63547970656161" + "66737461747573d86400", ErrShape},
		{"stray tag around embedded cbor", sound(1, "656974656d7381d864d8184100"), ErrShape},
		{"stray tag around the message", "d864" + sound(0, ""), ErrShape},
		{"self-described message", "d9d9f7" + sound(0, ""), ErrMalformed},
		{"self-described raw member", sound(1, value+"d9d9f700"), ErrMalformed},
		{"date tag around a text", "a267646f6354797065c06161" + "6673746174757300", ErrShape},
		{"bytes for a text", "a267646f63547970654161" + "6673746174757300", ErrShape},
		{"text for bytes", sound(1, "6672616e646f6d6161"), ErrShape},
		{"array of numbers for bytes", sound(1, "6672616e646f6d8101"), ErrShape},
		{"number over 32 bits", "a267646f63547970656161" + "667374617475731b0000000100000000", ErrShape},
		{"negative number", "a267646f63547970656161" + "6673746174757320", ErrShape},
		{"float for a number", "a267646f63547970656161" + "66737461747573f90000", ErrShape},
		{"number as a key of names", sound(1, "656e616d6573a1016161"), ErrShape},
		{"date with an offset", sound(1, "667369676e6564c07819323032362d31302d30315430303a30303a30302b30393a3030"), ErrShape},
		{"date without a tag", sound(1, "667369676e656474323032362d31302d30315430303a30303a30305a"), ErrShape},
		{"array for the message", "80", ErrShape},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			data, err := hex.DecodeString(c.data)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err = Unmarshal(data, new(document), small)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			// 16 KiB is far above what a refusal needs and far below what a hostile
			// length would take; other goroutines of the test binary are idle.
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<10 {
				t.Errorf("refusing %d bytes allocated %d", len(data), grown)
			}
		})
	}
}

func TestUnmarshal_Sound(t *testing.T) {
	cases := []struct{ name, data string }{
		{"minimal", sound(0, "")},
		{"unknown members", sound(2, "6178a101f6"+"1863f5")},
		{"keys out of order", "a2" + "6673746174757300" + "67646f63547970656161"},
		{"long heads", "b90002" + "7807646f6354797065" + "6161" + "6673746174757300"},
		{"null in a raw member", sound(1, value+"f6")},
		{"undefined in a raw member", sound(1, value+"f7")},
		{"16 levels", sound(1, value+strings.Repeat("81", 15)+"00")},
		{"finite numbers", sound(1, value+"83f93c00fa3f800000fb3ff0000000000000")},
		{"other tags in a raw member", sound(1, value+"c11a5f000000")},
		{"date with a fraction", sound(1, "667369676e6564c07818323032362d31302d30315430303a30303a30302e3132335a")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			data, err := hex.DecodeString(c.data)
			if err != nil {
				t.Fatal(err)
			}
			var d document
			if err := Unmarshal(data, &d, small); err != nil {
				t.Fatal(err)
			}
			if d.DocType != "a" {
				t.Errorf("docType %q", d.DocType)
			}
		})
	}
}

// Wiping a message has to wipe what was read out of it.
func TestUnmarshal_AliasesTheMessage(t *testing.T) {
	item := Embed([]byte{0x01})
	data, err := Marshal(document{DocType: "a", Items: []Embedded{item}, Value: Raw{0x63, 'a', 'b', 'c'}})
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := Unmarshal(data, &d, small); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if !bytes.Equal(d.Value, make([]byte, 4)) || !bytes.Equal(d.Items[0], make([]byte, 4)) {
		t.Error("a value outlived its message")
	}
}

func TestEmbedded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 1, 70_000).Draw(t, "content")
		e := Embed(content)
		if !bytes.Equal(e.Content(), content) {
			t.Fatal("content differs")
		}
		out, err := Marshal(e)
		if err != nil || !bytes.Equal(out, e) {
			t.Fatalf("not kept: %v", err)
		}
	})
	// A head that is longer than it needs to be is kept as it came.
	long := []byte{0xd9, 0x00, 0x18, 0x59, 0x00, 0x01, 0x00}
	var e Embedded
	if err := Unmarshal(long, &e, small); err != nil || !bytes.Equal(e, long) || !bytes.Equal(e.Content(), []byte{0}) {
		t.Errorf("long head: %x, %v", []byte(e), err)
	}
	for _, bad := range [][]byte{nil, {0x41, 0x00}, {0xd8, 0x18}, {0xd8, 0x18, 0x41}, {0xd8, 0x18, 0x41, 0x00, 0x00}, {0xd8, 0x19, 0x41, 0x00}} {
		if Embedded(bad).Content() != nil {
			t.Errorf("%x has content", bad)
		}
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 30, 0, 5000, time.FixedZone("JST", 9*3600))
	b, err := Marshal(TDate(at))
	if err != nil {
		t.Fatal(err)
	}
	if want := "\xc0\x742026-11-23T00:30:00Z"; string(b) != want {
		t.Errorf("tdate %q, want %q", b, want)
	}
	var d TDate
	if err := Unmarshal(b, &d, small); err != nil || !d.Time().Equal(at.Truncate(time.Second)) {
		t.Errorf("tdate reads as %v, %v", d.Time(), err)
	}
	b, err = Marshal(FullDate("1971-09-01"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "\xd9\x03\xec\x6a1971-09-01"; string(b) != want {
		t.Errorf("full-date %q, want %q", b, want)
	}
	var f FullDate
	if err := Unmarshal(b, &f, small); err != nil || f != "1971-09-01" {
		t.Errorf("full-date reads as %q, %v", f, err)
	}
	if _, err := Marshal(FullDate("1971-02-29")); !errors.Is(err, ErrShape) {
		t.Errorf("a day that is none: %v", err)
	}
}

// What we write is what the standard asks for: shortest heads, bytewise order.
func TestMarshal_PreferredSerialisation(t *testing.T) {
	b, err := Marshal(map[string]any{"bb": 500, "a": []byte{1}, "c": nil})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(b), "a3"+"61614101"+"6163f6"+"626262"+"1901f4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzPrecheck(f *testing.F) {
	for _, seed := range []string{sound(0, ""), sound(1, value+"f97e00"), "9a80000000", "bf", "d8184100", "a201011801" + "02"} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, b := range vectors.Values(f, "iso-annex-d.json", "deviceEngagementQR", "deviceRequest", "deviceResponse",
		"sessionEstablishment", "sessionData", "sessionTranscriptBytes", "readerAuth", "deviceAuth") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Precheck(data, small) != nil {
			return
		}
		// What passes is one item for the decoder too, and is skipped as a whole.
		if err := decoding().Wellformed(data); err != nil {
			t.Errorf("passed, and yet: %v", err)
		}
		if end := skip(data, 0); end != len(data) {
			t.Errorf("skipped %d of %d bytes", end, len(data))
		}
	})
}
