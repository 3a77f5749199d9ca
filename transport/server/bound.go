package server

import (
	"sync"

	"kazashi/transport/vault"
)

// bound knows which connection each bound presentation hangs on: the newest one
// that armed it or repeated its arming.
type bound struct {
	vault *vault.Vault

	mu   sync.Mutex
	byID map[string]*conn
}

// bind hangs a presentation on a connection, and on no other any more.
func (b *bound) bind(id string, c *conn) {
	b.mu.Lock()
	b.prune()
	if b.byID == nil {
		b.byID = make(map[string]*conn)
	}
	b.byID[id] = c
	b.mu.Unlock()
	c.followProcess()
	if c.isOver() {
		b.closed(c) // it closed before the presentation hung on it
	}
}

// closed ends what hangs on a connection, which has closed or whose process has ended.
func (b *bound) closed(c *conn) {
	var ids []string
	b.mu.Lock()
	for id, on := range b.byID {
		if on == c {
			ids = append(ids, id)
			delete(b.byID, id)
		}
	}
	b.mu.Unlock()
	for _, id := range ids {
		b.vault.Release(id)
	}
}

// holds reports whether a presentation that has not ended hangs on a connection.
func (b *bound) holds(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prune()
	for _, on := range b.byID {
		if on == c {
			return true
		}
	}
	return false
}

// prune drops what has ended: no more stays here than there are readers.
func (b *bound) prune() {
	for id, c := range b.byID {
		if p, err := b.vault.Get(id, c.peer.UID); err != nil || p.State.Ended() {
			delete(b.byID, id)
		}
	}
}
