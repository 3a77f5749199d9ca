package ndef

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kazashi/reader/vectors"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func records() *rapid.Generator[Record] {
	return rapid.Custom(func(t *rapid.T) Record {
		name := rapid.StringN(1, 255, 255)
		r := Record{TNF: TNF(rapid.IntRange(int(Empty), int(Unknown)).Draw(t, "TNF"))}
		if r.TNF != Empty {
			sizes := []int{0, 1, 254, 255, 256, 257, 1000}
			r.ID = rapid.StringN(0, 255, 255).Draw(t, "ID")
			r.Payload = make([]byte, rapid.SampledFrom(sizes).Draw(t, "payload"))
		}
		if r.TNF != Empty && r.TNF != Unknown {
			r.Type = name.Draw(t, "type")
		}
		return r
	})
}

func TestMessageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Message(rapid.SliceOfN(records(), 1, MaxRecords).Draw(t, "message"))
		b, err := want.Bytes()
		if err != nil {
			if len(b) == 0 && size(want) > MaxMessage {
				return
			}
			t.Fatal(err)
		}
		got, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		same := cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// size is the least that m takes.
func size(m Message) (n int) {
	for _, r := range m {
		n += 3 + len(r.Type) + len(r.ID) + len(r.Payload)
		if r.ID != "" {
			n++
		}
		if len(r.Payload) > 255 {
			n += 3
		}
	}
	return n
}

func TestBytesOfServiceSelect(t *testing.T) {
	// What every TNEP reader writes to begin a handover.
	payload, err := ServiceSelect{ServiceName: HandoverService}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Message{{TNF: WellKnown, Type: TypeServiceSelect, Payload: payload}}.Bytes()
	want := unhex(t, "D1 02 14 54 73 13 75726e3a6e66633a736e3a68616e646f766572")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%X, %v", got, err)
	}
}

func TestFind(t *testing.T) {
	m := Message{
		{TNF: WellKnown, Type: "Hs", Payload: []byte{0x15}},
		{TNF: MIME, Type: "application/vnd.bluetooth.le.oob", ID: "0"},
		{TNF: External, Type: "iso.org:18013:deviceengagement", ID: "mdoc", Payload: []byte{1}},
		{TNF: External, Type: "iso.org:18013:deviceengagement", ID: "other", Payload: []byte{2}},
	}
	if r, ok := m.Find(External, "iso.org:18013:deviceengagement"); !ok || r.ID != "mdoc" {
		t.Errorf("found %v, %t", r, ok)
	}
	if r, ok := m.FindID("0"); !ok || r.TNF != MIME {
		t.Errorf("found %v, %t", r, ok)
	}
	if _, ok := m.Find(MIME, "Hs"); ok {
		t.Error("found a type under another type name format")
	}
	if _, ok := m.FindID(""); ok {
		t.Error("found a record by the identifier that it lacks")
	}
}

func TestF17_MessagesThatAreRefused(t *testing.T) {
	thousand := bytes.Repeat([]byte{0x11, 1, 0, 'U'}, 1000)
	thousand[0] |= flagBegin
	thousand[len(thousand)-4] |= flagEnd
	for name, b := range map[string][]byte{
		"nothing":                    {},
		"header alone":               unhex(t, "D1"),
		"type cut":                   unhex(t, "D1 02 00 54"),
		"payload cut":                unhex(t, "D1 01 05 54 00"),
		"payload of 4 GiB":           unhex(t, "C1 01 FFFFFFFF 54 00"),
		"payload over the message":   unhex(t, "C1 01 00010000 54 00"),
		"identifier cut":             unhex(t, "D9 01 00 05 54 61"),
		"no begin flag":              unhex(t, "51 01 00 54"),
		"second begin flag":          unhex(t, "91 01 00 54 D1 01 00 54"),
		"no end flag":                unhex(t, "91 01 00 54"),
		"bytes after the end":        unhex(t, "D1 01 00 54 00"),
		"chunk":                      unhex(t, "B1 01 01 54 00 56 00 01 00"),
		"unchanged outside of chunk": unhex(t, "D6 00 01 00"),
		"reserved format":            unhex(t, "D7 00 01 00"),
		"empty record with payload":  unhex(t, "D0 00 01 00"),
		"unknown with a type":        unhex(t, "D5 01 00 54"),
		"well-known without type":    unhex(t, "D1 00 00"),
		"1000 records":               thousand,
		"65 records":                 tooMany(MaxRecords + 1),
		"over the largest NLEN":      make([]byte, MaxMessage+1),
	} {
		if m, err := Parse(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d records, %v", name, len(m), err)
		}
	}
	if m, err := Parse(tooMany(MaxRecords)); err != nil || len(m) != MaxRecords {
		t.Errorf("%d records: %v", len(m), err)
	}
}

// tooMany is a message of n records.
func tooMany(n int) []byte {
	b := bytes.Repeat([]byte{0x11, 1, 0, 'U'}, n)
	b[0] |= flagBegin
	b[len(b)-4] |= flagEnd
	return b
}

func TestF17_NestingCostsNothing(t *testing.T) {
	inner := []byte{}
	depth := 0
	for len(inner) < MaxMessage-16 {
		b, err := Message{{TNF: WellKnown, Type: "Sp", Payload: inner}}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		inner, depth = b, depth+1
	}
	var m Message
	allocs := testing.AllocsPerRun(10, func() {
		var err error
		if m, err = Parse(inner); err != nil {
			t.Fatal(err)
		}
	})
	if len(m) != 1 || allocs > 4 {
		t.Errorf("%d levels: %d records, %.0f allocations", depth, len(m), allocs)
	}
}

func TestBytesRefuses(t *testing.T) {
	for name, m := range map[string]Message{
		"nothing":           {},
		"too many":          make(Message, MaxRecords+1),
		"long type":         {{TNF: MIME, Type: strings.Repeat("a", 256)}},
		"long identifier":   {{TNF: MIME, Type: "a", ID: strings.Repeat("a", 256)}},
		"no type":           {{TNF: External}},
		"chunk":             {{TNF: Unchanged}},
		"unknown with type": {{TNF: Unknown, Type: "a"}},
		"oversize":          {{TNF: MIME, Type: "a", Payload: make([]byte, MaxMessage-6)}},
		"far oversize":      {{TNF: MIME, Type: "a", Payload: make([]byte, 1<<20)}},
	} {
		if b, err := m.Bytes(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	largest := Message{{TNF: MIME, Type: "a", Payload: make([]byte, MaxMessage-7)}}
	if b, err := largest.Bytes(); err != nil || len(b) != MaxMessage {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(tooMany(3))
	f.Add(unhex(f, "D1 02 14 54 73 13 75726e3a6e66633a736e3a68616e646f766572"))
	f.Add(unhex(f, "C1 01 FFFFFFFF 54 00"))
	for _, b := range append(vectors.Values(f, "iso-annex-d.json", "handoverSelect", "handoverRequest"),
		vectors.Values(f, "nfc-apple-wallet-negotiated.json", "handoverSelect")...) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > len(b) {
			t.Fatalf("%d bytes were written as %d", len(b), len(again))
		}
		m2, err := Parse(again)
		if err != nil || fmt.Sprint(m) != fmt.Sprint(m2) {
			t.Fatalf("%v read again as %v, %v", m, m2, err)
		}
	})
}
