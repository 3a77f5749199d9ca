package trust

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"runtime"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/wire"
)

// allocated is how many bytes something takes from the heap, freed meanwhile or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a list may make of its bytes is bounded, whatever stands in it: a file of the
// largest size, packed with the entries that cost most.
func TestF26_AllocationCeilingsOfLists(t *testing.T) {
	iaca := newCRLIssuer(t, nil)
	p := newPublisher(t, iaca, nil)
	zeros := statusClaims(t, 1, make([]byte, maxInflated)...)
	// Far beyond the bound, so that one who inflates it all is found out.
	tooMany := statusClaims(t, 1, make([]byte, 8*maxInflated)...)
	for _, c := range []struct {
		name    string
		data    []byte
		want    fault.Code
		ceiling uint64
		parse   func([]byte) error
	}{
		{"status list that inflates to the most", p.sign(t, typStatus, zeros), fault.OK, 20 << 20, parseStatus},
		{"status list that inflates to more", p.sign(t, typStatus, tooMany), fault.TrustFileInvalid, 4 << 20, parseStatus},
		{"identifier list of short identifiers", identifierList(t, p), fault.OK, 8 << 20, parseStatus},
		{"crl of short entries", shortCRL(t, iaca, maxCRL), fault.OK, 64 << 20, func(b []byte) error {
			_, err := ParseCRL(b, certificatesOf(iaca), now)
			return err
		}},
		{"crl that is too large", make([]byte, maxCRL+1), fault.TrustFileInvalid, 64 << 10, func(b []byte) error {
			_, err := ParseCRL(b, certificatesOf(iaca), now)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			used := allocated(func() { err = c.parse(c.data) })
			t.Logf("%d bytes for %d", used, len(c.data))
			if fault.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if used > c.ceiling {
				t.Errorf("%d bytes allocated for %d, more than %d", used, len(c.data), c.ceiling)
			}
		})
	}
}

func parseStatus(b []byte) error {
	_, err := ParseStatusList(b, now)
	return err
}

// identifierList is as many identifiers as a list may have, each as short as can be.
func identifierList(t testing.TB, p publisher) []byte {
	t.Helper()
	n := min(wire.StatusLimits.Pairs, (wire.StatusLimits.Bytes-4096)/6)
	ids := binary.BigEndian.AppendUint32([]byte{0xba}, uint32(n))
	for i := range n {
		ids = append(binary.BigEndian.AppendUint32(append(ids, 0x44), uint32(i)), 0xa0)
	}
	claims := identifierClaims()
	claims[65530] = map[string]any{"identifiers": wire.Raw(ids)}
	return p.sign(t, typIdentifier, claims)
}

// shortCRL is a CRL of about a size, signed, whose entries are as short as can be.
func shortCRL(t testing.TB, ca authority, size int) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(5), ThisUpdate: now.AddDate(0, 0, -1), NextUpdate: now.AddDate(0, 0, 30)}
	entry, err := asn1.Marshal(struct {
		Serial *big.Int
		At     time.Time
	}{big.NewInt(1 << 22), now.UTC()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range (size - 4096) / len(entry) {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(int64(1<<21 + i)), RevocationTime: now.UTC()})
	}
	return newCRL(t, ca, func(to *x509.RevocationList) { *to = *l })
}
