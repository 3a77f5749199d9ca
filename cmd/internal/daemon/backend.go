package daemon

import (
	"slices"
	"time"

	"kazashi/cmd/internal/build"
	"kazashi/transport/api"
)

// What the socket asks of the daemon. None of it can hold an attribute.

// Status returns the daemon in a few lines.
func (d *daemon) Status() api.Status {
	health := d.health.look()
	return api.Status{
		Version: build.Version(), StartedAt: d.started, Specimen: d.options.Specimen,
		Health: health.State, Readers: d.Readers(), Trust: d.anchors.Load().summary(),
		Profiles: slices.Clone(d.rules.Load().profileNames), Active: d.vault.Active(),
		Taps:  d.counts.shown(),
		Clock: &api.ClockSummary{Now: time.Now().UTC(), Trusted: d.checkClock() == nil},
	}
}

// Health returns what is wrong at present.
func (d *daemon) Health() api.Health {
	return d.health.look()
}

// Readers returns the readers with the presentation that holds each.
func (d *daemon) Readers() []api.Reader {
	active := d.vault.Active()
	readers := []api.Reader{}
	for _, t := range d.readers.terminals() {
		r := t.reader()
		for _, p := range active {
			if p.Reader == r.Name {
				r.Presentation = p.ID
			}
		}
		readers = append(readers, r)
	}
	return readers
}

// Profiles returns what may be asked, by name.
func (d *daemon) Profiles() []api.Profile {
	rules := d.rules.Load()
	profiles := make([]api.Profile, 0, len(rules.profileNames))
	for _, name := range rules.profileNames {
		profiles = append(profiles, d.show(rules.profiles[name]))
	}
	return profiles
}

// Profile returns one profile.
func (d *daemon) Profile(name string) (api.Profile, bool) {
	p, ok := d.rules.Load().profiles[name]
	if !ok {
		return api.Profile{}, false
	}
	return d.show(p), true
}

func (d *daemon) show(p profile) api.Profile {
	shown := p.shown
	shown.Usable = d.anchors.Load().covers(p)
	return shown
}

// Trust returns what verification rests on.
func (d *daemon) Trust() api.Trust { return d.anchors.Load().trust() }
