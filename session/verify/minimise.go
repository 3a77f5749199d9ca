package verify

import (
	"errors"
	"slices"
	"strings"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// MaxJSON is how long the values that were asked for may be together, in the form
// of the API and in bytes.
const MaxJSON = mdoc.MaxValueJSON

// minimise keeps what was asked for and the issuer signed. What was not is cleared
// in memory, counted and dropped, and so is what the phone says of itself; the
// individual number always is, whoever asked. What is missing fails the document.
func (d *examination) minimise() error {
	answers, err := d.answers()
	if err != nil {
		return err
	}
	var unasked, otherAge int
	d.out.Elements = slices.Grow(d.out.Elements, len(d.elements))
	for i, e := range d.elements {
		switch {
		case e.Identifier == mdoc.IndividualNumber: // of which alarms has told
			clear(e.Raw)
			continue
		case len(answers[i]) == 0:
			unasked++
			clear(e.Raw)
		}
		for _, r := range answers[i] {
			if r.Identifier != e.Identifier {
				otherAge++
			}
			d.out.Elements = append(d.out.Elements, Element{
				Namespace: e.Namespace, Identifier: r.Identifier, Raw: e.Raw, Retain: r.Retain, DeviceSigned: e.DeviceSigned,
			})
		}
	}
	slices.SortStableFunc(d.out.Elements, func(a, b Element) int { return strings.Compare(a.Namespace, b.Namespace) })
	for _, w := range []struct {
		code  fault.Code
		count int
	}{{fault.UnaskedElements, unasked}, {fault.AgeByOtherAttestation, otherAge}} {
		if w.count > 0 {
			d.warn(w.code, w.count)
		}
	}
	if err := d.checkTypes(); err != nil || d.in.Requested == nil {
		return err
	}
	return d.presentable()
}

// answers returns, by the index of each element, which requests it answers. What
// of the request nothing answers is an error.
func (d *examination) answers() ([][]mdoc.ElementRequest, error) {
	answers := make([][]mdoc.ElementRequest, len(d.elements))
	if d.in.Requested == nil {
		for i, e := range d.elements {
			answers[i] = []mdoc.ElementRequest{{Namespace: e.Namespace, Identifier: e.Identifier}}
		}
		return answers, nil
	}
	var missing []string
	for _, document := range d.in.Requested.Documents {
		if document.DocType != d.document.DocType {
			continue
		}
		for _, r := range document.Elements {
			i, err := d.answer(r)
			if err != nil {
				return nil, err
			}
			if i < 0 {
				var codes []int64
				if code, told := d.document.Errors[r.Namespace][r.Identifier]; told {
					codes = []int64{code}
				}
				missing = append(missing, r.Identifier+errorCodes(codes))
				continue
			}
			if twice := slices.IndexFunc(answers[i], func(o mdoc.ElementRequest) bool { return o.Identifier == r.Identifier }); twice >= 0 {
				answers[i][twice].Retain = answers[i][twice].Retain || r.Retain
				continue
			}
			answers[i] = append(answers[i], r)
		}
	}
	if len(missing) > 0 {
		return nil, fault.New(fault.Incomplete, "without %s", strings.Join(missing, ", "))
	}
	return answers, nil
}

// answer returns the index of the element that answers a request, -1 for none.
// What the phone signed itself answers nothing: it would pass for the issuer's.
func (d *examination) answer(r mdoc.ElementRequest) (int, error) {
	if r.Identifier == mdoc.IndividualNumber {
		return -1, nil
	}
	if age, ok := mdoc.AgeThreshold(r.Identifier); ok {
		return d.answerAge(r, age)
	}
	return slices.IndexFunc(d.elements, func(e Element) bool {
		return !e.DeviceSigned && e.Namespace == r.Namespace && e.Identifier == r.Identifier
	}), nil
}

// answerAge answers a request for age_over_NN: with the element of that name or,
// of the attestations that settle the question, the nearest (clause 7.2.5). Its
// value is the answer under either name. Which one it was says more than the
// answer may, so that no error or warning names it.
func (d *examination) answerAge(r mdoc.ElementRequest, age int) (int, error) {
	attested, index := map[int]bool{}, map[int]int{}
	for i, e := range d.elements {
		nn, isAge := mdoc.AgeThreshold(e.Identifier)
		if !isAge || e.DeviceSigned || e.Namespace != r.Namespace {
			continue
		}
		over, isBool := wire.Raw(e.Raw).Head().Bool()
		switch {
		case isBool:
			attested[nn], index[nn] = over, i
		case nn == age:
			return -1, fault.New(fault.ElementMalformed, "%s is no boolean", r.Identifier)
		}
	}
	if mdoc.AgesContradict(attested) {
		return -1, fault.New(fault.AgesContradict, "the attestations of age contradict each other")
	}
	if nearest, known := mdoc.NearestAge(age, attested); known {
		return index[nearest], nil
	}
	return -1, nil
}

// presentable refuses an element that was asked for and has no form in the API,
// and more than a kiosk can be given: better here than when it comes to claim it.
func (d *examination) presentable() error {
	for _, e := range d.out.Elements {
		n, err := mdoc.ValueJSONLen(e.Identifier, e.Raw)
		d.size += n
		switch {
		case errors.Is(err, mdoc.ErrValueSize), d.size > MaxJSON:
			return fault.New(fault.ResponseTooLarge, "element %s makes it more than %d bytes of json", e.Identifier, MaxJSON)
		case err != nil:
			return fault.Wrap(fault.ElementMalformed, err, "element %s", e.Identifier)
		}
	}
	return nil
}

// checkTypes holds what is handed on against the types of its namespace: what a
// kiosk reads as a name, a date or a picture has to be one. To somebody who looks at
// a document it is a warning.
func (d *examination) checkTypes() error {
	wrong := 0
	for _, e := range d.out.Elements {
		err := mdoc.CheckElementType(e.Namespace, e.Identifier, e.Raw)
		switch {
		case err != nil && d.in.Requested != nil:
			return fault.Wrap(fault.ElementMalformed, err, "element %s", e.Identifier)
		case err != nil:
			wrong++
		}
	}
	if wrong > 0 {
		d.warn(fault.ElementMalformed, wrong)
	}
	return nil
}
