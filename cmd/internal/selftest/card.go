package selftest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kazashi/reader"
	"kazashi/reader/apdu"
	"kazashi/session"
)

const (
	roundTrips = 8
	// found bounds the search for readers, which is over when nothing new has been told
	// for the time of quiet. answered bounds one APDU.
	found    = 2 * time.Second
	quiet    = 300 * time.Millisecond
	answered = 3 * time.Second
)

// selectNothing is a SELECT of no application: every card answers it, if only by
// refusing, and it changes nothing.
var selectNothing = apdu.Command{INS: 0xA4, P1: 0x04, Expected: 256}

// Cards sends some APDUs to whatever lies on each reader of a system and tells the
// latency. Where nothing lies, and where no reader is, the check is skipped. It opens the card exclusively, so nobody may wait for a tap
// meanwhile. It reports whether nothing failed.
func Cards(ctx context.Context, system reader.System, tell func(Result)) bool {
	desks, err := survey(ctx, system)
	if err != nil {
		tell(Result{Group: Card, Name: "reader", Skipped: true, Err: session.Coded(err)})
		return true
	}
	passed := true
	for _, d := range desks {
		if !d.present {
			tell(Result{Group: Card, Name: d.name, Skipped: true})
			continue
		}
		r := check{d.name, func(ctx context.Context) (string, error) {
			return roundTrip(ctx, system, d.name)
		}}.result(ctx, Card)
		passed = passed && r.Err == nil
		tell(r)
	}
	return passed
}

// A desk is one reader as it was found.
type desk struct {
	name    string
	present bool
}

// survey returns the readers that are there now, or why there are none.
func survey(ctx context.Context, system reader.System) ([]desk, error) {
	ctx, cancel := context.WithTimeout(ctx, found)
	defer cancel()
	var desks []desk
	cause, silence := reader.ErrNoReader, time.AfterFunc(found, cancel)
	defer silence.Stop()
	err := system.Watch(ctx, func(e reader.Event) {
		silence.Reset(quiet)
		i := slices.IndexFunc(desks, func(d desk) bool { return d.name == e.Reader })
		switch {
		case e.Kind == reader.ServiceDown:
			cause = e.Err
			cancel()
		case e.Kind == reader.Attached && i < 0:
			desks = append(desks, desk{name: e.Reader})
		case (e.Kind == reader.Arrived || e.Kind == reader.Mute) && i >= 0:
			desks[i].present = true
		}
	})
	switch {
	case len(desks) > 0:
		return desks, nil
	case ctx.Err() == nil:
		return nil, err // it never began
	}
	return nil, cause
}

// roundTrip returns how long the card takes to answer, and how it answered.
func roundTrip(ctx context.Context, system reader.System, name string) (string, error) {
	command, err := selectNothing.Bytes()
	if err != nil {
		return "", err
	}
	card, err := system.Open(ctx, name)
	if err != nil {
		return "", session.Coded(err)
	}
	defer func() { _ = card.Close() }()
	var times []time.Duration
	var status apdu.Status
	for range roundTrips {
		began := time.Now()
		raw, err := transmit(ctx, card, command)
		if err != nil {
			return "", session.Coded(err)
		}
		times = append(times, time.Since(began))
		answer, err := apdu.ParseResponse(raw)
		if err != nil {
			return "", fmt.Errorf("no status word: %w", err)
		}
		status = answer.SW
	}
	slices.Sort(times)
	return fmt.Sprintf("%.2f ms, SW %04X", float64(times[len(times)/2].Microseconds())/1000, uint16(status)), nil
}

func transmit(ctx context.Context, card reader.Card, command []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answered)
	defer cancel()
	return card.Transmit(ctx, command)
}
