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
	wantFindings(t, r, "KZ-107 warning one", "KZ-107 warning two", "KZ-107 error ")
	r.forget(r.terminals()[0])
	wantFindings(t, r, "KZ-107 warning two", "KZ-107 error ")
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
