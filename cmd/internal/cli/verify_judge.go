package cli

import (
	"encoding/asn1"
	"errors"
	"strings"
	"time"

	"kazashi/configs"
	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/trust"
	"kazashi/session/verify"
)

// evidence is what `kazashi verify` judges.
type evidence struct {
	response   []byte
	transcript []byte
	anchors    []trust.Anchor
	readerKey  *seal.Private // nil when none was given
	docType    string        // what was asked for, "" for anything
	options    trust.Options
	policy     verify.Policy
}

// policies are those of a profile's revocation_undetermined.
var policies = map[string]verify.Policy{
	configs.UndeterminedAccept: verify.AcceptUndetermined, configs.UndeterminedUnlisted: verify.AcceptUnlisted,
	configs.UndeterminedReject: verify.RejectUndetermined,
}

// readEvidence reads all input files. Only the response may hold anything: what
// is wrong with it is for the verdict.
func readEvidence(order verifyOrder, trustFiles []string, at time.Time) (*evidence, error) {
	// Whoever calls names the authorities, invented ones too.
	in := &evidence{docType: order.docType, options: trust.Options{AcceptSpecimen: true}}
	var err error
	var known bool
	if in.policy, known = policies[order.policy]; !known {
		return nil, fault.New(fault.Usage, "--undetermined %q is none of accept, unlisted and reject", order.policy)
	}
	if in.options.SignerUsages, err = parseUsages(order.usages); err != nil {
		return nil, err
	}
	if in.response, err = readFile(order.response, maxResponseFile); err != nil {
		return nil, err
	}
	if in.transcript, err = readTranscript(order.transcript); err != nil {
		return nil, err
	}
	for _, name := range trustFiles {
		data, err := readFile(name, maxPEMFile)
		if err != nil {
			return nil, err
		}
		anchors, err := trust.ParsePEM(data)
		if err != nil {
			return nil, fault.New(fault.TrustFileInvalid, "%s: %s", name, detailOf(err))
		}
		in.anchors = append(in.anchors, anchors...)
	}
	if in.options.Revocations, err = trust.ReadRevocations(order.lists, in.anchors, at); err != nil {
		return nil, fault.New(fault.TrustFileInvalid, "--lists: %s", detailOf(err))
	}
	if order.readerKey != "" {
		if in.readerKey, err = readReaderKey(order.readerKey); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// A verdict is what came of an answer.
type verdict struct {
	code     fault.Code
	check    verify.Check // the one that failed
	docType  string       // of the document that failed, as the phone wrote it
	detail   string
	verified *verify.Verified // nil when rejected
	warnings []verify.Warning
}

func (v *verdict) wipe() { v.verified.Wipe() }

// judge goes through all checks as of a time. It consumes the response.
func (in *evidence) judge(at time.Time) *verdict {
	if err := in.checkDocType(); err != nil {
		clear(in.response)
		return rejected(err)
	}
	verifier := &verify.Verifier{
		Trust: trust.NewStore(in.anchors, in.options),
		Now:   func() time.Time { return at },
		// By default a warning tells where a list should speak and none does.
		Undetermined: in.policy,
	}
	input := verify.Input{Response: in.response, Transcript: in.transcript}
	if in.readerKey != nil {
		input.ReaderKey = in.readerKey
	}
	verified, err := verifier.Verify(input)
	if err != nil {
		return rejected(err)
	}
	return &verdict{code: fault.OK, verified: verified, warnings: verified.Warnings()}
}

// checkDocType holds the documents against the docType that was asked for. Which
// elements were asked for is not known here, so that the verifier cannot do it.
func (in *evidence) checkDocType() error {
	if in.docType == "" {
		return nil
	}
	response, err := mdoc.ParseDeviceResponse(in.response)
	if err != nil || response.Status != 0 {
		return nil //nolint:nilerr // the verifier says what is wrong
	}
	found := false
	for _, d := range response.Documents {
		if d.DocType != in.docType {
			return &verify.Failure{Check: verify.CheckDocuments, Document: d.DocType,
				Err: fault.New(fault.DocumentUnexpected, "%q where %q was asked for", d.DocType, in.docType)}
		}
		found = true
	}
	if !found {
		return &verify.Failure{Check: verify.CheckDocuments,
			Err: fault.New(fault.DocumentMissing, "no document %q", in.docType)}
	}
	return nil
}

func rejected(err error) *verdict {
	v := &verdict{code: fault.CodeOf(err), detail: detailOf(err)}
	var failure *verify.Failure
	if errors.As(err, &failure) {
		v.check, v.docType, v.warnings = failure.Check, failure.Document, failure.Warnings
	}
	return v
}

// parseUsages reads the extended key usages of document signers by docType.
func parseUsages(flags []string) (map[string][]asn1.ObjectIdentifier, error) {
	usages := map[string][]asn1.ObjectIdentifier{}
	for _, flag := range flags {
		docType, list, ok := strings.Cut(flag, "=")
		if !ok || docType == "" {
			return nil, fault.New(fault.Usage, "--signer-usages %q is not DOCTYPE=OID", flag)
		}
		for text := range strings.SplitSeq(list, ",") {
			id, err := trust.ParseUsage(text)
			if err != nil {
				return nil, fault.New(fault.Usage, "--signer-usages: %v", err)
			}
			usages[docType] = append(usages[docType], id)
		}
	}
	return usages, nil
}
