package verify

import (
	"crypto"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
)

// A prospect is what the phone's half of a document comes to, found out before its
// turn: the signature of the phone takes as long as all that stands before it, and
// there is a second processor. Nothing in it is believed before the check in whose
// turn it is, and none of its errors is told before: whichever is ready first, the
// first failure in the standard's order is the one that counts.
type prospect struct {
	mso       *mdoc.MobileSecurityObject
	msoErr    error
	key       crypto.PublicKey
	keyErr    error
	signature *pending // nil where it is to be checked in its turn
}

// lookAhead reads the MSO, which nobody has verified yet, and starts to check the
// phone's signature with the key in it. A MAC waits for its turn: the reader's key
// does nothing for a document that no issuer vouches for.
func (d *examination) lookAhead() {
	p := &d.prospect
	if p.mso, p.msoErr = mdoc.ParseMSO(d.issuerAuth.Payload); p.msoErr != nil {
		return
	}
	if p.key, p.keyErr = cose.ParseKey(p.mso.DeviceKeyInfo.DeviceKey); p.keyErr != nil {
		return
	}
	auth := d.document.DeviceSigned.DeviceAuth
	if auth.Signature == nil || auth.MAC != nil {
		return
	}
	key := p.key
	p.signature = start(func() error { return d.verifySignature(key) })
}

// wait returns when nothing is going on behind the examination's back any more.
func (p *prospect) wait() {
	if p.signature != nil {
		<-p.signature.done
	}
}

// A pending check is made by another goroutine.
type pending struct {
	done chan struct{} // closed when the rest is set
	err  error
	// panicked is what it panicked with, nil when it did not.
	panicked any
}

func start(check func() error) *pending {
	// Until it has returned, it has failed.
	p := &pending{done: make(chan struct{}), err: fault.New(fault.Internal, "a check that did not end")}
	go func() {
		defer close(p.done)
		defer func() { p.panicked = recover() }()
		p.err = check()
	}()
	return p
}

// result waits for the check, and returns or panics as it would have here: who
// recovers from a panic of a tap recovers from this one too.
func (p *pending) result() error {
	<-p.done
	if p.panicked != nil {
		panic(p.panicked)
	}
	return p.err
}
