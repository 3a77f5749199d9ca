package daemon

import (
	"context"
	"sync"
	"time"

	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// tapPause is how long the holder of a specimen phone takes to hold it over
// again, after a tap that came to nothing.
const tapPause = 2 * time.Second

// leaveWithin bounds how long the in-process reader may take to tell of a removal.
const leaveWithin = time.Second

// A tray is where a specimen phone is laid down: the in-process reader.
type tray interface {
	Name() string
	Insert(card reader.Responder)
	Remove()
}

// A customer stands at the sandbox's reader: whenever a presentation is armed
// there, the customer holds a specimen phone over it, takes it away when the tap
// ended, and tries again while the presentation stays armed.
type customer struct {
	tray  tray
	vault *vault.Vault
	// scenarios are gone through in turn, one for each presentation.
	scenarios []string
	phone     func(scenario string) (reader.Responder, error)

	mu            sync.Mutex
	presentations int
	current       string    // the presentation that the customer came for
	scenario      string    // of its phone
	tapped        time.Time // the last tap that was seen to come to nothing
}

// run serves what is armed after an event of the vault's feed. It ends with ctx, or
// when the vault is closed. An error means that a phone could not be made.
func (c *customer) run(ctx context.Context, after uint64, p *part) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wake := make(chan struct{}, 1)
	closed := make(chan struct{})
	log := c.vault.Feed()
	go func() {
		defer close(closed)
		follow(ctx, log, after, func(e api.Event) {
			if e.Type != api.EventPresentation && e.Type != api.EventGap {
				return
			}
			select {
			case wake <- struct{}{}:
			default:
			}
		})
	}()
	defer func() {
		cancel()
		<-closed
		c.tray.Remove()
	}()
	pause := time.NewTimer(tapPause)
	pause.Stop()
	defer pause.Stop()
	for {
		p.waits()
		select {
		case <-closed:
			return nil
		case <-pause.C:
			p.works()
			if err := c.again(); err != nil {
				return err
			}
		case <-wake:
			p.works()
			wait, err := c.look()
			if err != nil {
				return err
			}
			if wait {
				pause.Reset(tapPause)
			}
		}
	}
}

// look does what the presentation on the tray asks of the customer, and says
// whether to hold the phone over again after a pause.
func (c *customer) look() (wait bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.waiting()
	switch {
	case p == nil:
		c.tray.Remove()
	case p.ID != c.current && p.State == api.StateReading:
		// It was armed before this customer had taken the last phone away, and is
		// tapping that. Nobody changes phones in the middle of a tap.
		c.current, c.tapped = p.ID, time.Time{}
	case p.ID != c.current:
		c.scenario = c.scenarios[c.presentations%len(c.scenarios)]
		if err := c.insert(); err != nil {
			return false, err
		}
		c.presentations++
		c.current, c.tapped = p.ID, time.Time{}
	case p.State == api.StateArmed && p.LastTap != nil && !p.LastTap.At.Equal(c.tapped):
		c.tapped = p.LastTap.At
		c.tray.Remove()
		return true, nil
	}
	return false, nil
}

// leave takes the phone away after a tap for a presentation and waits until the
// terminal has seen it, before the presentation moves on: the next one must not
// find this phone. When the presentation ended under the tap, the next customer's
// phone may lie there by now, and stays.
func (c *customer) leave(ctx context.Context, t *terminal, id string, stay uint64) {
	c.mu.Lock()
	ours := c.current == id
	if ours {
		c.tray.Remove()
	}
	c.mu.Unlock()
	if ours {
		ctx, cancel := context.WithTimeout(ctx, leaveWithin)
		defer cancel()
		t.untilGone(ctx, stay)
	}
}

// again holds a phone of the same scenario over, if the presentation still waits.
// It is another phone: the last one may still be busy with what it was asked when
// it was taken away.
func (c *customer) again() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.waiting(); p != nil && p.ID == c.current && p.State == api.StateArmed {
		return c.insert()
	}
	return nil
}

// insert lays a new phone of the present scenario down.
func (c *customer) insert() error {
	phone, err := c.phone(c.scenario)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "making a specimen phone for %s", c.scenario)
	}
	c.tray.Insert(phone)
	return nil
}

// waiting returns the presentation on the tray that waits for a tap or is in one.
func (c *customer) waiting() *api.Summary {
	for _, p := range c.vault.Active() {
		if p.Reader == c.tray.Name() && (p.State == api.StateArmed || p.State == api.StateReading) {
			return &p
		}
	}
	return nil
}
