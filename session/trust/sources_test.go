package trust

import (
	"crypto/x509"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// a house has all sources of trust in one folder.
type house struct {
	dir      string
	iaca     authority // pinned
	listed   authority // in the VICAL
	provider provider
	sources  Sources
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{
		dir: t.TempDir(), iaca: newCRLIssuer(t, nil), provider: newProvider(t, nil),
		listed: newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Listed IACA" }),
	}
	for _, folder := range []string{"pins", "roots", "lists/vical", "lists/crl", "lists/status"} {
		if err := os.MkdirAll(filepath.Join(h.dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.put(t, "pins/iaca.pem", asPEM("CERTIFICATE", h.iaca.der))
	h.put(t, "roots/root.pem", asPEM("CERTIFICATE", h.provider.root.der))
	h.sources = Sources{
		Anchors: []Pin{{filepath.Join(h.dir, "pins"), []string{docType}}},
		Roots:   []Pin{{filepath.Join(h.dir, "roots/root.pem"), nil}},
		Dir:     filepath.Join(h.dir, "lists"), Grace: time.Hour,
	}
	return h
}

func (h *house) put(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h *house) remove(t testing.TB, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(h.dir, name)); err != nil {
		t.Fatal(err)
	}
}

// vical issues the VICAL of a number.
func (h *house) vical(t testing.TB, number int) []byte {
	t.Helper()
	content := vicalOf(entryOf(t, h.listed.cert, "a.b"))
	content["vicalIssueID"], content["date"] = number, wire.TDate(now.AddDate(0, 0, -30+number))
	return h.provider.sign(t, content)
}

// crl issues the CRL of a number, which revokes serial numbers.
func (h *house) crl(t testing.TB, number int64, revoked ...int64) []byte {
	t.Helper()
	return newCRL(t, h.iaca, func(l *x509.RevocationList) {
		l.Number, l.ThisUpdate = big.NewInt(number), now.AddDate(0, 0, -30+int(number))
	}, revoked...)
}

// signerState is what a Store of the set says of a document signer of the pinned
// IACA, whose serial number is 2.
func (h *house) signerState(t testing.TB, set *Set) Revocation {
	t.Helper()
	store := NewStore(set.Anchors, Options{Revocations: set.Revocations()})
	path, err := store.Path([][]byte{newLeaf(t, h.iaca, nil)}, docType, now)
	if err != nil {
		t.Fatal(err)
	}
	return store.Revocation(path, nil, now)
}

func wantFinding(t *testing.T, set *Set, name string, code fault.Code, kept bool) {
	t.Helper()
	found := slices.IndexFunc(set.Findings(now), func(f Finding) bool { return filepath.Base(f.File) == name })
	if found < 0 {
		t.Errorf("nothing is said of %s: %v", name, set.Findings(now))
		return
	}
	if f := set.Findings(now)[found]; fault.CodeOf(f.Err) != code || f.Kept != kept {
		t.Errorf("%s: kept %v, %v; want %v, %s", name, f.Kept, f.Err, kept, code)
	}
}

func TestLoad(t *testing.T) {
	h := newHouse(t)
	h.put(t, "lists/vical/a.cbor", h.vical(t, 7))
	h.put(t, "lists/crl/iaca.crl", h.crl(t, 5, 2))
	h.put(t, "lists/crl/.half", []byte("an import under way"))
	stranger := newCRLIssuer(t, func(c *x509.Certificate) { c.Subject.CommonName = "Stranger" })
	h.put(t, "lists/crl/stranger.crl", newCRL(t, stranger, nil))
	h.put(t, "lists/status/s.cwt", newPublisher(t, h.iaca, nil).sign(t, typStatus, statusClaims(t, 1, 0)))
	set := Load(h.sources, nil, now)
	if len(set.Anchors) != 2 || len(set.VICALs) != 1 || len(set.CRLs) != 1 || len(set.Lists) != 1 {
		t.Fatalf("%d anchors, %d vicals, %d crls, %d lists: %v", len(set.Anchors), len(set.VICALs), len(set.CRLs), len(set.Lists), set.Findings(now))
	}
	pinned, listed := set.Anchors[0], set.Anchors[1]
	if !slices.Equal(pinned.DocTypes, []string{docType}) || filepath.Base(pinned.Source) != "iaca.pem" || !pinned.Until.IsZero() {
		t.Errorf("pinned %+v", pinned)
	}
	if !slices.Equal(listed.DocTypes, []string{"a.b"}) || listed.Source != "VICAL Test Provider" || !listed.Until.Equal(now.AddDate(0, 0, 1).Add(time.Hour)) {
		t.Errorf("listed %v %s %s", listed.DocTypes, listed.Source, listed.Until)
	}
	if r := h.signerState(t, set); r.State != Revoked {
		t.Errorf("state %v", r.State)
	}
	// Somebody else's CRL is told of and does no harm.
	findings := set.Findings(now)
	if len(findings) != 1 || !findings[0].Warning || fault.CodeOf(findings[0].Err) != fault.UnknownIssuer {
		t.Errorf("findings %v", findings)
	}
	later := set.Findings(now.AddDate(0, 2, 0))
	if n := len(later); n != 4 {
		t.Errorf("two months later %d findings, want all three lists stale: %v", n, later)
	}
	if none := Load(Sources{Dir: filepath.Join(h.dir, "none")}, nil, now); len(none.Anchors) != 0 || len(none.Findings(now)) != 0 {
		t.Errorf("from nothing: %v", none.Findings(now))
	}
}

// A file that turns bad, older or vanishes takes nothing from what counted.
func TestF42_LastGoodStays(t *testing.T) {
	h := newHouse(t)
	h.put(t, "lists/vical/a.cbor", h.vical(t, 7))
	h.put(t, "lists/crl/iaca.crl", h.crl(t, 5, 2))
	good := Load(h.sources, nil, now)
	foreign := newProvider(t, nil)
	for _, c := range []struct {
		name   string
		change func()
		file   string
		code   fault.Code
	}{
		{"crl cut", func() { h.put(t, "lists/crl/iaca.crl", h.crl(t, 6)[:90]) }, "iaca.crl", fault.TrustFileInvalid},
		{"crl empty", func() { h.put(t, "lists/crl/iaca.crl", nil) }, "iaca.crl", fault.TrustFileInvalid},
		{"crl older", func() { h.put(t, "lists/crl/iaca.crl", h.crl(t, 4)) }, "iaca.crl", fault.TrustRollback},
		{"crl older, under another name", func() { h.put(t, "lists/crl/new.crl", h.crl(t, 4)) }, "new.crl", fault.TrustRollback},
		{"crl gone", func() { h.remove(t, "lists/crl/iaca.crl") }, "iaca.crl", fault.TrustFileInvalid},
		{"vical older", func() { h.put(t, "lists/vical/a.cbor", h.vical(t, 6)) }, "a.cbor", fault.TrustRollback},
		{"vical of a stranger", func() { h.put(t, "lists/vical/a.cbor", foreign.sign(t, vicalOf(entryOf(t, h.listed.cert, "a.b")))) }, "a.cbor", fault.UnknownIssuer},
		{"vical gone", func() { h.remove(t, "lists/vical/a.cbor") }, "a.cbor", fault.TrustFileInvalid},
		{"pinned file cut", func() { h.put(t, "pins/iaca.pem", asPEM("CERTIFICATE", h.iaca.der[:50])) }, "iaca.pem", fault.TrustFileInvalid},
		{"root gone", func() { h.remove(t, "roots/root.pem") }, "root.pem", fault.TrustFileInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.change()
			t.Cleanup(func() {
				h.put(t, "pins/iaca.pem", asPEM("CERTIFICATE", h.iaca.der))
				h.put(t, "roots/root.pem", asPEM("CERTIFICATE", h.provider.root.der))
				h.put(t, "lists/vical/a.cbor", h.vical(t, 7))
				h.put(t, "lists/crl/iaca.crl", h.crl(t, 5, 2))
				_ = os.Remove(filepath.Join(h.dir, "lists/crl/new.crl"))
			})
			set := Load(h.sources, good, now)
			wantFinding(t, set, c.file, c.code, true)
			if len(set.Anchors) != 2 || h.signerState(t, set).State != Revoked {
				t.Errorf("%d anchors, signer %v", len(set.Anchors), h.signerState(t, set).State)
			}
		})
	}
	t.Run("newer", func(t *testing.T) {
		h.put(t, "lists/crl/iaca.crl", h.crl(t, 6))
		set := Load(h.sources, good, now)
		if got := h.signerState(t, set).State; got != Valid || len(set.Findings(now)) != 0 {
			t.Errorf("state %v, %v", got, set.Findings(now))
		}
	})
	t.Run("pinned file taken away", func(t *testing.T) {
		h.remove(t, "pins/iaca.pem")
		if set := Load(h.sources, good, now); len(set.Anchors) != 1 {
			t.Errorf("%d anchors", len(set.Anchors))
		}
		// Not before the operator says so.
		if set := good.Refresh(h.sources, now); len(set.Anchors) != 2 {
			t.Errorf("refreshed: %d anchors", len(set.Anchors))
		}
	})
}

// A CRL that cannot be used at the start must not pass for one that nobody ever
// installed.
func TestF42_DamagedCRLIsNoMissingCRL(t *testing.T) {
	h := newHouse(t)
	h.put(t, "lists/crl/"+crlName(h.iaca.cert)+".crl", []byte("garbage"))
	if r := h.signerState(t, Load(h.sources, nil, now)); r.State != Undetermined || !r.Listed {
		t.Errorf("%+v", r)
	}
	if err := os.RemoveAll(filepath.Join(h.dir, "lists/crl")); err != nil {
		t.Fatal(err)
	}
	h.put(t, "lists/crl", []byte("a file where a folder belongs"))
	if r := h.signerState(t, Load(h.sources, nil, now)); r.State != Undetermined || !r.Listed {
		t.Errorf("no folder: %+v", r)
	}
}

func TestF33_RevokedVICALSigner(t *testing.T) {
	h := newHouse(t)
	h.put(t, "lists/vical/a.cbor", h.vical(t, 7))
	root := h.provider.root
	withID := *root.cert
	withID.SubjectKeyId = append([]byte{}, root.cert.SubjectKeyId...)
	h.put(t, "lists/crl/root.crl", newCRL(t, authority{root.key, &withID, root.der}, nil, 77))
	set := Load(h.sources, nil, now)
	wantFinding(t, set, "a.cbor", fault.CertificateRevoked, false)
	if len(set.Anchors) != 1 {
		t.Errorf("%d anchors", len(set.Anchors))
	}
	if _, err := Import(h.sources, h.vical(t, 8), now); fault.CodeOf(err) != fault.CertificateRevoked {
		t.Errorf("import: %v", err)
	}
}

func TestTrustFileThatIsAPipe(t *testing.T) {
	h := newHouse(t)
	path := filepath.Join(h.dir, "lists/crl/pipe.crl")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	wantFinding(t, Load(h.sources, nil, now), "pipe.crl", fault.TrustFileInvalid, false)
}
