package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
	"kazashi/session/verify"
)

// verdictJSON is what `kazashi verify --json` writes.
type verdictJSON struct {
	Verified  bool           `json:"verified"`
	Code      fault.Code     `json:"code"`
	Check     verify.Check   `json:"check"`  // the first that failed, "" when verified
	Detail    string         `json:"detail"` // what was seen, "" when verified
	Documents []documentJSON `json:"documents"`
	Warnings  []warningJSON  `json:"warnings"`
}

// documentJSON is one verified document: the names of its elements by namespace
// and, when they were asked for, the values in the form of the socket. A value
// that has no such form is null. DeviceSigned are the names of those that the
// phone vouches for and not the issuer; no daemon hands them out.
type documentJSON struct {
	DocType      string                                `json:"doc_type"`
	Elements     map[string][]string                   `json:"elements"`
	DeviceSigned map[string][]string                   `json:"device_signed,omitempty"`
	Values       map[string]map[string]json.RawMessage `json:"values,omitempty"`
}

type warningJSON struct {
	Code    fault.Code `json:"code"`
	Name    string     `json:"name"`
	DocType string     `json:"doc_type"`
	Count   int        `json:"count"`
}

func (v *verdict) json(values bool) verdictJSON {
	out := verdictJSON{
		Verified: v.code == fault.OK, Code: v.code, Check: v.check, Detail: v.detail,
		Documents: []documentJSON{}, Warnings: []warningJSON{},
	}
	for _, d := range v.verified.Documents() {
		out.Documents = append(out.Documents, describe(d, values))
	}
	for _, w := range v.warnings {
		out.Warnings = append(out.Warnings, warningJSON{w.Code, w.Code.Slug(), w.DocType, w.Count})
	}
	return out
}

func describe(d verify.Document, values bool) documentJSON {
	out := documentJSON{DocType: d.DocType, Elements: map[string][]string{}}
	if values {
		out.Values = map[string]map[string]json.RawMessage{}
	}
	for _, e := range d.Elements {
		out.Elements[e.Namespace] = append(out.Elements[e.Namespace], e.Identifier)
		if e.DeviceSigned {
			if out.DeviceSigned == nil {
				out.DeviceSigned = map[string][]string{}
			}
			out.DeviceSigned[e.Namespace] = append(out.DeviceSigned[e.Namespace], e.Identifier)
		}
		if !values {
			continue
		}
		if out.Values[e.Namespace] == nil {
			out.Values[e.Namespace] = map[string]json.RawMessage{}
		}
		out.Values[e.Namespace][e.Identifier] = elementValue(e)
	}
	return out
}

// elementValue returns the value in the form of the socket, nil (which is written
// as null) when it has none.
func elementValue(e verify.Element) json.RawMessage {
	value, err := e.AppendJSON(nil)
	if err != nil {
		return nil
	}
	return value
}

// checks says what each check is about.
var checks = map[verify.Check]phrase{
	verify.CheckClock:             {"時刻", "time to judge at"},
	verify.CheckTranscript:        {"セッションの記録", "session transcript"},
	verify.CheckResponse:          {"応答の形式", "form of the answer"},
	verify.CheckStatus:            {"応答のステータス", "status of the answer"},
	verify.CheckDocuments:         {"求めた証明書か", "documents that were asked for"},
	verify.CheckIssuerAuth:        {"発行者署名の形式", "form of the issuer's signature"},
	verify.CheckPath:              {"証明書の経路", "certificate path to a trusted issuer"},
	verify.CheckIssuerSignature:   {"発行者の署名", "issuer's signature"},
	verify.CheckMSO:               {"MSO の形式", "form of the mobile security object"},
	verify.CheckDigests:           {"各要素のダイジェスト", "digest of every element"},
	verify.CheckDocType:           {"docType の一致", "docType is the signed one"},
	verify.CheckValidity:          {"有効期間", "period of validity"},
	verify.CheckIssuingCountry:    {"発行国の一致", "issuing country"},
	verify.CheckRevocation:        {"失効の有無", "revocation lists"},
	verify.CheckDeviceKey:         {"端末の公開鍵", "phone's key"},
	verify.CheckKeyAuthorizations: {"端末署名を許す要素", "elements the phone may vouch for"},
	verify.CheckDeviceAuth:        {"端末による認証", "device authentication"},
	verify.CheckComplete:          {"要素の過不足", "elements that were asked for"},
}

// showVerdict tells people: every check, then the verdict, then what it is about.
// Asked means that a docType was asked for.
func (a *app) showVerdict(v *verdict, at time.Time, asked, values bool) {
	failed := false
	t := a.checkTable()
	for _, c := range verify.Checks() {
		result := checkResults[checkOK]
		switch {
		case failed:
			result = checkResults[checkNotReached]
		case c == v.check:
			result, failed = checkResults[checkFailed], true
		case c == verify.CheckComplete, c == verify.CheckDocuments && !asked:
			result = phrase{"対象外", "skipped"} // what was asked for is not known here
		}
		t.add(string(c), result.in(a.lang), checks[c].in(a.lang))
	}
	a.out.table(t)
	a.out.line(plain, "")
	if v.code == fault.OK {
		a.out.say(good, "", fmt.Sprintf(phrase{
			"検証済み %s (%s 時点)", "verified %s (as of %s)"}.in(a.lang), v.code, at.Format(time.RFC3339)))
	} else {
		text := fmt.Sprintf("%s (%s): %s", v.code, v.code.Slug(), v.detail)
		a.out.hang(phrase{"拒否: ", "rejected: "}.in(a.lang) + text)
		if v.docType != "" {
			a.out.say(plain, "  doc_type: ", v.docType)
		}
		entry := message.Lookup(v.code)
		a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
	}
	for _, d := range v.verified.Documents() {
		a.showDocument(d, values)
	}
	for _, w := range v.warnings {
		a.showWarning(w.Code, w.Count)
	}
}

func (a *app) showDocument(d verify.Document, values bool) {
	a.out.line(plain, "")
	a.out.say(bold, "", d.DocType)
	about := &table{indent: 2}
	about.add(phrase{"発行者", "issuer"}.in(a.lang), d.Issuer.Subject)
	about.add(phrase{"署名", "signed"}.in(a.lang), d.Signed.UTC().Format(time.RFC3339))
	about.add(phrase{"有効期間", "valid"}.in(a.lang),
		d.ValidFrom.UTC().Format(time.RFC3339)+" - "+d.ValidUntil.UTC().Format(time.RFC3339))
	a.out.table(about)
	elements := &table{indent: 2}
	for _, e := range d.Elements {
		row := []string{e.Namespace, e.Identifier}
		if values {
			row = append(row, valueText(a.lang, elementValue(e)))
		}
		if e.DeviceSigned {
			row = append(row, phrase{"端末の自己申告", "says the phone, not the issuer"}.in(a.lang))
		}
		elements.add(row...)
	}
	a.out.table(elements)
}
