package daemon

import (
	"context"
	"testing"
	"time"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/reader/pcsc"
	"kazashi/reader/pcsctest"
	"kazashi/reader/vpcd"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/transport/api"
)

// A pcscRig is a daemon in specimen mode on a pcscd of its own.
type pcscRig struct {
	*rig
	service *pcsctest.Service
	phone   *holder.Phone // an honest one
}

// onPCSC starts a daemon on a service that may run or not. Extended lets APDUs of the
// extended form go through, with which a tap has fewer of them.
func onPCSC(t *testing.T, service *pcsctest.Service, extended bool, change func(*daemon)) *pcscRig {
	t.Helper()
	c := sandbox(t)
	c.Reader.Backend, c.Reader.Include, c.Reader.ExtendedLength = configs.BackendPCSC, pcsctest.Reader(0), extended
	if extended {
		c.Reader.MaxResponseData = vpcd.Limits.ResponseData
	}
	r := &pcscRig{rig: launch(t, c, Options{}, change), service: service}
	var err error
	if r.phone, err = holder.New(holder.Options{PKI: r.daemon.pki, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return r
}

// impatient makes steps fail after d.
func impatient(step time.Duration) func(*daemon) {
	return func(d *daemon) {
		rules := *d.rules.Load()
		rules.stepTimeout = step
		d.rules.Store(&rules)
	}
}

// await waits until the reader is as wanted, and returns how long that took.
func (r *pcscRig) await(what string, wanted func(api.Reader) bool) time.Duration {
	r.t.Helper()
	return r.since("the reader is "+what, func() (any, bool) {
		all := r.daemon.Readers()
		return all, len(all) == 1 && wanted(all[0]) || len(all) == 0 && wanted(api.Reader{})
	})
}

// since looks again at whatever happens in the daemon, and returns how long it took
// until what was wanted is so.
func (r *pcscRig) since(what string, look func() (seen any, so bool)) time.Duration {
	r.t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	feed := r.daemon.vault.Feed()
	for {
		last := feed.Last()
		seen, so := look()
		if so {
			return time.Since(began)
		}
		if _, err := feed.Read(ctx, last, 1); err != nil {
			r.t.Fatalf("after %v it is not so that %s: %+v", time.Since(began), what, seen)
		}
	}
}

// How a reader can be.
func empty(r api.Reader) bool    { return r.Usable && !r.Present }
func occupied(r api.Reader) bool { return r.Usable && r.Present }
func away(r api.Reader) bool     { return !r.Usable }

// healthy waits until health is as wanted, and returns how long that took.
func (r *pcscRig) healthy(what string, wanted func(api.Health) bool) time.Duration {
	r.t.Helper()
	return r.since("health is "+what, func() (any, bool) {
		now := r.daemon.Health()
		return now, wanted(now)
	})
}

// only says that health tells of one thing, and of nothing that comes of it.
func only(code fault.Code) func(api.Health) bool {
	return func(h api.Health) bool {
		return len(h.Items) == 1 && h.Items[0].Code == code && h.State == api.HealthFailing
	}
}

func fine(h api.Health) bool { return h.State == api.HealthOK }

// counter returns how many insertions and removals pcscd has seen, as the daemon's
// watcher knows it.
func (r *pcscRig) counter() uint16 {
	r.t.Helper()
	states, err := r.daemon.system.(*pcsc.System).List(r.t.Context())
	if err != nil || len(states) != 1 {
		r.t.Fatalf("readers %+v, %v", states, err)
	}
	return states[0].Counter
}

// noticed waits until pcscd has seen a card leave that lay there when the counter was
// this. It looks every 400 ms, and takes a card that comes in between for that one.
func (r *pcscRig) noticed(since uint16) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for r.counter() == since {
		select {
		case <-tick.C:
		case <-late.C:
			r.t.Fatalf("the counter is %d still", since)
		}
	}
}

// works makes a whole tap by an honest phone for a fresh presentation, and takes it
// away.
func (r *pcscRig) works() {
	r.t.Helper()
	r.await("empty", empty)
	p := r.arm("address")
	card := r.service.Insert(r.t, r.phone)
	r.verified(p)
	card.Remove()
}

// verified waits for the end of a tap that has to succeed, and takes the result.
func (r *pcscRig) verified(p api.Presentation) {
	r.t.Helper()
	r.until(p, func(p api.Presentation) bool { return p.State == api.StateVerified })
	if err := r.client.Cancel(r.t.Context(), p.ID); err != nil {
		r.t.Fatal(err)
	}
}

// faulty is the honest phone with a fault.
func (r *pcscRig) faulty(faults ...loopback.Fault) reader.Responder {
	return loopback.WithFaults(r.phone, faults...)
}
