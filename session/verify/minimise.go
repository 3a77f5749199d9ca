package verify

import (
	"strings"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// name is an element's place in a document.
type name struct{ namespace, identifier string }

// minimise keeps what was asked for. What was not is cleared in memory, counted
// and dropped; the individual number always is, whoever asked. What is missing
// fails the document.
func (d *examination) minimise() error {
	wanted, missing := d.wanted()
	var forbidden, unasked int
	for _, e := range d.elements {
		retain, ok := wanted[name{e.Namespace, e.Identifier}]
		switch {
		case e.Identifier == mdoc.IndividualNumber:
			forbidden++
			clear(e.Raw)
		case !ok:
			unasked++
			clear(e.Raw)
		default:
			e.Retain = retain
			d.out.Elements = append(d.out.Elements, e)
		}
	}
	if forbidden > 0 {
		d.warn(fault.ForbiddenElementReceived, forbidden)
	}
	if unasked > 0 {
		d.warn(fault.UnaskedElements, unasked)
	}
	if len(missing) > 0 {
		return fault.New(fault.Incomplete, "without %s", strings.Join(missing, ", "))
	}
	if d.in.Requested == nil {
		return nil
	}
	return presentable(d.out.Elements)
}

// wanted returns the elements of the document that answer the request, each with
// IntentToRetain, and what of the request nothing answers.
func (d *examination) wanted() (wanted map[name]bool, missing []string) {
	wanted = map[name]bool{}
	if d.in.Requested == nil {
		for _, e := range d.elements {
			wanted[name{e.Namespace, e.Identifier}] = false
		}
		return wanted, nil
	}
	for _, document := range d.in.Requested.Documents {
		if document.DocType != d.document.DocType {
			continue
		}
		for _, r := range document.Elements {
			identifier, ok := d.answer(r)
			if !ok {
				missing = append(missing, r.Identifier)
				continue
			}
			n := name{r.Namespace, identifier}
			wanted[n] = wanted[n] || r.Retain
		}
	}
	return wanted, missing
}

// answer returns which element answers a request: the one of that name or, for
// age_over_NN, of the attestations that settle the question, the nearest (clause
// 7.2.5).
func (d *examination) answer(r mdoc.ElementRequest) (string, bool) {
	if r.Identifier == mdoc.IndividualNumber {
		return "", false
	}
	age, isAge := mdoc.AgeThreshold(r.Identifier)
	attested, names := map[int]bool{}, map[int]string{}
	for _, e := range d.elements {
		if e.Namespace != r.Namespace {
			continue
		}
		if e.Identifier == r.Identifier {
			return e.Identifier, true
		}
		nn, ok := mdoc.AgeThreshold(e.Identifier)
		if over, isBool := wire.Raw(e.Raw).Head().Bool(); ok && isBool {
			attested[nn], names[nn] = over, e.Identifier
		}
	}
	nearest, known := mdoc.NearestAge(age, attested)
	return names[nearest], isAge && known
}

// presentable refuses an element that was asked for and has no form in the API:
// better here than when the kiosk comes to claim it.
func presentable(kept []Element) error {
	for _, e := range kept {
		json, err := e.AppendJSON(nil)
		clear(json)
		if err != nil {
			return fault.Wrap(fault.MalformedResponse, err, "element %s", e.Identifier)
		}
	}
	return nil
}
