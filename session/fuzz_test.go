package session_test

import (
	"context"
	"testing"
	"testing/synctest"

	"kazashi/reader/vectors"
	"kazashi/session/fault"
	"kazashi/session/holder"
)

// A fuzzed card answers the first commands as an honest phone, and then from the
// fuzzer's bytes. The request is never answered by the phone, so that nothing can
// ever be verified.
type fuzzed struct {
	*holder.Phone
	honest   int
	commands int
	input    []byte
}

func (f *fuzzed) Reset() { f.Phone.Reset() }

func (f *fuzzed) Respond(ctx context.Context, command []byte) ([]byte, error) {
	f.commands++
	if f.commands <= f.honest {
		return f.Phone.Respond(ctx, command)
	}
	// A byte says how long the next answer is, with its status word; at the end of the
	// input everything succeeds and nothing is said.
	if len(f.input) == 0 {
		return []byte{0x90, 0x00}, nil
	}
	n := min(int(f.input[0]), len(f.input)-1)
	answer := f.input[1 : 1+n]
	f.input = f.input[1+n:]
	return append([]byte{}, answer...), nil
}

func FuzzConversation(f *testing.F) {
	shared := []*holder.Phone{phone(f, holder.Options{}), phone(f, holder.Options{Negotiated: true})}
	f.Add(byte(0), []byte{2, 0x6A, 0x82})
	f.Add(byte(3), append([]byte{17}, "\x00\x0f\x20\x00\xff\x00\xff\x04\x06\xe1\x04\x08\x00\x00\xff\x90\x00"...))
	f.Add(byte(atRequest), append([]byte{13}, "\x53\x09\xa1\x66status\x14\x90\x00"...))
	f.Add(byte(atRequest), []byte{5, 0x53, 0x82, 0x10, 0x61, 0x00, 3, 1, 0x61, 0x00, 2, 0x6C, 0x01})
	f.Add(byte(0x80|9), []byte{4, 0, 0, 0x90, 0, 4, 0, 0, 0x90, 0})
	for _, file := range []string{"nfc-apple-wallet-negotiated.json", "nfc-multipaz-static.json"} {
		var recording []byte
		for _, answer := range vectors.Values(f, file, "rapdu") {
			recording = append(append(recording, byte(len(answer))), answer...)
		}
		f.Add(byte(0), recording)
	}
	f.Fuzz(func(t *testing.T, start byte, input []byte) {
		negotiated, honest := start>>7, int(start&0x7F)
		card := &fuzzed{Phone: shared[negotiated], honest: min(honest, []int{atRequest, 10}[negotiated]), input: input}
		synctest.Test(t, func(t *testing.T) {
			r := tap(t, t.Context(), card, short)
			if r.verified != nil || r.err == nil {
				t.Fatal("an answer out of nothing was verified")
			}
			if fault.CodeOf(r.err) == fault.Internal {
				t.Errorf("an error without a code: %v", r.err)
			}
			// The most that an honest side, an empty file of two seconds and the
			// budgets for pieces without headway add up to.
			if card.commands > 800+len(input)/16 {
				t.Errorf("%d commands", card.commands)
			}
		})
	})
}
