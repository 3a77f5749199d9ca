package daemon

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// idle returns readers whose terminals have no goroutine.
func idle(t *testing.T) *readers {
	t.Helper()
	v := vault.New(vault.Options{})
	t.Cleanup(v.Close)
	return newReaders(func(name string) *terminal {
		return newTerminal(name, v, &counts{}, func(context.Context, *terminal, *vault.Attempt) {}, func(api.Reader) {})
	})
}

func wantFindings(t *testing.T, r *readers, want ...string) {
	t.Helper()
	var got []string
	for _, item := range r.findings() {
		got = append(got, fmt.Sprint(item.Code, " ", item.Severity, " ", item.Subject))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("findings %q, want %q", got, want)
	}
}

func TestF10_ReaderServiceThatIsAbsentOrRefuses(t *testing.T) {
	r := idle(t)
	wantFindings(t, r, "KZ-107 error ")
	r.observe(reader.Event{Kind: reader.ServiceDown, Err: fmt.Errorf("%w: code 0x8010006a", reader.ErrDenied)})
	wantFindings(t, r, "KZ-109 error ")
	r.observe(reader.Event{Kind: reader.ServiceDown})
	wantFindings(t, r, "KZ-108 error ")
	select {
	case <-r.settled:
	default:
		t.Error("a service that is down is all there is to wait for")
	}
	r.observe(reader.Event{Kind: reader.ServiceUp})
	wantFindings(t, r, "KZ-107 error ")
	r.observe(reader.Event{Kind: reader.Attached, Reader: "one"})
	wantFindings(t, r)
}

func TestReaderThatIsAwayIsFound(t *testing.T) {
	r := idle(t)
	r.observe(reader.Event{Kind: reader.ServiceUp})
	r.observe(reader.Event{Kind: reader.Attached, Reader: "one"})
	r.observe(reader.Event{Kind: reader.Attached, Reader: "two"})
	r.observe(reader.Event{Kind: reader.Detached, Reader: "two"})
	wantFindings(t, r, "KZ-107 warning two")
	r.observe(reader.Event{Kind: reader.Detached, Reader: "one"})
	wantFindings(t, r, "KZ-107 error one", "KZ-107 error two")
	r.forget(r.terminals()[0])
	wantFindings(t, r, "KZ-107 error two")
	r.forget(r.terminals()[0])
	wantFindings(t, r, "KZ-107 error ")
}

func TestServiceThatIsBackIsNotBlamedForItsReader(t *testing.T) {
	r := idle(t)
	r.observe(reader.Event{Kind: reader.ServiceUp, Readers: 1})
	r.observe(reader.Event{Kind: reader.Attached, Reader: "one"})
	r.observe(reader.Event{Kind: reader.Detached, Reader: "one", Err: reader.ErrNoService})
	r.observe(reader.Event{Kind: reader.ServiceDown, Err: reader.ErrNoService})
	wantFindings(t, r, "KZ-108 error ")
	r.observe(reader.Event{Kind: reader.ServiceUp})
	wantFindings(t, r, "KZ-107 error one")
}

// The socket is served once the readers of the start are known, and no moment later.
func TestStartWaitsForTheReadersThatAreThere(t *testing.T) {
	for name, c := range map[string]struct {
		events  []reader.Event
		settled bool
	}{
		"nothing heard":    {nil, false},
		"service down":     {[]reader.Event{{Kind: reader.ServiceDown}}, true},
		"no reader":        {[]reader.Event{{Kind: reader.ServiceUp}}, true},
		"two to come":      {[]reader.Event{{Kind: reader.ServiceUp, Readers: 2}}, false},
		"one came":         {[]reader.Event{{Kind: reader.ServiceUp, Readers: 2}, {Kind: reader.Attached, Reader: "one"}}, false},
		"both came":        {[]reader.Event{{Kind: reader.ServiceUp, Readers: 2}, {Kind: reader.Attached, Reader: "one"}, {Kind: reader.Attached, Reader: "two"}}, true},
		"it went meantime": {[]reader.Event{{Kind: reader.ServiceUp, Readers: 2}, {Kind: reader.ServiceDown}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := idle(t)
			for _, e := range c.events {
				r.observe(e)
			}
			select {
			case <-r.settled:
				if !c.settled {
					t.Error("settled too early")
				}
			default:
				if c.settled {
					t.Error("not settled")
				}
			}
		})
	}
}

func TestF58_TwoReadersThatNothingTellsApartAreBothRefused(t *testing.T) {
	const first, second, slot = "Sony RC-S300 00 00", "Sony RC-S300 01 00", "Sony RC-S300 00 01"
	r := idle(t)
	r.observe(reader.Event{Kind: reader.ServiceUp, Readers: 2})
	r.observe(reader.Event{Kind: reader.Attached, Reader: first})
	r.observe(reader.Event{Kind: reader.Attached, Reader: slot})
	wantFindings(t, r)
	r.observe(reader.Event{Kind: reader.Attached, Reader: second})
	wantFindings(t, r, "KZ-111 error "+first, "KZ-111 error "+second)
	for _, one := range r.terminals() {
		if got := one.reader(); got.Usable != (got.Name == slot) {
			t.Errorf("%+v", got)
		}
	}
	// With one of them gone the other is what the configuration means.
	r.observe(reader.Event{Kind: reader.Detached, Reader: first})
	wantFindings(t, r, "KZ-107 warning "+first)
	if got := r.terminals(); !got[2].reader().Usable {
		t.Errorf("%+v", got[2].reader())
	}
	r.observe(reader.Event{Kind: reader.ServiceDown})
	wantFindings(t, r, "KZ-108 error ")
}

func TestF58_SerialNumberOfTwoReadersIsAmbiguous(t *testing.T) {
	r := idle(t)
	r.single = true
	r.observe(reader.Event{Kind: reader.Attached, Reader: "Dual [PICC] 00 00"})
	wantFindings(t, r)
	r.observe(reader.Event{Kind: reader.Attached, Reader: "Dual [SAM] 01 00"})
	wantFindings(t, r, "KZ-111 error Dual [PICC] 00 00", "KZ-111 error Dual [SAM] 01 00")
}

func TestReaderThatComesBackWhileItIsForgotten(t *testing.T) {
	r := idle(t)
	r.observe(reader.Event{Kind: reader.Attached, Reader: "one"})
	old := r.terminals()[0]
	r.observe(reader.Event{Kind: reader.Arrived, Reader: "one"})
	r.forget(old)
	all := r.terminals()
	if len(all) != 1 || all[0] == old {
		t.Fatalf("got %v", all)
	}
	if now := all[0].reader(); !now.Usable || !now.Present {
		t.Errorf("got %+v", now)
	}
}

func TestHealthRemembersSinceWhen(t *testing.T) {
	items := []api.HealthItem{{Code: fault.ReaderNotFound, Severity: api.SeverityWarning, Subject: "one"}}
	h := &health{find: func() []api.HealthItem { return append([]api.HealthItem{}, items...) }}
	first := h.look()
	if first.State != api.HealthDegraded || first.Items[0].UserMessage.Ja == "" || first.Items[0].Since.IsZero() {
		t.Fatalf("got %+v", first)
	}
	if again := h.look(); !sameHealth(first, again) {
		t.Errorf("got %+v after %+v", again, first)
	}
	items = append(items, api.HealthItem{Code: fault.NoAnchor, Severity: api.SeverityError})
	if worse := h.look(); sameHealth(first, worse) || worse.State != api.HealthFailing {
		t.Errorf("got %+v", worse)
	}
	items = nil
	if good := h.look(); good.State != api.HealthOK || good.Items == nil {
		t.Errorf("got %+v", good)
	}
}

// The text of an error that is not ours may quote what a phone sent.
func TestLoggedDetailsLeaveForeignTextsOut(t *testing.T) {
	foreign := errors.New(`parsing time "山田太郎"`)
	err := fmt.Errorf("receiving: %w", fault.Wrap(fault.MalformedResponse, foreign, "element birth_date"))
	if got := details(err); got != "malformed-response: element birth_date" {
		t.Errorf("got %q", got)
	}
}
