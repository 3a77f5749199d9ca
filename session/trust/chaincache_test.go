package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"kazashi/session/fault"
)

// met returns a store that has met the signer of a chain.
func met(t *testing.T, chain [][]byte, o Options, anchors ...Anchor) (*Store, *Path) {
	t.Helper()
	s := NewStore(anchors, o)
	path, err := s.Path(chain, docType, now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Path(chain, docType, now)
	if err != nil || again.Leaf != path.Leaf {
		t.Fatalf("the chain is not remembered: %v", err)
	}
	return s, path
}

// The time is judged at each use: of the signer, of its IACA, and of the list that
// the anchor comes from.
func TestF33_RememberedChainExpires(t *testing.T) {
	hour, year := now.Add(time.Hour), now.AddDate(1, 0, 0)
	for name, tt := range map[string]struct {
		leaf, iaca func(*x509.Certificate)
		until      time.Time
		at         time.Time
		want       fault.Code
	}{
		"signer expires": {
			leaf: func(c *x509.Certificate) { c.NotAfter = hour }, at: hour.Add(time.Second), want: fault.CertificateExpired,
		},
		"clock goes back": {at: now.AddDate(0, -2, 0), want: fault.CertificateNotYetValid},
		"iaca expires": {
			iaca: func(c *x509.Certificate) { c.NotAfter = hour }, leaf: func(c *x509.Certificate) { c.NotAfter = year },
			at: hour.Add(time.Second), want: fault.CertificateExpired,
		},
		"list of the anchor is past its time": {until: hour, at: hour.Add(time.Second), want: fault.TrustStale},
		"nothing does":                        {until: hour, at: hour, want: fault.OK},
	} {
		t.Run(name, func(t *testing.T) {
			iaca := newIACA(t, tt.iaca)
			chain := [][]byte{newLeaf(t, iaca, tt.leaf)}
			s, _ := met(t, chain, Options{}, Anchor{Certificate: iaca.cert, Until: tt.until})
			if _, err := s.Path(chain, docType, tt.at); fault.CodeOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if _, err := s.Path(chain, docType, now); err != nil {
				t.Errorf("back at the first time: %v", err)
			}
		})
	}
}

// An anchor that counts no more hands over to one that does, though only the first
// was needed when the chain was remembered.
func TestF33_RememberedChainFindsTheRenewedAnchor(t *testing.T) {
	hour := now.Add(time.Hour)
	key := newKey(t)
	old := newIACAWithKey(t, key, func(c *x509.Certificate) { c.NotAfter = hour })
	renewed := newIACAWithKey(t, key, nil)
	chain := [][]byte{newLeaf(t, old, nil)}
	s, path := met(t, chain, Options{}, Anchor{Certificate: old.cert}, Anchor{Certificate: renewed.cert})
	if !path.Anchor.Certificate.Equal(old.cert) {
		t.Fatal("the first anchor is not the one that vouches")
	}
	for range 2 {
		path, err := s.Path(chain, docType, hour.Add(time.Second))
		if err != nil || !path.Anchor.Certificate.Equal(renewed.cert) {
			t.Fatalf("the renewed anchor does not vouch: %v", err)
		}
	}
	if n := len(s.chains.entries[0].chain.tried); n != 2 {
		t.Errorf("%d signatures are remembered, want 2", n)
	}
}

// What is asked for under another docType is judged under that docType.
func TestF33_RememberedChainOfAnotherDocType(t *testing.T) {
	const other = "org.iso.18013.5.1.mDL"
	iaca := newIACA(t, nil)
	chain := [][]byte{newLeaf(t, iaca, nil)}
	for name, tt := range map[string]struct {
		anchors []Anchor
		options Options
		want    fault.Code
	}{
		"no anchor for it": {[]Anchor{{Certificate: iaca.cert, DocTypes: []string{docType}}}, Options{}, fault.NoAnchor},
		"another anchor for it": {
			[]Anchor{{Certificate: iaca.cert, DocTypes: []string{docType}}, {Certificate: newIACA(t, nil).cert, DocTypes: []string{other}}},
			Options{}, fault.UnknownIssuer,
		},
		"another usage for it": {
			[]Anchor{{Certificate: iaca.cert}}, Options{SignerUsages: map[string][]asn1.ObjectIdentifier{other: {UsageMDocSigner}}},
			fault.CertificateEKU,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := met(t, chain, tt.options, tt.anchors...)
			if _, err := s.Path(chain, other, now); fault.CodeOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Another Store is other anchors: what the one before it remembered is gone.
func TestF33_ReloadForgetsChains(t *testing.T) {
	iaca := newIACA(t, nil)
	chain := [][]byte{newLeaf(t, iaca, nil)}
	met(t, chain, Options{}, Anchor{Certificate: iaca.cert})
	for name, tt := range map[string]struct {
		anchors []Anchor
		want    fault.Code
	}{
		"none":                           {nil, fault.NoAnchor},
		"another of the same name":       {[]Anchor{{Certificate: newIACA(t, nil).cert}}, fault.CertificateSignature},
		"the same, for specimens":        {[]Anchor{{Certificate: iaca.cert, Specimen: true}}, fault.SpecimenAnchor},
		"the same, from a list that was": {[]Anchor{{Certificate: iaca.cert, Until: now.Add(-1)}}, fault.TrustStale},
	} {
		if _, err := NewStore(tt.anchors, Options{}).Path(chain, docType, now); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
}

// A path from the cache is looked up in the CRL as any other is, and the CRL is held
// to its next update each time.
func TestF33_RememberedChainIsRevoked(t *testing.T) {
	iaca := newIACA(t, nil)
	chain := [][]byte{newLeaf(t, iaca, nil)}
	hour := now.Add(time.Hour)
	crl := func(serials ...int64) Options {
		c := &CRL{Issuer: iaca.cert, Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: hour, revoked: map[string]bool{}}
		for _, n := range serials {
			c.revoked[string(big.NewInt(n).Bytes())] = true
		}
		return Options{Revocations: Revocations{CRLs: []*CRL{c}}}
	}
	s, path := met(t, chain, crl(), Anchor{Certificate: iaca.cert})
	if r := s.Revocation(path, nil, now); r.State != Valid {
		t.Errorf("before: %v", r)
	}
	late, err := s.Path(chain, docType, hour.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Revocation(late, nil, hour.Add(time.Second)); r.State != Undetermined || !r.Listed {
		t.Errorf("with a stale crl: %v", r)
	}
	s, path = met(t, chain, crl(path.Leaf.SerialNumber.Int64()), Anchor{Certificate: iaca.cert})
	if r := s.Revocation(path, nil, now); r.State != Revoked {
		t.Errorf("with its serial number on the crl: %v", r)
	}
}

// Bytes that differ anywhere, in number or in order, are another chain.
func TestF33_RememberedChainIsThatOfItsBytes(t *testing.T) {
	iaca := newIACA(t, nil)
	leaf := newLeaf(t, iaca, nil)
	s, _ := met(t, [][]byte{leaf, iaca.der}, Options{}, Anchor{Certificate: iaca.cert})
	flipped := bytes.Clone(leaf)
	flipped[len(flipped)-1] ^= 1
	for name, tt := range map[string]struct {
		chain [][]byte
		want  fault.Code
	}{
		"signature with a bit flipped": {[][]byte{flipped, iaca.der}, fault.CertificateSignature},
		"iaca first":                   {[][]byte{iaca.der, leaf}, fault.X5ChainMalformed},
		"a stranger behind it":         {[][]byte{leaf, leaf}, fault.X5ChainMalformed},
		"garbage behind it":            {[][]byte{leaf, iaca.der, {0x30}}, fault.CertificateMalformed},
		"joined":                       {[][]byte{slices.Concat(leaf, iaca.der)}, fault.CertificateMalformed},
		"none":                         {nil, fault.X5ChainMissing},
	} {
		for range 2 { // nor is what was refused ever remembered
			if _, err := s.Path(tt.chain, docType, now); fault.CodeOf(err) != tt.want {
				t.Errorf("%s: got %v, want %s", name, err, tt.want)
			}
		}
	}
	if n := len(s.chains.entries); n != 1 {
		t.Errorf("%d chains are remembered, want 1", n)
	}
}

// The phone's message is wiped, and the certificates that were in it with it.
func TestF33_RememberedChainOutlivesItsMessage(t *testing.T) {
	iaca := newIACA(t, nil)
	leaf := newLeaf(t, iaca, nil)
	message := bytes.Clone(leaf)
	s := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	path, err := s.Path([][]byte{message}, docType, now)
	if err != nil {
		t.Fatal(err)
	}
	clear(message)
	if !bytes.Equal(path.Leaf.Raw, leaf) {
		t.Error("the leaf lies in the memory of the message")
	}
	again, err := s.Path([][]byte{leaf}, docType, now)
	if err != nil || again.Leaf != path.Leaf {
		t.Errorf("the chain is not remembered: %v", err)
	}
	if _, err := s.Path([][]byte{message}, docType, now); fault.CodeOf(err) != fault.CertificateMalformed {
		t.Errorf("zeros are taken for the chain: %v", err)
	}
}

// However many signers there are, a few are remembered: those that were used last.
func TestChainCache_IsBounded(t *testing.T) {
	iaca := newIACA(t, nil)
	s := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	key := newKey(t)
	var chains [][][]byte
	for i := range maxChains + 3 {
		template := leafTemplate()
		template.SerialNumber = big.NewInt(int64(i + 2))
		chains = append(chains, [][]byte{create(t, template, iaca.cert, key.Public(), iaca.key)})
	}
	var often *x509.Certificate
	for i, c := range chains {
		for _, chain := range [][][]byte{c, chains[0]} {
			path, err := s.Path(chain, docType, now)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				often = path.Leaf
			} else if &chain[0][0] == &chains[0][0][0] && path.Leaf != often {
				t.Fatalf("the signer that is used most often was forgotten after %d others", i)
			}
		}
	}
	if n := len(s.chains.entries); n != maxChains {
		t.Errorf("%d chains are remembered, want %d", n, maxChains)
	}
	if _, ok := s.chains.find(docType, chains[1]); ok {
		t.Error("the signer that was not used for longest is remembered")
	}
}

// Terminals of several lanes share a Store.
func TestChainCache_Concurrent(t *testing.T) {
	iaca := newIACA(t, nil)
	s := NewStore([]Anchor{{Certificate: iaca.cert}}, Options{})
	var chains [][][]byte
	for range 4 {
		chains = append(chains, [][]byte{newLeaf(t, iaca, nil)})
	}
	stranger := [][]byte{newLeaf(t, newIACA(t, nil), nil)}
	var lanes sync.WaitGroup
	for lane := range 8 {
		lanes.Go(func() {
			for i := range 40 {
				chain := chains[(lane+i)%len(chains)]
				path, err := s.Path(chain, fmt.Sprint(docType, i%3), now)
				if err != nil || !bytes.Equal(path.Leaf.Raw, chain[0]) {
					t.Errorf("another chain than was asked for: %v", err)
				}
				if _, err := s.Path(stranger, docType, now); fault.CodeOf(err) != fault.CertificateSignature {
					t.Errorf("a stranger: %v", err)
				}
			}
		})
	}
	lanes.Wait()
	if n := len(s.chains.entries); n != 3*len(chains) {
		t.Errorf("%d chains are remembered, want %d", n, 3*len(chains))
	}
}
