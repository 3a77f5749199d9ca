package loopback

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"kazashi/reader"
)

// maxTranscriptLine holds the longest extended APDU in hexadecimal.
const maxTranscriptLine = 1 << 18

// An Exchange is one command and its answer as they went over the air. It holds
// everything that was said: take transcripts of specimen cards only.
type Exchange struct {
	Command []byte
	Answer  []byte // nil when there was none
}

// A Transcript is what was exchanged in one tap, in order.
//
// Its text form has a line for each APDU in hexadecimal, "> " before a command and
// "< " before its answer; empty lines and lines from "#" on are comments.
type Transcript []Exchange

// WriteTo writes the text form.
func (t Transcript) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	for _, x := range t {
		fmt.Fprintf(&b, "> %X\n", x.Command)
		if x.Answer != nil {
			fmt.Fprintf(&b, "< %X\n", x.Answer)
		}
	}
	return b.WriteTo(w)
}

// ReadTranscript reads the text form.
func ReadTranscript(r io.Reader) (Transcript, error) {
	var t Transcript
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTranscriptLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		apdu, err := hex.DecodeString(strings.ReplaceAll(line[1:], " ", ""))
		switch {
		case err != nil:
			return nil, fmt.Errorf("transcript line %d: %w", n, err)
		case line[0] == '>':
			t = append(t, Exchange{Command: apdu})
		case line[0] == '<' && len(t) > 0 && t[len(t)-1].Answer == nil:
			t[len(t)-1].Answer = apdu
		default:
			return nil, fmt.Errorf("transcript line %d: an answer without its command, or neither", n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading transcript: %w", err)
	}
	return t, nil
}

// A Recorder is a card whose exchanges are taken down. It implements
// [reader.Responder].
type Recorder struct {
	card reader.Responder

	mu   sync.Mutex
	taps []Transcript
}

var _ reader.Responder = (*Recorder)(nil)

// Record returns card with a recorder around it.
func Record(card reader.Responder) *Recorder { return &Recorder{card: card} }

// Taps returns a transcript for every time the card was powered up.
func (r *Recorder) Taps() []Transcript {
	r.mu.Lock()
	defer r.mu.Unlock()
	taps := slices.Clone(r.taps)
	for i := range taps {
		taps[i] = slices.Clone(taps[i])
	}
	return taps
}

// Respond implements [reader.Responder].
func (r *Recorder) Respond(ctx context.Context, command []byte) ([]byte, error) {
	said := slices.Clone(command)
	answer, err := r.card.Respond(ctx, command)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.taps) == 0 {
		r.taps = append(r.taps, nil)
	}
	tap := &r.taps[len(r.taps)-1]
	*tap = append(*tap, Exchange{Command: said, Answer: slices.Clone(answer)})
	return answer, err
}

// Reset implements [reader.Responder]. It begins a new transcript.
func (r *Recorder) Reset() {
	r.mu.Lock()
	r.taps = append(r.taps, nil)
	r.mu.Unlock()
	r.card.Reset()
}

// ATR implements [reader.Responder].
func (r *Recorder) ATR() []byte { return r.card.ATR() }

// leaves implements leaver for the card inside.
func (r *Recorder) leaves() bool {
	l, ok := r.card.(leaver)
	return ok && l.leaves()
}

// A Replayer is a card that says what a transcript says. It implements
// [reader.Responder].
type Replayer struct {
	// Match decides whether a command may stand for the recorded one of that
	// index; nil asks for the same bytes. Commands that hold fresh keys differ
	// from tap to tap.
	Match func(index int, recorded, command []byte) bool

	transcript Transcript
	next       int
	err        error
}

var _ reader.Responder = (*Replayer)(nil)

// Replay returns a card that plays t at every tap.
func Replay(t Transcript) *Replayer { return &Replayer{transcript: t} }

// Err returns how the first command differed from the transcript that did, or nil.
// It may be called once the tap is over.
func (r *Replayer) Err() error { return r.err }

// Respond implements [reader.Responder]. A command that the transcript does not
// have there, or has no answer to, is not answered.
func (r *Replayer) Respond(_ context.Context, command []byte) ([]byte, error) {
	n := r.next
	r.next++
	if n >= len(r.transcript) {
		return nil, r.fail(fmt.Errorf("command %d: the transcript ended before it", n))
	}
	x := r.transcript[n]
	match := r.Match
	if match == nil {
		match = func(_ int, recorded, command []byte) bool { return bytes.Equal(recorded, command) }
	}
	if !match(n, x.Command, command) {
		return nil, r.fail(fmt.Errorf("command %d: the transcript has %d other bytes", n, len(x.Command)))
	}
	if x.Answer == nil {
		return nil, fmt.Errorf("%w: after command %d of the transcript", reader.ErrCardRemoved, n)
	}
	return slices.Clone(x.Answer), nil
}

func (r *Replayer) fail(err error) error {
	if r.err == nil {
		r.err = err
	}
	return err
}

// Reset implements [reader.Responder]. It starts from the first exchange.
func (r *Replayer) Reset() { r.next = 0 }

// ATR implements [reader.Responder].
func (r *Replayer) ATR() []byte { return reader.ContactlessATR() }
