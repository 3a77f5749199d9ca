package trust

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// ofIndex0 is what the installed lists say of a document of the house's IACA.
func ofIndex0(h *house, set *Set) State {
	store := NewStore(set.Anchors, Options{Revocations: set.Revocations()})
	path := &Path{Leaf: h.iaca.cert, Anchor: Anchor{Certificate: h.iaca.cert}, DocType: mdoc.DocTypeDrivingLicence}
	return store.Revocation(path, &mdoc.Status{StatusList: &mdoc.StatusListInfo{URI: listURI}}, now).State
}

// claimsOf are those of a list that says of its first document that it is revoked or
// valid, and is so many minutes old.
func claimsOf(t testing.TB, first byte, minutes int) map[int]any {
	c := statusClaims(t, 1, first)
	c[6] = now.Add(-time.Duration(minutes) * time.Minute).Unix()
	return c
}

// A newer list under the URI and the name of the genuine one, signed with another key,
// gives back no revoked document, however it came into the folder.
func TestF42_ForgedStatusListTakesNoPlace(t *testing.T) {
	h := newHouse(t)
	twin := newIACA(t, func(c *x509.Certificate) { c.Subject = h.iaca.cert.Subject })
	forged := newPublisher(t, twin, nil).sign(t, typStatus, claimsOf(t, 0, 1))
	genuine, err := Import(h.sources, newPublisher(t, h.iaca, nil).sign(t, typStatus, claimsOf(t, 1, 60)), now)
	if err != nil {
		t.Fatal(err)
	}
	set := Load(h.sources, nil, now)
	if got := ofIndex0(h, set); got != Revoked {
		t.Fatalf("before: %v", got)
	}
	if _, err := Import(h.sources, forged, now); fault.CodeOf(err) != fault.StatusListUnanchored {
		t.Errorf("import: %v", err)
	}
	beside, err := ImportUnanchored(h.sources, forged, now)
	if err != nil || beside.File == genuine.File || beside.OldStatus != nil {
		t.Errorf("vouched for: %+v, %v", beside, err)
	}
	if got := ofIndex0(h, Load(h.sources, nil, now)); got != Revoked {
		t.Errorf("at a start with both: %v", got)
	}
	// In the genuine one's own file: that one counts until the daemon ends.
	if err := os.WriteFile(genuine.File, forged, 0o600); err != nil {
		t.Fatal(err)
	}
	set = set.Refresh(h.sources, now)
	if got := ofIndex0(h, set); got != Revoked {
		t.Errorf("with the file replaced: %v", got)
	}
	told := false
	for _, f := range set.Findings(now) {
		told = told || f.File == genuine.File && f.Kept && !f.Warning
	}
	if !told {
		t.Errorf("nobody is told: %v", set.Findings(now))
	}
}

// A list that came first blocks nothing of the authority whose URI it bears.
func TestF42_ForeignStatusListBlocksNone(t *testing.T) {
	h := newHouse(t)
	squatter := newPublisher(t, newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Stranger" }), nil)
	if _, err := ImportUnanchored(h.sources, squatter.sign(t, typStatus, claimsOf(t, 0, 1)), now); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(h.sources, newPublisher(t, h.iaca, nil).sign(t, typStatus, claimsOf(t, 1, 60)), now); err != nil {
		t.Errorf("the genuine list: %v", err)
	}
	if got := ofIndex0(h, Load(h.sources, nil, now)); got != Revoked {
		t.Errorf("got %v", got)
	}
}

// A list stays its authority's when its signer's certificate has run out, so that an
// older one takes its place no more than before.
func TestF42_AuthorityOutlivesItsSigner(t *testing.T) {
	h := newHouse(t)
	short := newPublisher(t, h.iaca, func(c *x509.Certificate) { c.NotAfter = now.Add(time.Minute) })
	if _, err := Import(h.sources, short.sign(t, typStatus, claimsOf(t, 1, 60)), now); err != nil {
		t.Fatal(err)
	}
	later := now.Add(time.Hour)
	next := newPublisher(t, h.iaca, nil)
	if _, err := Import(h.sources, next.sign(t, typStatus, claimsOf(t, 0, 90)), later); fault.CodeOf(err) != fault.TrustRollback {
		t.Errorf("older: %v", err)
	}
	if i, err := Import(h.sources, next.sign(t, typStatus, claimsOf(t, 0, 30)), later); err != nil || i.OldStatus == nil {
		t.Errorf("newer: %+v, %v", i, err)
	}
}

func TestF42_ListOfARevokedSigner(t *testing.T) {
	h := newHouse(t)
	signer := newPublisher(t, h.iaca, nil)
	if _, err := Import(h.sources, h.crl(t, 5, signer.cert.SerialNumber.Int64()), now); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(h.sources, signer.sign(t, typStatus, claimsOf(t, 0, 1)), now); fault.CodeOf(err) != fault.CertificateRevoked {
		t.Errorf("got %v", err)
	}
}

// Lists that somebody put into the folder fill the memory up to its bound, and keep an
// anchor's list from nothing.
func TestF42_StatusListsAreBounded(t *testing.T) {
	h := newHouse(t)
	stranger := newPublisher(t, newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Stranger" }), nil)
	folder := filepath.Join(h.sources.Dir, statusFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	const fit = maxStatusBytes / maxInflated
	claims := statusClaims(t, 1, make([]byte, maxInflated)...)
	for i := range fit + 1 {
		claims[2] = fmt.Sprintf("https://example.com/grown/%d", i)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("a%d.cwt", i)), stranger.sign(t, typStatus, claims), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := Load(h.sources, nil, now)
	wantLists(t, set, "a0.cwt", "a1.cwt", "a2.cwt")
	wantTooMany(t, set, "a3.cwt")
	claims[2] = "https://example.com/one more"
	if _, err := ImportUnanchored(h.sources, stranger.sign(t, typStatus, claims), now); fault.CodeOf(err) != fault.StatusListsTooMany {
		t.Errorf("imported: %v", err)
	}
	genuine, err := Import(h.sources, newPublisher(t, h.iaca, nil).sign(t, typStatus, claimsOf(t, 1, 60)), now)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]*Set{"refreshed": set.Refresh(h.sources, now), "at a start": Load(h.sources, nil, now)} {
		if got := ofIndex0(h, set); got != Revoked || !fits(set.Lists) {
			t.Errorf("%s: %v of %s", name, got, genuine.File)
		}
	}
}

func wantLists(t *testing.T, set *Set, want ...string) {
	t.Helper()
	var got []string
	for _, l := range set.Lists {
		got = append(got, filepath.Base(l.File))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("lists of %v, want %v", got, want)
	}
}

func wantTooMany(t *testing.T, set *Set, want ...string) {
	t.Helper()
	var got []string
	for _, f := range set.Findings(now) {
		if fault.CodeOf(f.Err) == fault.StatusListsTooMany && !f.Warning {
			got = append(got, filepath.Base(f.File))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("too many are %v, want %v", got, want)
	}
}

// What counts stays; only lists of no anchor give way, the last first, and none when
// that would not be enough.
func TestWhichStatusListsAreKept(t *testing.T) {
	iaca, signer := newIACA(t, nil).cert, newPublisher(t, newIACA(t, nil), nil).cert
	list := func(uri string, anchored bool, size int) Installed[*StatusList] {
		l := &StatusList{URI: uri, bits: 1, statuses: make([]byte, size), chain: []*x509.Certificate{signer}}
		if anchored {
			l.anchor = iaca
		}
		return Installed[*StatusList]{File: uri, List: l}
	}
	const half = maxStatusBytes / 2
	a, b, c := list("a", true, half), list("b", false, half/2), list("c", false, half/2)
	many := make([]Installed[*StatusList], 0, maxStatusLists)
	for i := range maxStatusLists {
		many = append(many, list(fmt.Sprint(i), true, 1))
	}
	for _, x := range []struct {
		name       string
		held       []Installed[*StatusList]
		found      Installed[*StatusList]
		kept, left int
		code       fault.Code
	}{
		{"room", []Installed[*StatusList]{a, b}, c, 3, 0, fault.OK},
		{"no room", []Installed[*StatusList]{a, b, c}, list("d", false, 1), 3, 0, fault.StatusListsTooMany},
		{"one gives way", []Installed[*StatusList]{a, b, c}, list("d", true, 1), 3, 1, fault.OK},
		{"two give way", []Installed[*StatusList]{a, b, c}, list("d", true, half), 2, 2, fault.OK},
		{"not enough", []Installed[*StatusList]{a, b, c}, list("d", true, half+1), 3, 0, fault.StatusListsTooMany},
		{"a newer one, smaller", []Installed[*StatusList]{a, b, c}, list("c", false, 1), 3, 0, fault.OK},
		{"a newer one, larger", []Installed[*StatusList]{a, b, c}, list("c", false, half), 3, 0, fault.StatusListsTooMany},
		{"too many", many, list("more", true, 1), maxStatusLists, 0, fault.StatusListsTooMany},
		{"one of many", many, list("7", true, 1), maxStatusLists, 0, fault.OK},
	} {
		kept, left, err := takeStatus(x.held, x.found)
		if len(kept) != x.kept || len(left) != x.left || fault.CodeOf(err) != x.code {
			t.Errorf("%s: %d kept, %d left, %v", x.name, len(kept), len(left), err)
		}
		if len(left) > 0 && left[0].File != "c" {
			t.Errorf("%s: %s gave way first", x.name, left[0].File)
		}
	}
}
