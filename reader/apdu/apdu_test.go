package apdu

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kazashi/reader/vectors"
)

// boundaries are the lengths at which one form of a length field ends.
var boundaries = []int{0, 1, 255, 256, 257, 65279, 65280, 65535, 65536}

// wantCommand is the encoding by the table of ISO/IEC 7816-4, 5.1, written down
// apart from the codec.
func wantCommand(c Command) []byte {
	out := []byte{c.CLA, c.INS, c.P1, c.P2}
	nc, ne := len(c.Data), c.Expected
	if nc == 0 && ne == 0 {
		return out
	}
	if nc <= 255 && ne <= 256 && !c.Extended {
		if nc > 0 {
			out = append(append(out, byte(nc)), c.Data...)
		}
		if ne > 0 {
			out = append(out, byte(ne%256))
		}
		return out
	}
	out = append(out, 0)
	if nc > 0 {
		out = append(append(out, byte(nc>>8), byte(nc)), c.Data...)
	}
	if ne > 0 {
		out = append(out, byte(ne%65536>>8), byte(ne))
	}
	return out
}

func TestF15_CommandsAtAllBoundaries(t *testing.T) {
	for _, extended := range []bool{false, true} {
		for _, nc := range boundaries {
			for _, ne := range boundaries {
				c := Command{CLA: 0x00, INS: 0xc3, P1: 0x12, P2: 0x34, Data: bytes.Repeat([]byte{0xa5}, nc), Expected: ne, Extended: extended}
				t.Run(fmt.Sprintf("Nc=%d,Ne=%d,extended=%t", nc, ne, extended), func(t *testing.T) {
					b, err := c.Bytes()
					if nc > MaxExtendedData {
						if !errors.Is(err, ErrMalformed) {
							t.Fatalf("%d bytes, %v", len(b), err)
						}
						return
					}
					if err != nil || !bytes.Equal(b, wantCommand(c)) {
						t.Fatalf("%d bytes starting %X, %v", len(b), b[:min(len(b), 8)], err)
					}
					roundTrip(t, c, b)
				})
			}
		}
	}
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func roundTrip(t failer, c Command, b []byte) {
	t.Helper()
	got, err := ParseCommand(b)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if got.CLA != c.CLA || got.INS != c.INS || got.P1 != c.P1 || got.P2 != c.P2 ||
		!bytes.Equal(got.Data, c.Data) || got.Expected != c.Expected {
		t.Fatalf("Nc %d, Ne %d came back as Nc %d, Ne %d", len(c.Data), c.Expected, len(got.Data), got.Expected)
	}
	again, err := got.Bytes()
	if err != nil || !bytes.Equal(again, b) {
		t.Fatalf("encoded again as %d bytes for %d, %v", len(again), len(b), err)
	}
}

func TestF15_CommandRoundTrip(t *testing.T) {
	lengths := rapid.OneOf(rapid.SampledFrom(boundaries), rapid.IntRange(0, 300), rapid.IntRange(0, MaxExtendedExpected))
	rapid.Check(t, func(t *rapid.T) {
		head := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "header")
		nc := min(lengths.Draw(t, "Nc"), MaxExtendedData)
		c := Command{
			CLA: head[0], INS: head[1], P1: head[2], P2: head[3],
			Data:     bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill")}, nc),
			Expected: lengths.Draw(t, "Ne"),
			Extended: rapid.Bool().Draw(t, "extended"),
		}
		b, err := c.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, c, b)
	})
}

func TestF15_ResponseRoundTrip(t *testing.T) {
	for _, n := range boundaries {
		want := Response{Data: bytes.Repeat([]byte{0x5a}, n), SW: 0x61ff}
		b := want.Bytes()
		got, err := ParseResponse(b)
		if err != nil || len(b) != n+2 || !bytes.Equal(got.Data, want.Data) || got.SW != want.SW {
			t.Errorf("%d bytes: %d came back, %v, %v", n, len(got.Data), got.SW, err)
		}
		if cap(got.Data) != len(got.Data) {
			t.Errorf("%d bytes: an append would overwrite the status word", n)
		}
	}
}

func TestBytesRefuses(t *testing.T) {
	for _, c := range []Command{{Expected: -1}, {Expected: 65537}, {Data: make([]byte, 65536)}} {
		if b, err := c.Bytes(); !errors.Is(err, ErrMalformed) {
			t.Errorf("Nc %d, Ne %d: %d bytes, %v", len(c.Data), c.Expected, len(b), err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":                     {},
		"three bytes":                 {0, 0xa4, 4},
		"short data cut":              {0, 0xa4, 4, 0, 2, 1},
		"two bytes of Le in short":    {0, 0xa4, 4, 0, 1, 1, 0, 0},
		"extended length cut":         {0, 0xa4, 4, 0, 0, 1},
		"extended Lc of zero":         {0, 0xa4, 4, 0, 0, 0, 0, 1},
		"extended data cut":           {0, 0xa4, 4, 0, 0, 0, 2, 1},
		"one byte of Le in extended":  {0, 0xa4, 4, 0, 0, 0, 1, 1, 0},
		"bytes after the extended Le": {0, 0xa4, 4, 0, 0, 0, 1, 1, 0, 0, 0},
	} {
		if c, err := ParseCommand(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for _, b := range [][]byte{nil, {}, {0x90}} {
		if r, err := ParseResponse(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("response of %d bytes: %+v, %v", len(b), r, err)
		}
	}
}

func TestStatus(t *testing.T) {
	for sw := range 0x10000 {
		s := Status(sw)
		more, hasMore := s.MoreData()
		length, wrong := s.WrongExpected()
		if hasMore != (sw>>8 == 0x61) || wrong != (sw>>8 == 0x6c) || more != sw&0xff || length != sw&0xff || s.OK() != (sw == 0x9000) {
			t.Fatalf("%v: more %d %t, length %d %t, ok %t", s, more, hasMore, length, wrong, s.OK())
		}
	}
	if s := Status(0x6a82).String(); s != "6A82" {
		t.Error(s)
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add([]byte{0, 0xa4, 4, 0})
	f.Add([]byte{0, 0xb0, 0, 0, 0})
	f.Add([]byte{0, 0xa4, 4, 0, 2, 1, 2, 0})
	f.Add([]byte{0, 0xc3, 0, 0, 0, 0, 1, 9, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCommand(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, err := c.Bytes()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%X was written as %X, %v", b, again, err)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte{0x90, 0})
	f.Add([]byte{1, 2, 3, 0x61, 0x10})
	for _, b := range append(vectors.Values(f, "nfc-apple-wallet-negotiated.json", "rapdu"), vectors.Values(f, "nfc-multipaz-static.json", "rapdu")...) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseResponse(b)
		if (err != nil) != (len(b) < 2) {
			t.Fatal(err)
		}
		if err == nil && !bytes.Equal(r.Bytes(), b) {
			t.Fatalf("%X was written as %X", b, r.Bytes())
		}
	})
}
