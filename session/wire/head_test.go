package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHead_Float64(t *testing.T) {
	for data, want := range map[string]float64{
		"f90000": 0, "f93c00": 1, "f9c000": -2, "f93555": 0.333251953125, "f97bff": 65504, "f90001": 5.960464477539063e-8,
		"fa40490fdb": 3.1415927410125732, "fbbff8000000000000": -1.5,
	} {
		b, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := Raw(b).Head().Float64(); !ok || f != want {
			t.Errorf("%s: %v, %v, want %v", data, f, ok, want)
		}
	}
	if _, ok := (Raw{0x01}).Head().Float64(); ok {
		t.Error("an integer is no float")
	}
}

// Heads of every size come back as they were written.
func TestHead_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]Major{Unsigned, Negative, Array, Map, Tag}).Draw(t, "major")
		arg := rapid.OneOf(rapid.Uint64(), rapid.Uint64Max(300), rapid.SampledFrom([]uint64{23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32})).Draw(t, "arg")
		b := appendHead(nil, m, arg)
		h, rest, err := ReadHead(append(b, 0xff))
		if err != nil || h.Major != m || h.Arg != arg || !bytes.Equal(rest, []byte{0xff}) {
			t.Fatalf("%v %d came back as %+v, %v", m, arg, h, err)
		}
	})
}

func TestRaw(t *testing.T) {
	for _, r := range []Raw{nil, {0xf6}, {0xf7}} {
		if !r.Null() {
			t.Errorf("%x is null", []byte(r))
		}
	}
	if (Raw{0x00}).Null() || (Raw{0xf4}).Null() {
		t.Error("0 and false are not null")
	}
	if _, err := Marshal(struct {
		R Raw `cbor:"r"`
	}{}); !errors.Is(err, ErrShape) {
		t.Errorf("no item was written as one: %v", err)
	}
	b, err := Marshal(struct {
		R Raw `cbor:"r,omitzero"`
	}{})
	if err != nil || !bytes.Equal(b, []byte{0xa0}) {
		t.Errorf("a member that may be left out: %x, %v", b, err)
	}
}

func TestSkip(t *testing.T) {
	rest, err := Skip([]byte{0xa1, 0x01, 0x82, 0xc1, 0x00, 0x41, 0x00, 0x07})
	if err != nil || !bytes.Equal(rest, []byte{0x07}) {
		t.Errorf("%x, %v", rest, err)
	}
	if _, err := Skip(nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
}

// Tuples and integer labels are how COSE writes its structures.
func TestUnmarshal_TuplesAndLabels(t *testing.T) {
	type tuple struct {
		_     struct{} `cbor:",toarray"`
		First int8
		Inner struct {
			A uint8  `cbor:"1,keyasint"`
			B []byte `cbor:"-2,keyasint,omitempty"`
		}
	}
	for data, want := range map[string]string{
		"8201a2010221420102":    "",
		"8201a10102":            "",
		"8101":                  "array of 1, not of 2",
		"8301a1010203":          "array of 3, not of 2",
		"8218 80a10102":         "First: integer out of range",
		"8201a0":                "Inner.1: missing",
		"8201a101190100":        "Inner.1: integer out of range",
		"8201a201022101":        "Inner.-2: unsigned integer where a byte string belongs",
		"a0":                    "map where a array belongs",
		"8201a201021862" + "f6": "",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(data, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		err = Unmarshal(b, new(tuple), small)
		if want == "" && err != nil || want != "" && (!errors.Is(err, ErrShape) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %s", data, err, want)
		}
	}
}

// An error says where it is, and quotes nothing that the peer wrote.
func TestUnmarshal_ErrorsNamePlaces(t *testing.T) {
	type outer struct {
		Documents []struct {
			Names map[string]string `cbor:"names"`
		} `cbor:"documents"`
	}
	data, err := Marshal(map[string]any{"documents": []any{map[string]any{"names": map[string]any{"secret": 12345}}}})
	if err != nil {
		t.Fatal(err)
	}
	err = Unmarshal(data, new(outer), small)
	if err == nil || !strings.Contains(err.Error(), "documents[0].names{}") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "12345") {
		t.Errorf("got %v", err)
	}
	for _, v := range []any{nil, 0, new(any), new(chan int)} {
		if err := Unmarshal([]byte{0x00}, v, small); !errors.Is(err, ErrShape) {
			t.Errorf("reading into %T: %v", v, err)
		}
	}
}
