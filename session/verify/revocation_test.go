package verify

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

const statusURI = "https://example.com/status"

// crl has the IACA revoke serial numbers; the document signer's is 2.
func (l *lab) crl(t *testing.T, stale bool, serials ...int64) *trust.CRL {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: l.now.AddDate(0, 0, -2), NextUpdate: l.now.AddDate(0, 0, 1)}
	if stale {
		list.NextUpdate = l.now.AddDate(0, 0, -1)
	}
	for _, serial := range serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: l.now.AddDate(0, 0, -3)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, l.iaca, l.iacaKey)
	if err != nil {
		t.Fatal(err)
	}
	crl, err := trust.ParseCRL(der, []*x509.Certificate{l.iaca}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	return crl
}

// statusList has a signer of the IACA publish a list in which index 1 is revoked.
func (l *lab) statusList(t *testing.T) *trust.StatusList {
	t.Helper()
	var compressed bytes.Buffer
	w := zlib.NewWriter(&compressed)
	if _, err := w.Write([]byte{0x02}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	payload, err := wire.Marshal(map[int]any{
		2: statusURI, 4: l.now.AddDate(0, 0, 1).Unix(), 6: l.now.AddDate(0, 0, -1).Unix(),
		65533: map[string]any{"bits": 1, "lst": compressed.Bytes()},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cose.SignPublished(l.signer, payload, "application/statuslist+cwt", l.leaf)
	if err != nil {
		t.Fatal(err)
	}
	list, err := trust.ParseStatusList(raw, l.now)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestF33_Revocation(t *testing.T) {
	l := newLab(t)
	status := func(index uint64, uri string) *mdoc.Status {
		return &mdoc.Status{StatusList: &mdoc.StatusListInfo{Index: index, URI: uri}}
	}
	lists := trust.Revocations{Lists: []*trust.StatusList{l.statusList(t)}}
	crl := func(stale bool, serials ...int64) trust.Revocations {
		return trust.Revocations{CRLs: []*trust.CRL{l.crl(t, stale, serials...)}}
	}
	type outcome struct {
		code fault.Code
		warn bool
	}
	const ok = fault.OK
	refused := outcome{fault.RevocationUndetermined, false}
	for _, c := range []struct {
		name   string
		status *mdoc.Status
		lists  trust.Revocations
		state  trust.State
		// under AcceptUnlisted, AcceptUndetermined, RejectUndetermined
		want [3]outcome
	}{
		{"nothing speaks of it", nil, trust.Revocations{}, trust.Undetermined, [3]outcome{{ok, false}, {ok, false}, refused}},
		{"on no crl", nil, crl(false, 9), trust.Valid, [3]outcome{{ok, false}, {ok, false}, {ok, false}}},
		{"stale crl", nil, crl(true, 9), trust.Undetermined, [3]outcome{refused, {ok, true}, refused}},
		{"signer revoked", nil, crl(false, 2), trust.Revoked, [3]outcome{{fault.CertificateRevoked, false}, {fault.CertificateRevoked, false}, {fault.CertificateRevoked, false}}},
		{"status valid", status(0, statusURI), lists, trust.Valid, [3]outcome{{ok, false}, {ok, false}, {ok, false}}},
		{"status revoked", status(1, statusURI), lists, trust.Revoked, [3]outcome{{fault.DocumentRevoked, false}, {fault.DocumentRevoked, false}, {fault.DocumentRevoked, false}}},
		{"list that is not installed", status(0, "https://example.com/other"), lists, trust.Undetermined, [3]outcome{refused, {ok, true}, refused}},
		{"status of an unknown kind", &mdoc.Status{}, lists, trust.Undetermined, [3]outcome{refused, {ok, true}, refused}},
	} {
		for policy, want := range c.want {
			d := l.draft(t)
			if c.status != nil {
				raw, err := wire.Marshal(c.status)
				if err != nil {
					t.Fatal(err)
				}
				d.mso.Status = raw
			}
			l.verifier.Trust = trust.NewStore([]trust.Anchor{{Certificate: l.iaca}}, trust.Options{Revocations: c.lists})
			l.verifier.Undetermined = Policy(policy)
			verified, err := l.verify(l.answer(t, d), nil)
			if fault.CodeOf(err) != want.code {
				t.Errorf("%s, policy %d: got %v, want %s", c.name, policy, err, want.code)
				continue
			}
			if err != nil {
				check := CheckRevocation
				if want.code == fault.CertificateRevoked {
					check = CheckPath
				}
				if f := err.(*Failure); f.Check != check { //nolint:errorlint // Verify returns it as it is
					t.Errorf("%s, policy %d: failed in %s", c.name, policy, f.Check)
				}
				continue
			}
			if got := verified.Documents()[0].Revocation; got != c.state {
				t.Errorf("%s, policy %d: state %v, want %v", c.name, policy, got, c.state)
			}
			warned := slices.ContainsFunc(verified.Warnings(), func(w Warning) bool { return w.Code == fault.RevocationUndetermined })
			if warned != want.warn {
				t.Errorf("%s, policy %d: warned %v, want %v", c.name, policy, warned, want.warn)
			}
		}
	}
}

// That the signer was revoked is told before whatever else is wrong with what it
// signed, and before it is looked at whether it signed it.
func TestF33_RevokedSignerComesFirst(t *testing.T) {
	l := newLab(t)
	l.verifier.Trust = trust.NewStore([]trust.Anchor{{Certificate: l.iaca}},
		trust.Options{Revocations: trust.Revocations{CRLs: []*trust.CRL{l.crl(t, false, 2)}}})
	l.run(t, []spoiled{
		{"expired document", func(d *draft) { d.mso.ValidityInfo.ValidUntil = l.in(-time.Hour) }, CheckPath, fault.CertificateRevoked},
		{"signature of another", func(d *draft) { d.signer = l.device }, CheckPath, fault.CertificateRevoked},
		{"mso of another version", func(d *draft) { d.mso.Version = "2.0" }, CheckPath, fault.CertificateRevoked},
	})
}

// A status that cannot be read is no status that is not there.
func TestF33_MalformedStatus(t *testing.T) {
	l := newLab(t)
	for name, raw := range map[string]wire.Raw{
		"null":         {0xf6},
		"text":         {0x61, 'x'},
		"empty list":   {0xa1, 0x6b, 's', 't', 'a', 't', 'u', 's', '_', 'l', 'i', 's', 't', 0xa0},
		"list is null": {0xa1, 0x6b, 's', 't', 'a', 't', 'u', 's', '_', 'l', 'i', 's', 't', 0xf6},
	} {
		d := l.draft(t)
		d.mso.Status = raw
		if _, err := l.verify(l.answer(t, d), nil); fault.CodeOf(err) != fault.MalformedMSO {
			t.Errorf("%s: %v", name, err)
		}
	}
}
