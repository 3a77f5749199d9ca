package mdoc

import (
	"bytes"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// parseSpoiled reads an MSO that was sound until change.
func parseSpoiled(t *testing.T, change func(*MobileSecurityObject)) error {
	t.Helper()
	m := mso(t)
	change(m)
	b, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, err = ParseMSO(b)
	return err
}

func TestF30_VersionOfTheMSO(t *testing.T) {
	for version, want := range map[string]fault.Code{
		"1.0": fault.OK, "1.1": fault.OK, "1.999": fault.OK, "2.0": fault.MSOVersion, "": fault.MSOVersion,
		"1": fault.MSOVersion, "+1.0": fault.MSOVersion, "1.0.0": fault.MSOVersion, "1.x": fault.MSOVersion,
	} {
		if err := parseSpoiled(t, func(m *MobileSecurityObject) { m.Version = version }); fault.CodeOf(err) != want {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestF30_DigestAlgorithm(t *testing.T) {
	for name, want := range map[string]fault.Code{
		"SHA-256": fault.OK, "SHA-384": fault.OK, "SHA-512": fault.OK, "SHA-1": fault.DigestAlgorithm,
		"sha-256": fault.DigestAlgorithm, "SHA256": fault.DigestAlgorithm, "": fault.DigestAlgorithm,
	} {
		if err := parseSpoiled(t, func(m *MobileSecurityObject) { m.DigestAlgorithm = name }); fault.CodeOf(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestF30_DatesOfTheMSO(t *testing.T) {
	day := func(d int) wire.TDate { return wire.TDate(time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC)) }
	if err := parseSpoiled(t, func(m *MobileSecurityObject) { m.ValidityInfo.ValidUntil = day(0) }); fault.CodeOf(err) != fault.ValidityMalformed {
		t.Errorf("ends before it begins: %v", err)
	}
	sound, err := mso(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	dated := bytes.Replace(sound, []byte("2026-11-01T00:00:00Z"), []byte("2026-11-31T00:00:00Z"), 1)
	if _, err := ParseMSO(dated); fault.CodeOf(err) != fault.ValidityMalformed {
		t.Errorf("31 November: %v", err)
	}
}

func TestMSOThatIsNone(t *testing.T) {
	sound, err := mso(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, payload := range map[string][]byte{
		"no tag 24":     sound.Content(),
		"empty":         {},
		"trailing byte": append(bytes.Clone(sound), 0),
		"array":         wire.Embed([]byte{0x80}),
	} {
		if _, err := ParseMSO(payload); fault.CodeOf(err) != fault.MalformedMSO {
			t.Errorf("%s: %v", name, err)
		}
	}
}
