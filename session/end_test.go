package session

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"kazashi/session/fault"
	"kazashi/session/seal"
)

// A parting is a transport that keeps what is said in farewell.
type parting struct {
	transport
	said []byte
}

func (p *parting) farewell(_ context.Context, message []byte) { p.said = message }

// The status with which a session ends says what went wrong, clause 9.1.1.4:
// 10 for what encryption cannot go on from, 11 for what cannot be decoded, 20 for all
// else. A counter that has no number left cannot be had in a tap.
func TestF24_StatusThatEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want seal.Status
	}{
		"sound":                {nil, seal.StatusTermination},
		"does not decrypt":     {fault.New(fault.SessionDecryption, ""), seal.StatusEncryptionError},
		"no counter left":      {fault.New(fault.CounterExhausted, ""), seal.StatusEncryptionError},
		"malformed session":    {fault.New(fault.MalformedSessionData, ""), seal.StatusDecodingError},
		"malformed answer":     {fault.New(fault.MalformedResponse, ""), seal.StatusTermination},
		"an error of no code":  {errors.New("x"), seal.StatusTermination},
		"a document not taken": {fault.New(fault.Expired, ""), seal.StatusTermination},
	} {
		p := new(parting)
		r := &run{link: new(link), asked: true, transport: p}
		r.end(t.Context(), c.err)
		if !bytes.Equal(p.said, seal.EncodeStatus(c.want)) {
			t.Errorf("%s: said %x", name, p.said)
		}
	}
	for name, r := range map[string]*run{
		"not asked": {link: new(link)}, "the phone has ended it": {link: new(link), asked: true, over: true},
		"the phone is gone": {link: &link{dead: true}, asked: true},
	} {
		p := new(parting)
		r.transport = p
		if r.end(t.Context(), nil); p.said != nil {
			t.Errorf("%s: said %x", name, p.said)
		}
	}
}
