package daemon

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

const owner = 1000

// A bench is a terminal whose taps do nothing but end as they are told.
type bench struct {
	t        *testing.T
	vault    *vault.Vault
	terminal *terminal
	taps     []string // presentations that were tapped
	end      func(a *vault.Attempt)
}

// inBubble runs a test with one attached terminal, on a clock of its own.
func inBubble(t *testing.T, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := &bench{t: t, vault: vault.New(vault.Options{})}
		b.end = func(a *vault.Attempt) { a.Again(fault.New(fault.PhoneLocked, "locked")) }
		b.terminal = newTerminal("front", b.vault, &counts{}, func(_ context.Context, _ *terminal, a *vault.Attempt) {
			b.taps = append(b.taps, a.ID)
			b.end(a)
		}, func(api.Reader) {})
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.terminal.run(ctx)
		}()
		b.event(reader.Attached)
		f(b)
		cancel()
		<-done
		b.vault.Close()
	})
}

func (b *bench) event(kind reader.Kind) {
	b.terminal.observe(reader.Event{Kind: kind, Reader: "front"})
	synctest.Wait()
}

func (b *bench) arm() api.Presentation {
	b.t.Helper()
	p, _, err := b.vault.Arm(vault.Order{Profile: "address", Transaction: "t", Reader: "front", Owner: owner})
	if err != nil {
		b.t.Fatal(err)
	}
	b.terminal.nudge()
	synctest.Wait()
	return p
}

func (b *bench) wantTaps(want ...string) {
	b.t.Helper()
	if len(b.taps) != len(want) {
		b.t.Fatalf("tapped for %v, want %v", b.taps, want)
	}
	for i := range want {
		if b.taps[i] != want[i] {
			b.t.Fatalf("tapped for %v, want %v", b.taps, want)
		}
	}
}

func TestTapWithNothingArmedIsCountedAndLeftAlone(t *testing.T) {
	inBubble(t, func(b *bench) {
		for range 3 {
			b.event(reader.Arrived)
			b.event(reader.Removed)
		}
		b.wantTaps()
		if got := b.terminal.counts.ignored.Load(); got != 3 {
			t.Errorf("%d ignored taps, want 3", got)
		}
	})
}

func TestPhoneThatLiesThereIsTappedWhenArmed(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.event(reader.Arrived)
		p := b.arm()
		b.wantTaps(p.ID)
	})
}

func TestF19_LockedPhoneIsTriedOncePerStay(t *testing.T) {
	inBubble(t, func(b *bench) {
		p := b.arm()
		b.event(reader.Arrived)
		b.wantTaps(p.ID)
		b.terminal.nudge()
		synctest.Wait()
		b.wantTaps(p.ID)
		b.event(reader.Removed)
		b.event(reader.Arrived)
		b.wantTaps(p.ID, p.ID)
		got, err := b.vault.Get(p.ID, owner)
		if err != nil || got.State != api.StateArmed || got.LastTap.Code != fault.PhoneLocked {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestNewPresentationMayTapThePhoneThatStillLiesThere(t *testing.T) {
	inBubble(t, func(b *bench) {
		first := b.arm()
		b.event(reader.Arrived)
		if _, err := b.vault.Cancel(first.ID, owner); err != nil {
			t.Fatal(err)
		}
		second := b.arm()
		b.wantTaps(first.ID, second.ID)
	})
}

func TestF04_RemovedAndInsertedDuringATapIsANewTap(t *testing.T) {
	inBubble(t, func(b *bench) {
		p := b.arm()
		first := true
		b.end = func(a *vault.Attempt) {
			if first {
				first = false
				b.terminal.observe(reader.Event{Kind: reader.Removed})
				b.terminal.observe(reader.Event{Kind: reader.Arrived, Counter: 9})
			}
			a.Again(fault.New(fault.CardRemoved, "gone"))
		}
		b.event(reader.Arrived)
		b.wantTaps(p.ID, p.ID)
	})
}

func TestF05_MuteCardIsToldAndNotTriedOverAndOver(t *testing.T) {
	inBubble(t, func(b *bench) {
		p := b.arm()
		b.event(reader.Mute)
		b.wantTaps()
		got, err := b.vault.Get(p.ID, owner)
		if err != nil || got.State != api.StateArmed || got.LastTap == nil || got.LastTap.Code != fault.CardUnresponsive {
			t.Fatalf("got %+v, %v", got, err)
		}
		version := got.Version
		b.terminal.nudge()
		synctest.Wait()
		if got, _ = b.vault.Get(p.ID, owner); got.Version != version {
			t.Error("the mute card was tried again")
		}
		b.event(reader.Removed)
		b.event(reader.Arrived)
		b.wantTaps(p.ID)
	})
}

func TestF07_ReaderUnpluggedAndBack(t *testing.T) {
	inBubble(t, func(b *bench) {
		p := b.arm()
		b.event(reader.Detached)
		if r := b.terminal.reader(); r.Usable || r.Code != fault.ReaderNotFound {
			t.Errorf("got %+v", r)
		}
		<-time.After(lostAfter - time.Second)
		b.event(reader.Attached)
		b.event(reader.Arrived)
		b.wantTaps(p.ID)
		<-time.After(time.Minute / 2)
		if got, err := b.vault.Get(p.ID, owner); err != nil || got.State != api.StateArmed {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// A reader that comes back under another number cannot keep its presentation: it is
// lost at once, and whoever armed it does not wait for a name that is gone.
func TestF58_ReaderComesBackUnderAnotherNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const before, after = "Sony RC-S300 00 00", "Sony RC-S300 01 00"
		v := vault.New(vault.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		var r *readers
		r = newReaders(func(name string) *terminal {
			one := newTerminal(name, v, &counts{}, func(_ context.Context, _ *terminal, a *vault.Attempt) {
				a.Again(fault.New(fault.PhoneLocked, "locked"))
			}, func(api.Reader) {})
			group.Go(func() {
				one.run(ctx)
				if ctx.Err() == nil {
					r.forget(one)
				}
			})
			return one
		})
		r.observe(reader.Event{Kind: reader.Attached, Reader: before})
		p, _, err := v.Arm(vault.Order{Profile: "address", Transaction: "t", Reader: before, Owner: owner})
		if err != nil {
			t.Fatal(err)
		}
		r.observe(reader.Event{Kind: reader.Detached, Reader: before})
		r.observe(reader.Event{Kind: reader.Attached, Reader: after})
		synctest.Wait()
		if got, err := v.Get(p.ID, owner); err != nil || got.State != api.StateLost || got.Code != fault.ReaderNotFound {
			t.Errorf("got %+v, %v", got, err)
		}
		all := r.terminals()
		if len(all) != 1 || all[0].name != after || !all[0].reader().Usable {
			t.Fatalf("%d readers, the first is %+v", len(all), all[0].reader())
		}
		p, _, err = v.Arm(vault.Order{Profile: "address", Transaction: "t", Reader: after, Owner: owner})
		if err != nil {
			t.Fatal(err)
		}
		r.observe(reader.Event{Kind: reader.Arrived, Reader: after})
		synctest.Wait()
		if got, err := v.Get(p.ID, owner); err != nil || got.LastTap == nil {
			t.Errorf("the reader is not tapped under its new name: %+v, %v", got, err)
		}
		cancel()
		group.Wait()
		v.Close()
	})
}

func TestF08_PresentationIsLostWhenTheReaderStaysAway(t *testing.T) {
	inBubble(t, func(b *bench) {
		p := b.arm()
		b.terminal.observe(reader.Event{Kind: reader.Detached, Err: reader.ErrNoService})
		<-time.After(lostAfter + time.Second)
		got, err := b.vault.Get(p.ID, owner)
		if err != nil || got.State != api.StateLost || got.Code != fault.ReaderServiceDown {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestF12_FlappingPhoneCostsNoQueue(t *testing.T) {
	inBubble(t, func(b *bench) {
		p := b.arm()
		b.end = func(a *vault.Attempt) {
			for range 100 {
				b.terminal.observe(reader.Event{Kind: reader.Removed})
				b.terminal.observe(reader.Event{Kind: reader.Arrived})
			}
			b.end = func(a *vault.Attempt) { a.Again(fault.New(fault.CardRemoved, "gone")) }
			b.end(a)
		}
		b.event(reader.Arrived)
		b.wantTaps(p.ID, p.ID)
	})
}
