// Package conversation drives a protocol over a card. A [Machine] is the
// reader's half of one protocol without any I/O: an answer in, the next command
// or the end out. [Loop.Run] is the one place where machines meet a card.
package conversation

import (
	"context"
	"fmt"
	"time"

	"kazashi/reader"
	"kazashi/reader/apdu"
)

// A Machine is the reader's half of a protocol.
type Machine interface {
	// Next takes the answer to the last step (nil for the first call) and returns
	// the next step. A nil step is the end; what was reached then stands in the
	// machine. After an error the machine is not used again.
	Next(answer *apdu.Response) (*Step, error)
}

// A Step is one command that a machine wants sent.
type Step struct {
	Name    string // stable and lower case, such as "select-ndef-application"
	Command apdu.Command
	// Wait passes before the command is sent (TNEP's minimum waiting time).
	Wait time.Duration
	// Consent marks a command whose answer the phone may hold back until its
	// holder agrees: only the deadline of the tap ends it.
	Consent bool
}

// An Exchange is one step as it went, for traces and progress. It holds no
// payload.
type Exchange struct {
	Step     string
	INS      byte
	Header   [4]byte // CLA, INS, P1, P2
	Sent     int     // bytes of the command APDU
	Received int     // bytes of the response APDU, status word included
	SW       apdu.Status
	Took     time.Duration
	// Overlong marks an answer with more data than was asked for.
	Overlong bool
}

// A Loop runs machines over one card.
type Loop struct {
	Card reader.Card
	// StepTimeout bounds each step that waits for no consent.
	StepTimeout time.Duration
	// Observe, when set, is told of every finished exchange.
	Observe func(Exchange)
}

// A StepError says at which step a conversation ended, and unwraps to the cause.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string { return fmt.Sprintf("%s: %v", e.Step, e.Err) }

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// Run drives m until it ends. Errors of the card and of the machine come back as
// a [*StepError].
func (l *Loop) Run(ctx context.Context, m Machine) error {
	step, err := m.Next(nil)
	name := "start"
	for {
		if err != nil {
			return &StepError{Step: name, Err: err}
		}
		if step == nil {
			return nil
		}
		name = step.Name
		var answer apdu.Response
		if answer, err = l.exchange(ctx, step); err != nil {
			return &StepError{Step: name, Err: err}
		}
		step, err = m.Next(&answer)
	}
}

func (l *Loop) exchange(ctx context.Context, step *Step) (apdu.Response, error) {
	command, err := step.Command.Bytes()
	if err != nil {
		return apdu.Response{}, err
	}
	// A card that is not spoken to is still alive, and can be told the end.
	if err := ctx.Err(); err != nil {
		return apdu.Response{}, err
	}
	if step.Wait > 0 {
		select {
		case <-time.After(step.Wait):
		case <-ctx.Done():
			return apdu.Response{}, ctx.Err()
		}
	}
	if !step.Consent && l.StepTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.StepTimeout)
		defer cancel()
	}
	start := time.Now()
	raw, err := l.Card.Transmit(ctx, command)
	if err != nil {
		return apdu.Response{}, err
	}
	answer, err := apdu.ParseResponse(raw)
	if err != nil {
		// No status word: this is how a card that left mid-command looks from here.
		return apdu.Response{}, fmt.Errorf("%w: %w", reader.ErrCardRemoved, err)
	}
	if l.Observe != nil {
		l.Observe(Exchange{
			Step: step.Name, INS: step.Command.INS, Header: [4]byte(command), Sent: len(command), Received: len(raw),
			SW: answer.SW, Took: time.Since(start),
			Overlong: len(answer.Data) > step.Command.Expected,
		})
	}
	return answer, nil
}
