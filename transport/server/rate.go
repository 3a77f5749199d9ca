package server

import (
	"sync"

	"golang.org/x/time/rate"
)

// rates bounds the requests of each user.
type rates struct {
	limit float64
	burst int

	mu     sync.Mutex
	byUser map[uint32]*rate.Limiter
}

// maxUsers bounds how many users have a limiter of their own. Roles are given to
// a handful; past that number the map starts over.
const maxUsers = 256

// allow takes one request from a user's allowance.
func (r *rates) allow(uid uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	limiter := r.byUser[uid]
	if limiter == nil {
		if r.byUser == nil || len(r.byUser) >= maxUsers {
			r.byUser = make(map[uint32]*rate.Limiter)
		}
		limiter = rate.NewLimiter(rate.Limit(r.limit), r.burst)
		r.byUser[uid] = limiter
	}
	return limiter.Allow()
}
