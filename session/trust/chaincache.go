package trust

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"
	"sync"
)

// maxChains is how many chains a Store remembers. A terminal meets the document
// signers of a few issuers; each has a handful at a time.
const maxChains = 32

// A chain is what of an x5chain follows from its bytes alone: the leaf, that every
// certificate can be read and bears the name that it should, and which anchors
// signed the leaf. No time, no policy and no list goes into it.
type chain struct {
	leaf  *x509.Certificate
	tried []trial // grows by append to a clipped slice, so that chains may share it
}

// A trial is what came of checking the leaf's signature with the key of an anchor.
type trial struct {
	anchor int // index in the Store
	signed bool
}

// signedBy reports whether an anchor signed the leaf, and remembers it in c.
func (c *chain) signedBy(index int, anchor *x509.Certificate) bool {
	for _, t := range c.tried {
		if t.anchor == index {
			return t.signed
		}
	}
	t := trial{index, signed(c.leaf, anchor)}
	c.tried = append(slices.Clip(c.tried), t)
	return t.signed
}

// A chainCache remembers the chains of document signers that were found good, for
// the docType that each was found good for. It belongs to one Store, which never
// changes: other anchors, CRLs or lists are another Store, with nothing in its
// cache. Whatever depends on the time, on the docType or on a list is judged
// anew from a chain each time. The zero value is empty.
type chainCache struct {
	mu      sync.Mutex
	entries []cachedChain // the last used first, at most maxChains
}

type cachedChain struct {
	docType string
	x5chain [][]byte // as received, in memory of the cache's own
	chain   chain
}

func (e *cachedChain) is(docType string, x5chain [][]byte) bool {
	return e.docType == docType && slices.EqualFunc(e.x5chain, x5chain, bytes.Equal)
}

// find returns the entry of the very same bytes and docType.
func (c *chainCache) find(docType string, x5chain [][]byte) (cachedChain, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.entries, func(e cachedChain) bool { return e.is(docType, x5chain) })
	if i < 0 {
		return cachedChain{}, false
	}
	return *c.first(i), true
}

// keep remembers a chain, in place of the one that was not used for longest when
// there are too many.
func (c *chainCache) keep(found cachedChain) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.entries, func(e cachedChain) bool { return e.is(found.docType, found.x5chain) })
	if i < 0 {
		if len(c.entries) < maxChains {
			c.entries = append(c.entries, cachedChain{})
		}
		i = len(c.entries) - 1
	}
	*c.first(i) = found
}

// first moves an entry to the front and returns it.
func (c *chainCache) first(i int) *cachedChain {
	e := c.entries[i]
	copy(c.entries[1:i+1], c.entries[:i])
	c.entries[0] = e
	return &c.entries[0]
}

// readChain returns what is known of an x5chain. One that the cache does not hold
// is read, from memory of its own: the phone's message, in which it lies, is going
// to be wiped, and crypto/x509 copies nothing.
func (s *Store) readChain(docType string, x5chain [][]byte) (cachedChain, error) {
	if known, ok := s.chains.find(docType, x5chain); ok {
		return known, nil
	}
	read := cachedChain{docType: strings.Clone(docType)}
	for _, der := range x5chain {
		read.x5chain = append(read.x5chain, bytes.Clone(der))
	}
	var err error
	read.chain.leaf, err = parseChain(read.x5chain)
	return read, err
}
