package daemon

import (
	"slices"
	"sync"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// health remembers since when something has been wrong.
type health struct {
	find func() []api.HealthItem // what is wrong now, without times and texts

	mu    sync.Mutex
	since map[finding]time.Time
}

// A finding is what makes two health items the same.
type finding struct {
	code    fault.Code
	subject string
}

// look returns what is wrong now.
func (h *health) look() api.Health {
	items := h.find()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now().UTC().Round(0)
	since := map[finding]time.Time{}
	state := api.HealthOK
	for i := range items {
		item := &items[i]
		key := finding{item.Code, item.Subject}
		first, ok := h.since[key]
		if !ok {
			first = now
		}
		since[key], item.Since = first, first
		m := messageOf(item.Code)
		item.UserMessage, item.Retry = &m.User, m.Retry
		switch {
		case item.Severity == api.SeverityError:
			state = api.HealthFailing
		case state == api.HealthOK:
			state = api.HealthDegraded
		}
	}
	h.since = since
	return api.Health{State: state, Items: append([]api.HealthItem{}, items...)}
}

// sameHealth reports whether the same things are wrong since the same times.
func sameHealth(a, b api.Health) bool {
	return a.State == b.State && slices.EqualFunc(a.Items, b.Items, func(x, y api.HealthItem) bool {
		return x.Code == y.Code && x.Subject == y.Subject && x.Since.Equal(y.Since)
	})
}
