package session_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kazashi/reader"
	"kazashi/reader/apdu"
	"kazashi/session"
	"kazashi/session/holder"
)

// Every round trip costs the customer 3 to 29 ms. This is the least that the
// protocol allows with static handover and extended APDUs.
func TestTapTakesTheFewestAPDUs(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{}), func(tap *session.Tap) { tap.Request = withPortrait() })
	if r.err != nil {
		t.Fatal(r.err)
	}
	least := []string{
		"select-ndef-application",     // the tag is reached by its AID only
		"select-capability-container", // which has no short file identifier
		"read-capability-container",   // it names the NDEF file
		"select-ndef-file",
		"read-ndef-message",       // its length and the message in one
		"select-mdoc-application", // the other AID
		"envelope",                // the request, and in its answer the whole response
		"envelope",                // the end of the session
	}
	if diff := cmp.Diff(least, r.steps()); diff != "" {
		t.Error(diff)
	}
}

// With short APDUs the same messages take as many more as their length makes
// necessary, and not one beyond that.
func TestShortTapTakesTheFewestAPDUs(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{}), short, func(tap *session.Tap) { tap.Request = withPortrait() })
	if r.err != nil {
		t.Fatal(r.err)
	}
	const envelope, getResponse = 0xc3, 0xc0
	var commands, answers, sent, received int
	exchanges := r.recorded.Taps()[0]
	for _, e := range exchanges[:len(exchanges)-1] { // the last one ends the session
		c, err := apdu.ParseCommand(e.Command)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := apdu.ParseResponse(e.Answer)
		if err != nil {
			t.Fatal(err)
		}
		if c.INS == envelope {
			commands++
			sent += len(c.Data)
		}
		if c.INS == getResponse || c.INS == envelope && c.Expected > 0 {
			answers++
			received += len(answer.Data)
		}
	}
	if want := up(sent, reader.ShortLimits.CommandData); commands != want {
		t.Errorf("%d bytes of request in %d commands, want %d", sent, commands, want)
	}
	if want := up(received, reader.ShortLimits.ResponseData); answers != want {
		t.Errorf("%d bytes of response in %d answers, want %d", received, answers, want)
	}
	t.Logf("%d APDUs for %d bytes of request and %d of response", len(exchanges), sent, received)
}

// up is how many pieces of a size something takes.
func up(length, size int) int { return (length + size - 1) / size }
