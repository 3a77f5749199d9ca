package server

import "sync"

// A holder is who takes something of which there is not enough for everyone.
type holder struct {
	uid    uint32
	issuer bool // whom a share is kept for
}

// holder tells as whom a caller counts. Callers without a role count as one, so
// that being many gains them nothing.
func (s *Server) holder(p Peer) holder {
	roles := s.access.Load().Roles(p)
	if roles == 0 {
		return holder{uid: OverflowID}
	}
	return holder{uid: p.UID, issuer: roles.Has(Issuer)}
}

// A quota counts what users hold, in total and each. Half of the total is kept for
// issuers: whoever may only look cannot keep a certificate from being issued. Those
// without a role get a quarter of what one user gets.
type quota struct {
	total, each int

	mu     sync.Mutex
	held   map[uint32]int
	sum    int
	others int // of the sum: held by who is no issuer
}

// take counts one more for a user, and returns how to give it back, once.
func (q *quota) take(h holder) (release func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	each := q.each
	if h.uid == OverflowID {
		each = (each + 3) / 4
	}
	if q.sum >= q.total || q.held[h.uid] >= each || !h.issuer && q.others >= (q.total+1)/2 {
		return nil, false
	}
	if q.held == nil {
		q.held = make(map[uint32]int)
	}
	q.add(h, 1)
	return sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.add(h, -1)
	}), true
}

func (q *quota) add(h holder, n int) {
	q.sum += n
	if !h.issuer {
		q.others += n
	}
	if q.held[h.uid] += n; q.held[h.uid] == 0 {
		delete(q.held, h.uid)
	}
}
