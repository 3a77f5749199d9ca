package verify

import (
	"cmp"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

// A Policy says what becomes of a document of which it is undetermined whether it
// was revoked. One that is known to be revoked never passes.
type Policy uint8

// The policies.
const (
	// AcceptUnlisted lets a document pass of which no list speaks: its MSO names
	// none, and no CRL of its IACA is installed. Where a list should speak of it and
	// is stale, missing or damaged, the document is refused.
	AcceptUnlisted Policy = iota
	// AcceptUndetermined lets it pass with a warning.
	AcceptUndetermined
	// RejectUndetermined refuses it, also when no list speaks of it.
	RejectUndetermined
)

// checkRevocation refuses a document that is revoked (KZ-451), as buildPath does one
// whose signer is (KZ-509), and by policy what may be, either of them (KZ-452).
func (d *examination) checkRevocation() error {
	status, err := d.mso.RevocationStatus()
	if err != nil {
		return err
	}
	r := cmp.Or(d.verifier.Trust, &trust.Store{}).Revocation(d.path, status, d.now)
	d.out.Revocation = r.State
	switch {
	case r.State == trust.Valid:
		return nil
	case r.State == trust.Revoked:
		return r.Err
	case d.verifier.Undetermined == RejectUndetermined, d.verifier.Undetermined != AcceptUndetermined && r.Listed:
		return r.Err
	case r.Listed:
		d.warn(fault.RevocationUndetermined, 0)
	}
	return nil
}
