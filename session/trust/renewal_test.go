package trust

import (
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"kazashi/session/fault"
)

// An IACA that renewed its certificate under the same key, and one that stands in a
// list that is past its time: neither may hide the anchor that counts, in whatever
// order they were installed.
func TestF33_AnchorPastItsTimeHidesNoOther(t *testing.T) {
	key := newKey(t)
	current := newIACAWithKey(t, key, nil)
	old := newIACAWithKey(t, key, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) })
	leaf := [][]byte{newLeaf(t, current, nil)}
	for name, tt := range map[string]struct {
		past Anchor
		code fault.Code // of the past anchor alone
	}{
		"expired certificate": {Anchor{Certificate: old.cert}, fault.CertificateExpired},
		"stale list":          {Anchor{Certificate: current.cert, Until: now.Add(-time.Hour)}, fault.TrustStale},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewStore([]Anchor{tt.past}, Options{}).Path(leaf, docType, now); fault.CodeOf(err) != tt.code {
				t.Errorf("alone: %v, want %s", err, tt.code)
			}
			anchors := []Anchor{tt.past, {Certificate: current.cert}}
			for range 2 {
				if _, err := NewStore(anchors, Options{}).Path(leaf, docType, now); err != nil {
					t.Error(err)
				}
				slices.Reverse(anchors)
			}
		})
	}
}
