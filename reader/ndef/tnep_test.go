package ndef

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestServiceParametersOfKnownPhones(t *testing.T) {
	const name = "75726e3a6e66633a736e3a68616e646f766572"
	for phone, c := range map[string]struct {
		tail string
		want ServiceParameter
	}{
		"Apple":    {"00 14 0F 0800", ServiceParameter{MinWait: 16 * time.Millisecond, MaxWaits: 15, MaxMessage: 0x0800}},
		"Google":   {"00 10 0F FFFF", ServiceParameter{MinWait: 8 * time.Millisecond, MaxWaits: 15, MaxMessage: 0xffff}},
		"Multipaz": {"00 00 0F FFFF", ServiceParameter{MinWait: 500 * time.Microsecond, MaxWaits: 15, MaxMessage: 0xffff}},
	} {
		payload := unhex(t, "10 13"+name+c.tail)
		c.want.ServiceName = HandoverService
		got, err := ParseServiceParameter(payload)
		if err != nil {
			t.Errorf("%s: %v", phone, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", phone, diff)
		}
		if b, err := got.Bytes(); err != nil || !bytes.Equal(b, payload) {
			t.Errorf("%s: written as %X, %v", phone, b, err)
		}
	}
}

func TestF18_WaitingTimesOverTheWholeRange(t *testing.T) {
	for code := range 256 {
		for _, count := range []byte{0, 15, 0xff} {
			payload := append(unhex(t, "10 01 61 00"), byte(code), count, 0, 0)
			p, err := ParseServiceParameter(payload)
			if err != nil {
				t.Fatal(err)
			}
			if p.MinWait < 500*time.Microsecond || p.MinWait > 28*time.Second || p.MaxWaits > 15 {
				t.Errorf("WT_INT %02X, N_WAIT %02X: %v, %d times", code, count, p.MinWait, p.MaxWaits)
			}
			b, err := p.Bytes()
			if err != nil || b[4] != byte(code&0x3f) {
				t.Errorf("WT_INT %02X was written as %X, %v", code, b, err)
			}
		}
	}
	b, err := ServiceParameter{ServiceName: "a", MinWait: 9 * time.Millisecond}.Bytes()
	if err != nil || b[4] != 0x11 { // 9.5 ms
		t.Errorf("9 ms was written as %X, %v", b, err)
	}
}

func TestTNEPRefuses(t *testing.T) {
	for name, payload := range map[string]string{
		"nothing":       "",
		"version alone": "10",
		"version 2":     "20 01 61 00 00 00 0000",
		"no name":       "10 00 00 00 00 0000",
		"name cut":      "10 05 61 00 00 00 0000",
		"tail cut":      "10 01 61 00 00 00 00",
		"one more byte": "10 01 61 00 00 00 0000 00",
	} {
		if p, err := ParseServiceParameter(unhex(t, payload)); !errors.Is(err, ErrMalformed) {
			t.Errorf("service parameter, %s: %+v, %v", name, p, err)
		}
	}
	for name, p := range map[string]ServiceParameter{
		"no name":       {},
		"long name":     {ServiceName: strings.Repeat("a", 256)},
		"long wait":     {ServiceName: "a", MinWait: 28 * time.Second},
		"negative wait": {ServiceName: "a", MinWait: -1},
		"16 waits":      {ServiceName: "a", MaxWaits: 16},
		"message size":  {ServiceName: "a", MaxMessage: MaxMessage + 1},
	} {
		if b, err := p.Bytes(); !errors.Is(err, ErrMalformed) {
			t.Errorf("service parameter, %s: written as %X", name, b)
		}
	}
	for _, payload := range []string{"", "01", "02 61", "01 61 61"} {
		if s, err := ParseServiceSelect(unhex(t, payload)); !errors.Is(err, ErrMalformed) {
			t.Errorf("service select %s: %+v, %v", payload, s, err)
		}
	}
	for _, payload := range []string{"", "00 00"} {
		if s, err := ParseStatus(unhex(t, payload)); !errors.Is(err, ErrMalformed) {
			t.Errorf("status %q: %v, %v", payload, s, err)
		}
	}
	if _, err := (ServiceSelect{ServiceName: strings.Repeat("a", 256)}).Bytes(); err == nil {
		t.Error("a name of 256 bytes was written")
	}
}

func TestServiceSelectAndStatusRoundTrip(t *testing.T) {
	for _, name := range []string{"", HandoverService, strings.Repeat("a", 255)} {
		b, err := ServiceSelect{ServiceName: name}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if s, err := ParseServiceSelect(b); err != nil || s.ServiceName != name {
			t.Errorf("%+v, %v", s, err)
		}
	}
	for i := range 256 {
		if s, err := ParseStatus(Status(i).Bytes()); err != nil || s != Status(i) || s.String() == "" {
			t.Errorf("%v, %v", s, err)
		}
	}
}
