package trust

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

const listURI = "https://example.com/status/1"

// publisher signs status lists of these tests.
type publisher struct {
	key  crypto.Signer
	cert *x509.Certificate
}

func newPublisher(t testing.TB, ca authority, spoil func(*x509.Certificate)) publisher {
	t.Helper()
	key := newKey(t)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(40), Subject: pkix.Name{CommonName: "Test Status Signer"},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if spoil != nil {
		spoil(c)
	}
	cert, err := x509.ParseCertificate(create(t, c, ca.cert, key.Public(), ca.key))
	if err != nil {
		t.Fatal(err)
	}
	return publisher{key, cert}
}

func (p publisher) sign(t testing.TB, typ string, claims map[int]any) []byte {
	t.Helper()
	payload, err := wire.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cose.SignPublished(p.key, payload, typ, p.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func deflate(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// statusClaims are those of a sound status list with these bytes.
func statusClaims(t testing.TB, bits int, statuses ...byte) map[int]any {
	return map[int]any{
		2: listURI, 4: now.AddDate(0, 0, 3).Unix(), 6: now.Add(-time.Hour).Unix(), 65534: 86400,
		65533: map[string]any{"bits": bits, "lst": deflate(t, statuses)},
	}
}

func identifierClaims(ids ...string) map[int]any {
	return map[int]any{
		2: listURI, 4: now.AddDate(0, 0, 3).Unix(), 6: now.Add(-time.Hour).Unix(),
		65530: map[string]any{"identifiers": byteKeys(ids), "aggregation_uri": "https://example.com"},
	}
}

// byteKeys encodes a map whose keys are byte strings and whose values are empty
// maps.
func byteKeys(ids []string) wire.Raw {
	out := []byte{0xa0 | byte(len(ids))}
	for _, id := range ids {
		out = append(out, 0x40|byte(len(id)))
		out = append(append(out, id...), 0xa0)
	}
	return out
}

const (
	typStatus     = "application/statuslist+cwt"
	typIdentifier = "identifierlist+cwt" // as one issuer writes it
)

func TestParseStatusList(t *testing.T) {
	p := newPublisher(t, newIACA(t, nil), nil)
	sound := func(key int, value any) map[int]any {
		c := statusClaims(t, 1, 0x02)
		if value == nil {
			delete(c, key)
		} else {
			c[key] = value
		}
		return c
	}
	bomb := deflate(t, make([]byte, maxInflated+1))
	list := func(bits any, lst []byte) map[string]any { return map[string]any{"bits": bits, "lst": lst} }
	for _, c := range []struct {
		name   string
		typ    string
		claims map[int]any
		want   fault.Code
	}{
		{"sound", typStatus, sound(0, 1), fault.OK},
		{"the other spelling", "statuslist+cwt", sound(0, 1), fault.OK},
		{"identifiers", "application/identifierlist+cwt", identifierClaims("ab"), fault.OK},
		{"identifiers, the other spelling", typIdentifier, identifierClaims("ab", "cd"), fault.OK},
		{"no typ", "", sound(0, 1), fault.TrustFileInvalid},
		{"typ of the other kind", typIdentifier, sound(0, 1), fault.TrustFileInvalid},
		{"neither list", typStatus, sound(65533, nil), fault.TrustFileInvalid},
		{"both lists", typStatus, sound(65530, map[string]any{"identifiers": byteKeys(nil)}), fault.TrustFileInvalid},
		{"no sub", typStatus, sound(2, nil), fault.TrustFileInvalid},
		{"empty sub", typStatus, sound(2, ""), fault.TrustFileInvalid},
		{"no exp", typStatus, sound(4, nil), fault.TrustFileInvalid},
		{"exp that is null", typStatus, sound(4, wire.Raw{0xf6}), fault.TrustFileInvalid},
		{"exp that is text", typStatus, sound(4, "tomorrow"), fault.TrustFileInvalid},
		{"negative exp", typStatus, sound(4, -1), fault.TrustFileInvalid},
		{"exp with a fraction", typStatus, sound(4, float64(now.Unix())+0.5), fault.OK},
		{"no iat", typStatus, sound(6, nil), fault.TrustFileInvalid},
		{"iat in the future", typStatus, sound(6, now.Add(time.Minute).Unix()), fault.TrustFromFuture},
		{"no ttl", typStatus, sound(65534, nil), fault.OK},
		{"ttl of 0", typStatus, sound(65534, 0), fault.TrustFileInvalid},
		{"3 bits", typStatus, sound(65533, list(3, deflate(t, []byte{0}))), fault.TrustFileInvalid},
		{"bits that are text", typStatus, sound(65533, list("1", deflate(t, []byte{0}))), fault.TrustFileInvalid},
		{"not compressed", typStatus, sound(65533, list(1, []byte{1, 2, 3})), fault.TrustFileInvalid},
		{"cut", typStatus, sound(65533, list(1, deflate(t, []byte{0})[:6])), fault.TrustFileInvalid},
		{"bytes behind it", typStatus, sound(65533, list(1, append(deflate(t, []byte{0}), 0))), fault.TrustFileInvalid},
		{"empty", typStatus, sound(65533, list(1, deflate(t, nil))), fault.TrustFileInvalid},
		{"a bomb", typStatus, sound(65533, list(1, bomb)), fault.TrustFileInvalid},
		{"identifiers that are a list", typIdentifier, map[int]any{2: listURI, 4: 1 << 40 >> 8, 6: 1, 65530: map[string]any{"identifiers": []string{"a"}}}, fault.TrustFileInvalid},
		{"identifiers that are text", typIdentifier, map[int]any{2: listURI, 4: 1 << 32, 6: 1, 65530: map[string]any{"identifiers": map[string]int{"a": 1}}}, fault.TrustFileInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := ParseStatusList(p.sign(t, c.typ, c.claims), now)
			if fault.CodeOf(err) != c.want || (err == nil) != (l != nil) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	raw := p.sign(t, typStatus, statusClaims(t, 1, 0x02))
	for name, form := range map[string][]byte{
		"untagged": raw[1:], "cwt tag": append([]byte{0xd8, 61}, raw...), "hexadecimal": []byte(hex.EncodeToString(raw) + "\n"),
	} {
		if _, err := ParseStatusList(form, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	tampered := slices.Clone(raw)
	tampered[len(tampered)-1] ^= 1
	if _, err := ParseStatusList(tampered, now); fault.CodeOf(err) != fault.TrustSignature {
		t.Errorf("tampered: %v", err)
	}
	l, err := ParseStatusList(raw, now)
	if err != nil {
		t.Fatal(err)
	}
	if want := now.Add(23 * time.Hour); !l.RefreshBy.Equal(want) || l.URI != listURI || l.Entries() != 8 || l.Kind() != "status list" {
		t.Errorf("%+v", l)
	}
	if l.Stale(l.Expires.Add(-time.Second)) != nil || fault.CodeOf(l.Stale(l.Expires)) != fault.TrustStale {
		t.Error("expires at another time")
	}
}

// The bits of RFC-to-be Token Status List: the lowest of a byte come first.
func TestStatusListBits(t *testing.T) {
	for _, c := range []struct {
		bits     int
		statuses []byte
		want     []State
	}{
		{1, []byte{0b1011_1001, 0b1010_0011}, []State{
			Revoked, Valid, Valid, Revoked, Revoked, Revoked, Valid, Revoked,
			Revoked, Revoked, Valid, Valid, Valid, Revoked, Valid, Revoked, Undetermined}},
		{2, []byte{0b11_10_01_00}, []State{Valid, Revoked, Revoked, Undetermined, Undetermined}},
		{4, []byte{0x10, 0x42}, []State{Valid, Revoked, Revoked, Undetermined, Undetermined}},
		{8, []byte{0, 1, 2, 3}, []State{Valid, Revoked, Revoked, Undetermined, Undetermined}},
	} {
		l := &StatusList{bits: c.bits, statuses: c.statuses}
		for i, want := range c.want {
			if got := l.at(uint64(i)); got != want {
				t.Errorf("%d bits, index %d: %v, want %v", c.bits, i, got, want)
			}
		}
		if got := l.at(1<<64 - 1); got != Undetermined {
			t.Errorf("%d bits, last index: %v", c.bits, got)
		}
	}
}

// Who may speak of a document: its IACA, or the certificate that its MSO gives.
func TestF33_StatusListTrust(t *testing.T) {
	iaca, stranger := newIACA(t, nil), newIACA(t, func(c *x509.Certificate) { c.Subject.CommonName = "Stranger" })
	ours, theirs := newPublisher(t, iaca, nil), newPublisher(t, stranger, nil)
	store := func(lists ...[]byte) *Store {
		var r Revocations
		for _, raw := range lists {
			l, err := ParseStatusList(raw, now)
			if err != nil {
				t.Fatal(err)
			}
			r.Lists = append(r.Lists, l)
		}
		return NewStore([]Anchor{{Certificate: iaca.cert}}, Options{Revocations: r})
	}
	claims := statusClaims(t, 1, 0x02) // index 1 is revoked
	list := func(p publisher) []byte { return p.sign(t, typStatus, claims) }
	at := func(index uint64, certificate []byte) *mdoc.Status {
		return &mdoc.Status{StatusList: &mdoc.StatusListInfo{Index: index, URI: listURI, Certificate: certificate}}
	}
	id := func(id string) *mdoc.Status {
		return &mdoc.Status{IdentifierList: &mdoc.IdentifierListInfo{ID: []byte(id), URI: listURI}}
	}
	expired := statusClaims(t, 1, 0x02)
	expired[4] = now.Add(-time.Second).Unix()
	ca := newPublisher(t, iaca, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
	late := newPublisher(t, iaca, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) })
	spoilt := func(spoil func(*x509.Certificate)) publisher { return newPublisher(t, iaca, spoil) }
	early := spoilt(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) })
	mute := spoilt(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment })
	broad := spoilt(func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCRLSign })
	odd := spoilt(func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{extension(true, 1, 2, 3)} })
	for _, c := range []struct {
		name   string
		store  *Store
		status *mdoc.Status
		want   State
		code   fault.Code
	}{
		{"valid", store(list(ours)), at(0, nil), Valid, fault.OK},
		{"revoked", store(list(ours)), at(1, nil), Revoked, fault.DocumentRevoked},
		{"outside of the list", store(list(ours)), at(8, nil), Undetermined, fault.RevocationUndetermined},
		{"no list", store(), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"a stranger's list", store(list(theirs)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"a stranger calls it revoked", store(list(theirs)), at(1, nil), Undetermined, fault.RevocationUndetermined},
		{"a stranger's list beside ours", store(list(theirs), list(ours)), at(1, nil), Revoked, fault.DocumentRevoked},
		{"the mso gives the stranger's ca", store(list(theirs)), at(1, stranger.der), Revoked, fault.DocumentRevoked},
		{"the mso gives the stranger itself", store(list(theirs)), at(0, theirs.cert.Raw), Valid, fault.OK},
		{"the mso gives another", store(list(ours)), at(0, stranger.der), Undetermined, fault.RevocationUndetermined},
		{"the mso gives garbage", store(list(ours)), at(0, []byte{1}), Undetermined, fault.RevocationUndetermined},
		{"signed by a ca", store(list(ca)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"signer not yet valid", store(list(early)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"signer without its key usage", store(list(mute)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"signer that may sign crls", store(list(broad)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"signer with an unknown critical extension", store(list(odd)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"the mso gives a signer that has expired", store(list(late)), at(0, late.cert.Raw), Undetermined, fault.RevocationUndetermined},
		{"the mso gives a signer that is a ca", store(list(ca)), at(0, ca.cert.Raw), Undetermined, fault.RevocationUndetermined},
		{"the mso gives a signer without its key usage", store(list(mute)), at(0, mute.cert.Raw), Undetermined, fault.RevocationUndetermined},
		{"the mso gives a signer with an unknown critical extension", store(list(odd)), at(0, odd.cert.Raw), Undetermined, fault.RevocationUndetermined},
		{"signer expired", store(list(late)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"list expired", store(ours.sign(t, typStatus, expired)), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"revoked by an expired list", store(ours.sign(t, typStatus, expired)), at(1, nil), Revoked, fault.DocumentRevoked},
		{"identifier listed", store(ours.sign(t, typIdentifier, identifierClaims("ab", "cd"))), id("cd"), Revoked, fault.DocumentRevoked},
		{"identifier not listed", store(ours.sign(t, typIdentifier, identifierClaims("ab"))), id("cd"), Valid, fault.OK},
		{"list of the other kind", store(list(ours)), id("cd"), Undetermined, fault.RevocationUndetermined},
		{"index into identifiers", store(ours.sign(t, typIdentifier, identifierClaims("ab"))), at(0, nil), Undetermined, fault.RevocationUndetermined},
		{"status of an unknown kind", store(list(ours)), &mdoc.Status{}, Undetermined, fault.RevocationUndetermined},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, err := c.store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now)
			if err != nil {
				t.Fatal(err)
			}
			got := c.store.Revocation(path, c.status, now)
			if got.State != c.want || !got.Listed || fault.CodeOf(got.Err) != c.code {
				t.Errorf("got %v, listed %v, %v", got.State, got.Listed, got.Err)
			}
		})
	}
}

// The signer of a list is revoked by the CRL of the authority above it.
func TestF33_StatusListSignerRevoked(t *testing.T) {
	iaca := newCRLIssuer(t, nil)
	p := newPublisher(t, iaca, nil)
	list, err := ParseStatusList(p.sign(t, typStatus, statusClaims(t, 1, 0x02)), now)
	if err != nil {
		t.Fatal(err)
	}
	status := &mdoc.Status{StatusList: &mdoc.StatusListInfo{Index: 0, URI: listURI}}
	for serial, want := range map[int64]State{99: Valid, 40: Undetermined} { // 40 is the signer's
		crl, err := ParseCRL(newCRL(t, iaca, nil, serial), certificatesOf(iaca), now)
		if err != nil {
			t.Fatal(err)
		}
		store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{Revocations: Revocations{CRLs: []*CRL{crl}, Lists: []*StatusList{list}}})
		path, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := store.Revocation(path, status, now); got.State != want {
			t.Errorf("serial %d revoked: %v, %v", serial, got.State, got.Err)
		}
	}
}

// A CA between the signer of a list and the IACA is revoked, and so is a signer or a
// CA that the MSO gives and the IACA issued.
func TestF33_AuthorityOfStatusListRevoked(t *testing.T) {
	iaca := newCRLIssuer(t, func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = -1, false })
	between := authority{key: newKey(t)}
	var err error
	between.cert, err = x509.ParseCertificate(create(t, &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "Between"}, NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}, iaca.cert, between.key.Public(), iaca.key))
	if err != nil {
		t.Fatal(err)
	}
	below, direct := newPublisher(t, between, nil), newPublisher(t, iaca, nil) // both have the serial number 40
	payload, err := wire.Marshal(statusClaims(t, 1, 0x02))
	if err != nil {
		t.Fatal(err)
	}
	list := func(p publisher, chain ...[]byte) *StatusList {
		raw, err := cose.SignPublished(p.key, payload, typStatus, chain...)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ParseStatusList(raw, now)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		name    string
		list    *StatusList
		given   []byte // by the MSO
		revoked int64
		want    State
	}{
		{"the ca between", list(below, below.cert.Raw, between.cert.Raw), nil, 77, Undetermined},
		{"the ca between, which the mso gives", list(below, below.cert.Raw), between.cert.Raw, 77, Undetermined},
		{"the signer that the mso gives", list(direct, direct.cert.Raw), direct.cert.Raw, 40, Undetermined},
		{"another", list(below, below.cert.Raw, between.cert.Raw), nil, 99, Valid},
		{"one of the iaca with the serial number of the signer", list(below, below.cert.Raw, between.cert.Raw), nil, 40, Valid},
		{"another, and the mso gives the ca", list(below, below.cert.Raw), between.cert.Raw, 40, Valid},
		{"another, and the mso gives the signer", list(direct, direct.cert.Raw), direct.cert.Raw, 99, Valid},
	} {
		crl, err := ParseCRL(newCRL(t, iaca, nil, c.revoked), certificatesOf(iaca), now)
		if err != nil {
			t.Fatal(err)
		}
		store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{Revocations: Revocations{CRLs: []*CRL{crl}, Lists: []*StatusList{c.list}}})
		path, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now)
		if err != nil {
			t.Fatal(err)
		}
		status := &mdoc.Status{StatusList: &mdoc.StatusListInfo{Index: 0, URI: listURI, Certificate: c.given}}
		if got := store.Revocation(path, status, now); got.State != c.want {
			t.Errorf("%s: %v, %v", c.name, got.State, got.Err)
		}
	}
}

// An mDL has one bit in a status list. A list of more revokes it and never clears it;
// other documents may have more.
func TestStatusListOfAnMDL(t *testing.T) {
	iaca := newIACA(t, nil)
	p := newPublisher(t, iaca, nil)
	for _, c := range []struct {
		docType string
		bits    int
		index   uint64
		want    State
	}{
		{mdoc.DocTypeDrivingLicence, 1, 0, Valid}, {mdoc.DocTypeDrivingLicence, 1, 1, Revoked},
		{mdoc.DocTypeDrivingLicence, 2, 1, Undetermined}, {mdoc.DocTypeDrivingLicence, 2, 0, Revoked},
		{mdoc.DocTypeDrivingLicence, 8, 1, Undetermined},
		{docType, 2, 1, Valid}, {docType, 2, 0, Revoked},
	} {
		list, err := ParseStatusList(p.sign(t, typStatus, statusClaims(t, c.bits, 0x02, 0x00)), now)
		if err != nil {
			t.Fatal(err)
		}
		store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{Revocations: Revocations{Lists: []*StatusList{list}}})
		path, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, c.docType, now)
		if err != nil {
			t.Fatal(err)
		}
		status := &mdoc.Status{StatusList: &mdoc.StatusListInfo{Index: c.index, URI: listURI}}
		if got := store.Revocation(path, status, now); got.State != c.want {
			t.Errorf("%s, %d bits, index %d: %v, want %v", c.docType, c.bits, c.index, got.State, c.want)
		}
	}
}

// A document that names two lists is valid when both say so, and revoked when one
// does.
func TestRevocationOfTwoLists(t *testing.T) {
	iaca := newIACA(t, nil)
	p := newPublisher(t, iaca, nil)
	second := identifierClaims("ab")
	second[2] = listURI + "/ids"
	for _, c := range []struct {
		index uint64
		id    string
		uri   string
		want  State
	}{
		{0, "cd", listURI + "/ids", Valid},
		{1, "cd", listURI + "/ids", Revoked},
		{0, "ab", listURI + "/ids", Revoked},
		{0, "cd", "elsewhere", Undetermined},
		{1, "cd", "elsewhere", Revoked},
	} {
		var r Revocations
		for _, raw := range [][]byte{p.sign(t, typStatus, statusClaims(t, 1, 0x02)), p.sign(t, typIdentifier, second)} {
			l, err := ParseStatusList(raw, now)
			if err != nil {
				t.Fatal(err)
			}
			r.Lists = append(r.Lists, l)
		}
		store := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{Revocations: r})
		path, err := store.Path([][]byte{newLeaf(t, iaca, nil)}, docType, now)
		if err != nil {
			t.Fatal(err)
		}
		status := &mdoc.Status{
			StatusList:     &mdoc.StatusListInfo{Index: c.index, URI: listURI},
			IdentifierList: &mdoc.IdentifierListInfo{ID: []byte(c.id), URI: c.uri},
		}
		if got := store.Revocation(path, status, now); got.State != c.want {
			t.Errorf("%+v: got %v, %v", c, got.State, got.Err)
		}
	}
}

func FuzzParseStatusList(f *testing.F) {
	p := newPublisher(f, newIACA(f, nil), nil)
	for _, claims := range []map[int]any{statusClaims(f, 1, 0x02), statusClaims(f, 8, 0, 1, 2, 3), identifierClaims("ab", "cd")} {
		payload, err := wire.Marshal(claims)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload, typStatus, uint64(1))
		f.Add(payload, typIdentifier, uint64(1))
	}
	f.Add(p.sign(f, typStatus, statusClaims(f, 1, 0x02)), "", uint64(0))
	f.Fuzz(func(t *testing.T, data []byte, typ string, index uint64) {
		if _, err := ParseStatusList(data, now); err != nil && fault.CodeOf(err) == fault.Internal {
			t.Errorf("no code: %v", err)
		}
		// Seeds cannot be signed anew by the fuzzer; what is signed is read by itself.
		l, err := readClaims(data, typ)
		if err != nil {
			return
		}
		if l.at(index) == Valid && index >= uint64(l.Entries()) {
			t.Errorf("index %d of %d is valid", index, l.Entries())
		}
		l.holds([]byte(typ))
	})
}
