package ndef

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kazashi/reader/vectors"
)

func TestContainersOfKnownPhones(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want CapabilityContainer
	}{
		"Apple Wallet": {
			"000F 20 0400 0400 0406 E104 0802 00 00",
			CapabilityContainer{Version: 0x20, MaxResponse: 1024, MaxCommand: 1024, FileID: 0xe104, MaxFile: 0x0802},
		},
		"Multipaz, static handover": {
			"000F 20 7FFF 7FFF 0406 E104 7FFF 00 FF",
			CapabilityContainer{Version: 0x20, MaxResponse: 0x7fff, MaxCommand: 0x7fff, FileID: 0xe104, MaxFile: 0x7fff, WriteAccess: AccessDenied},
		},
	} {
		got, err := ParseCapabilityContainer(unhex(t, c.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if b, err := got.Bytes(); err != nil || !bytes.Equal(b, unhex(t, c.file)) {
			t.Errorf("%s: written as %X, %v", name, b, err)
		}
	}
}

func TestContainerRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := CapabilityContainer{
			Version:     rapid.SampledFrom([]byte{0x20, 0x21, 0x30}).Draw(t, "version"),
			MaxResponse: rapid.IntRange(15, 0xffff).Draw(t, "MLe"),
			MaxCommand:  rapid.IntRange(1, 0xffff).Draw(t, "MLc"),
			FileID:      rapid.Uint16Range(0xe104, 0xfffe).Draw(t, "file"),
			MaxFile:     rapid.IntRange(5, 0xfffe).Draw(t, "size"),
			ReadAccess:  rapid.Byte().Draw(t, "read"),
			WriteAccess: rapid.Byte().Draw(t, "write"),
		}
		b, err := want.Bytes()
		if err != nil || len(b) != CapabilityContainerSize {
			t.Fatal(b, err)
		}
		if got, err := ParseCapabilityContainer(b); err != nil || got != want {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}

func TestF16_CapabilityContainers(t *testing.T) {
	const good = "000F 20 0400 0400 0406 E104 0802 00 00"
	sixtyFour := append(unhex(t, good), make([]byte, 49)...)
	longer := bytes.Clone(sixtyFour)
	longer[1] = 64
	for name, c := range map[string]struct {
		file []byte
		ok   bool
	}{
		"good":                       {unhex(t, good), true},
		"no bytes":                   {nil, false},
		"14 bytes":                   {unhex(t, good)[:14], false},
		"CCLEN of 14":                {unhex(t, "000E 20 0400 0400 0406 E104 0802 00 00"), false},
		"CCLEN of 65535":             {unhex(t, "FFFF 20 0400 0400 0406 E104 0802 00 00"), false},
		"CCLEN beyond what was read": {unhex(t, "0017 20 0400 0400 0406 E104 0802 00 00"), true},
		"64 bytes for a CCLEN of 15": {sixtyFour, false},
		"64 bytes, more TLVs":        {longer, true},
		"version 1.0":                {unhex(t, "000F 10 0400 0400 0406 E104 0802 00 00"), false},
		"version 3.0":                {unhex(t, "000F 30 0400 0400 0406 E104 0802 00 00"), true},
		"version 4.0":                {unhex(t, "000F 40 0400 0400 0406 E104 0802 00 00"), false},
		"MLe of 0":                   {unhex(t, "000F 20 0000 0400 0406 E104 0802 00 00"), true},
		"MLc of 0":                   {unhex(t, "000F 20 0400 0000 0406 E104 0802 00 00"), false},
		"proprietary file first":     {unhex(t, "000F 20 0400 0400 0506 E104 0802 00 00"), false},
		"TLV of 7 bytes":             {unhex(t, "000F 20 0400 0400 0407 E104 0802 00 00"), false},
		"file identifier 0":          {unhex(t, "000F 20 0400 0400 0406 0000 0802 00 00"), false},
		"file identifier of the CC":  {unhex(t, "000F 20 0400 0400 0406 E103 0802 00 00"), false},
		"file size 0":                {unhex(t, "000F 20 0400 0400 0406 E104 0000 00 00"), false},
		"file size 4":                {unhex(t, "000F 20 0400 0400 0406 E104 0004 00 00"), false},
		"file size FFFF":             {unhex(t, "000F 20 0400 0400 0406 E104 FFFF 00 00"), false},
	} {
		cc, err := ParseCapabilityContainer(c.file)
		if c.ok != (err == nil) || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, cc, err)
		}
		if err == nil && cc.MaxResponse < 15 {
			t.Errorf("%s: MLe %d", name, cc.MaxResponse)
		}
	}
}

func FuzzParseCapabilityContainer(f *testing.F) {
	f.Add(unhex(f, "000F 20 0400 0400 0406 E104 0802 00 00"))
	for _, b := range vectors.Values(f, "nfc-multipaz-loopback.json", "data") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		cc, err := ParseCapabilityContainer(b)
		if err != nil {
			return
		}
		if _, err := cc.Bytes(); err != nil {
			t.Fatalf("%+v was read but cannot be written: %v", cc, err)
		}
	})
}
