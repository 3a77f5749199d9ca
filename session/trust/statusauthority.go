package trust

import (
	"crypto/x509"
	"time"
)

// settled returns the list as one of the anchor that stands behind it, if any does. It
// shares what the list says and changes nothing of l, which another Set may hold.
//
// A list keeps its authority when its signer's certificate runs out: that of the day on
// which it was issued counts, or else that of at.
func (l *StatusList) settled(anchors []*x509.Certificate, at time.Time) *StatusList {
	c := *l
	c.anchor = nil
	for _, t := range []time.Time{l.IssuedAt, at} {
		if anchor, err := statusSigner.lead(l.chain, anchors, t); err == nil {
			c.anchor = anchor
			break
		}
	}
	return &c
}

// authority is whose the list is: the anchor's, or the signer's own as long as no
// anchor is known to stand behind it. Nobody can take another's place without its key.
func (l *StatusList) authority() [32]byte {
	if l.anchor != nil {
		return authorityID(l.anchor)
	}
	return authorityID(l.chain[0])
}
