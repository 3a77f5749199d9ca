package session_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/holder"
)

// The commands of a tap without chaining, by number.
const (
	atInitialMessage = 4
	atSelectMdoc     = 5
	atRequest        = 6
	atTermination    = 7
)

// short makes a tap use short APDUs only.
func short(t *session.Tap) { t.Card = limited{t.Card, reader.ShortLimits} }

func TestF02_CardPulledMidAPDU(t *testing.T) {
	for n := range atTermination + 1 {
		for name, f := range map[string]loopback.Fault{
			"removed": loopback.RemoveAt(n), "empty answer": loopback.ShortAt(n, 0), "half a status word": loopback.ShortAt(n, 1),
		} {
			r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{}), f))
			if n == atTermination {
				if r.err != nil {
					t.Errorf("%s at the last command: %v", name, r.err)
				}
				continue
			}
			if fault.CodeOf(r.err) != fault.CardRemoved || session.RequestSent(r.err) != (n == atRequest) {
				t.Errorf("%s at command %d: %v, asked %t", name, n, r.err, session.RequestSent(r.err))
			}
			if taps := r.recorded.Taps(); len(taps[0]) > n+1 {
				t.Errorf("%s at command %d: %d commands to a card that has gone", name, n, len(taps[0]))
			}
		}
	}
}

func TestF03_CardPulledMidAnswer(t *testing.T) {
	whole := tap(t, t.Context(), phone(t, holder.Options{}), short)
	if whole.err != nil {
		t.Fatal(whole.err)
	}
	steps := whole.steps()
	first, last := slices.Index(steps, "get-response"), len(steps)-2 // then comes the termination
	if last-first < 3 || steps[last] != "get-response" {
		t.Fatalf("no chain to be pulled out of: %v", steps)
	}
	for n := first; n <= last; n++ {
		r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{}), loopback.RemoveAt(n)), short)
		if fault.CodeOf(r.err) != fault.CardRemoved || !session.RequestSent(r.err) {
			t.Errorf("pulled at command %d: %v", n, r.err)
		}
	}
	r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{}), loopback.RemoveAfter(last)), short)
	if r.err != nil {
		t.Errorf("pulled between the answer and the termination: %v", r.err)
	}
}

func TestF06_SlowCard(t *testing.T) {
	run := func(name string, deadline time.Duration, want fault.Code, took time.Duration, o holder.Options, faults ...loopback.Fault) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				start := time.Now()
				r := tap(t, ctx, loopback.WithFaults(phone(t, o), faults...))
				if fault.CodeOf(r.err) != want {
					t.Errorf("got %v, want %s", r.err, want.Slug())
				}
				if d := time.Since(start); d > took {
					t.Errorf("took %s", d)
				}
				again := tap(t, t.Context(), phone(t, holder.Options{}))
				if again.err != nil {
					t.Errorf("the next tap: %v", again.err)
				}
			})
		})
	}
	var slow []loopback.Fault
	for n := range atTermination + 1 {
		slow = append(slow, loopback.DelayAt(n, 100*time.Millisecond))
	}
	run("100 ms a command", time.Minute, fault.OK, time.Second, holder.Options{}, slow...)
	for n := range atRequest {
		run(fmt.Sprintf("never answers command %d", n), time.Minute, fault.CardTimeout, session.DefaultStepTimeout, holder.Options{}, loopback.MuteAt(n))
	}
	run("consent after 50 s", time.Minute, fault.OK, 51*time.Second, holder.Options{Consent: 50 * time.Second})
	run("consent never", time.Minute, fault.ConsentTimeout, time.Minute, holder.Options{Consent: time.Hour})
	run("never answers the termination", time.Minute, fault.OK, time.Second, holder.Options{}, loopback.MuteAt(atTermination))
	run("deadline in the handover", time.Second, fault.CardTimeout, time.Second, holder.Options{}, loopback.MuteAt(2))
}

func TestTapEndsWithTheCauseOfItsContext(t *testing.T) {
	cause := fault.New(fault.PresentationExpired, "armed for too long")
	for _, o := range []holder.Options{{Consent: time.Hour}, {Consent: time.Hour, Negotiated: true}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() { cancel(cause) })
			r := tap(t, ctx, phone(t, o))
			if fault.CodeOf(r.err) != fault.PresentationExpired || !session.RequestSent(r.err) {
				t.Errorf("got %v", r.err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := func(tap *session.Tap) {
		observe := tap.Observe
		tap.Observe = func(e session.Event) {
			observe(e)
			if e.Phase == session.Receiving {
				cancel()
			}
		}
	}
	r := tap(t, ctx, phone(t, holder.Options{}), short, stop)
	if fault.CodeOf(r.err) != fault.PresentationCancelled {
		t.Errorf("cancelled between two commands: %v", r.err)
	}
	taps := r.recorded.Taps()
	if last := taps[0][len(taps[0])-1].Command; !strings.Contains(string(last), "status\x14") {
		t.Errorf("a phone that can still hear was not told the end: %x", last)
	}
}

func TestF13_AnswersThatLeadNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		at     int
		answer []byte
		want   fault.Code
		in     string // of the error text
	}{
		"handover refused":       {atInitialMessage - 1, []byte{0x6A, 0x82}, fault.UnexpectedStatus, "select-ndef-file: "},
		"application refused":    {atSelectMdoc, []byte{0x69, 0x85}, fault.PhoneLocked, "select-mdoc-application: unlock-and-retap: mdoc application answered 6985"},
		"application broken":     {atSelectMdoc, []byte{0x6F, 0x00}, fault.UnexpectedStatus, "select-mdoc-application: unexpected-status: mdoc application answered 6F00"},
		"request declined":       {atRequest, []byte{0x69, 0x85}, fault.Declined, "envelope: declined: envelope answered 6985"},
		"request refused":        {atRequest, []byte{0x6F, 0x00}, fault.UnexpectedStatus, "envelope: unexpected-status: envelope answered 6F00"},
		"nothing for an answer":  {atRequest, []byte{0x90, 0x00}, fault.MalformedTransfer, "envelope: "},
		"61XX with nothing more": {atRequest, []byte{0x61, 0x10}, fault.Declined, "get-response: declined: get-response answered 6985"},
		"no session data":        {atRequest, []byte{0x53, 0x01, 0xA0, 0x90, 0x00}, fault.MalformedSessionData, "receiving: "},
		"status 10":              {atRequest, append([]byte{0x53, 9, 0xA1, 0x66}, "status\x0a\x90\x00"...), fault.SessionEncryptionStatus, "receiving: "},
		"status 11":              {atRequest, append([]byte{0x53, 9, 0xA1, 0x66}, "status\x0b\x90\x00"...), fault.SessionDecodingStatus, "receiving: "},
		"status 99":              {atRequest, append([]byte{0x53, 10, 0xA1, 0x66}, "status\x18\x63\x90\x00"...), fault.UnknownSessionStatus, "receiving: "},
	} {
		r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{}), loopback.ReplaceAt(c.at, c.answer)))
		if fault.CodeOf(r.err) != c.want || !strings.Contains(r.err.Error(), c.in) {
			t.Errorf("%s: %v", name, r.err)
		}
	}
}

func TestF14_AnswerOverTheCap(t *testing.T) {
	for _, change := range []func(*session.Tap){short, func(*session.Tap) {}} {
		r := tap(t, t.Context(), phone(t, holder.Options{}), change, func(tap *session.Tap) { tap.MaxAnswer = 500 })
		if fault.CodeOf(r.err) != fault.MessageTooLarge {
			t.Errorf("got %v", r.err)
		}
	}
	// The phone gives all it has, whatever it was asked for.
	long := func(answer []byte) []byte { return append(answer[:len(answer)-2:len(answer)-2], make([]byte, 300)...) }
	r := tap(t, t.Context(), loopback.WithFaults(phone(t, holder.Options{}), loopback.ChangeAt(2, func(a []byte) []byte {
		return append(long(a), 0x90, 0x00)
	})))
	if r.err == nil || r.summary().Overlong != 1 {
		t.Errorf("an answer longer than asked: %v, %d counted", r.err, r.summary().Overlong)
	}
}

func TestF19_LockedPhone(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{Scenario: holder.LockedPhone}))
	if fault.CodeOf(r.err) != fault.PhoneLocked || session.RequestSent(r.err) || len(r.steps()) != 1 {
		t.Errorf("%v after %v", r.err, r.steps())
	}
}

func TestF20_NoCommonTransport(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{Scenario: holder.BLEOnly}))
	if fault.CodeOf(r.err) != fault.NoCommonTransport || !strings.Contains(r.err.Error(), "the phone offers BLE, this terminal has NFC") {
		t.Errorf("got %v", r.err)
	}
}

func TestF20_RecordedPhonesWantBluetooth(t *testing.T) {
	dir := os.Getenv("MDOC_VECTORS")
	if dir == "" {
		t.Skip("MDOC_VECTORS is not set: recordings of phones are not part of this repository")
	}
	for _, name := range []string{"nfc-apple-wallet-negotiated.json", "nfc-multipaz-static.json"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Answers []struct{ RAPDU string } `json:"rapdus"`
		}
		if err := json.Unmarshal(raw, &v); err != nil || len(v.Answers) == 0 {
			t.Fatalf("%s: %d answers, %v", name, len(v.Answers), err)
		}
		var script loopback.Transcript
		for _, a := range v.Answers {
			answer, err := hex.DecodeString(a.RAPDU)
			if err != nil {
				t.Fatal(err)
			}
			script = append(script, loopback.Exchange{Answer: answer})
		}
		card := loopback.Replay(script)
		card.Match = func(int, []byte, []byte) bool { return true }
		synctest.Test(t, func(t *testing.T) {
			r := tap(t, t.Context(), card)
			if fault.CodeOf(r.err) != fault.NoCommonTransport || len(r.steps()) != len(script) {
				t.Errorf("%s: %v after %d commands", name, r.err, len(r.steps()))
			}
		})
	}
}

func TestF25_GarbageThatDecrypts(t *testing.T) {
	r := tap(t, t.Context(), phone(t, holder.Options{Scenario: holder.GarbledAnswer}))
	if fault.CodeOf(r.err) != fault.MalformedResponse {
		t.Errorf("got %v", r.err)
	}
}

func TestF38_DeviceAuthenticationOfAnother(t *testing.T) {
	for _, scenario := range []holder.Scenario{holder.WrongDeviceKey, holder.OtherSession} {
		for mac, want := range map[bool]fault.Code{false: fault.DeviceSignatureInvalid, true: fault.DeviceMACInvalid} {
			r := tap(t, t.Context(), phone(t, holder.Options{Scenario: scenario, MAC: mac}))
			if fault.CodeOf(r.err) != want {
				t.Errorf("%s, MAC %t: %v", scenario, mac, r.err)
			}
		}
	}
}

// A failing card answers every command with an error.
type failing struct{ err error }

func (f failing) Transmit(context.Context, []byte) ([]byte, error) { return nil, f.err }
func (failing) Limits() reader.Limits                              { return reader.ShortLimits }
func (failing) Close() error                                       { return nil }

func TestReaderErrorsHaveTheirCodes(t *testing.T) {
	for err, want := range map[error]fault.Code{
		reader.ErrCardRemoved: fault.CardRemoved, reader.ErrCardMute: fault.CardUnresponsive, reader.ErrCardReset: fault.CardReset,
		reader.ErrTransmission: fault.TransmissionFailed, reader.ErrTimeout: fault.CardTimeout, reader.ErrBusy: fault.ReaderBusy,
		reader.ErrNoReader: fault.ReaderNotFound, reader.ErrNoService: fault.ReaderServiceDown, reader.ErrDenied: fault.ReaderServiceDenied,
		fmt.Errorf("%w: %w", reader.ErrNoService, reader.ErrTimeout): fault.ReaderServiceHung,
		reader.ErrUnsupported: fault.ReaderUnsupported, errors.New("something else"): fault.Internal,
	} {
		wrapped := fmt.Errorf("adapter: %w", err)
		_, got := session.Run(t.Context(), session.Tap{Card: failing{wrapped}, Request: residence(), Verifier: verifier(pki())})
		if fault.CodeOf(got) != want || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
		if code := fault.CodeOf(session.Coded(wrapped)); code != want {
			t.Errorf("%v outside of a tap: %s", err, code.Slug())
		}
	}
	if session.Coded(nil) != nil {
		t.Error("no error has a code")
	}
	if _, err := session.Run(t.Context(), session.Tap{}); fault.CodeOf(err) != fault.Internal {
		t.Errorf("an empty tap: %v", err)
	}
	if _, err := session.Run(t.Context(), session.Tap{Card: failing{reader.ErrBusy}, Verifier: verifier(pki())}); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("a tap that asks for nothing: %v", err)
	}
}
