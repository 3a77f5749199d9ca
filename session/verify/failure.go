package verify

import "kazashi/session/fault"

// A Check is the stable name of one step of the verification.
type Check string

// The checks, in the order in which they are made; those from CheckIssuerAuth on
// for one document after the other.
const (
	CheckClock             Check = "clock"
	CheckTranscript        Check = "session-transcript"
	CheckResponse          Check = "response-format"
	CheckStatus            Check = "response-status"
	CheckDocuments         Check = "documents-asked"
	CheckIssuerAuth        Check = "issuer-auth-format"
	CheckPath              Check = "certificate-path"
	CheckIssuerSignature   Check = "issuer-signature"
	CheckMSO               Check = "mso-format"
	CheckDigests           Check = "digests"
	CheckDocType           Check = "doctype"
	CheckValidity          Check = "validity"
	CheckIssuingCountry    Check = "issuing-country"
	CheckRevocation        Check = "revocation"
	CheckDeviceKey         Check = "device-key"
	CheckKeyAuthorizations Check = "key-authorizations"
	CheckDeviceAuth        Check = "device-authentication"
	CheckComplete          Check = "elements-asked"
)

// Checks returns all checks in their order.
func Checks() []Check {
	checks := []Check{CheckClock, CheckTranscript, CheckResponse, CheckStatus, CheckDocuments}
	for _, s := range steps {
		checks = append(checks, s.check)
	}
	return checks
}

// A Failure is the first check that failed. It holds element names, never values;
// fault.CodeOf finds its code.
type Failure struct {
	Check Check
	// Document is the docType as the phone wrote it, "" for checks of the whole
	// answer. It is not part of the text.
	Document string
	Err      error // a *fault.Error
	// Warnings is what was odd besides, up to the check that failed, as
	// [Verified.Warnings] would have told it. That the individual number came unasked
	// (KZ-901) stands here wherever the answer failed; of one that could not be read,
	// without docType and count.
	Warnings []Warning
}

func (f *Failure) Error() string { return string(f.Check) + ": " + f.Err.Error() }

// Unwrap returns the fault.
func (f *Failure) Unwrap() error { return f.Err }

// Code returns the fault's code.
func (f *Failure) Code() fault.Code { return fault.CodeOf(f.Err) }

func fail(check Check, err error) *Failure { return &Failure{Check: check, Err: err} }
