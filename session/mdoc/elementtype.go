package mdoc

import (
	"errors"
	"fmt"
	"time"

	"kazashi/session/wire"
)

// ErrElementType means that an element has another type than its namespace gives
// it. Its texts name the kind of CBOR that was met, never the value.
var ErrElementType = errors.New("element of the wrong type")

// An elementType is one type of the standard's tables and what belongs to it.
type elementType struct {
	name  string // as the standard writes it
	holds func(value wire.Raw) bool
}

// The types. Dates are taken with either tag and without, as issuers write them.
var (
	tstr     = elementType{"tstr", func(v wire.Raw) bool { return v.Head().Major == wire.Text }}
	bstr     = elementType{"bstr", func(v wire.Raw) bool { return v.Head().Major == wire.Bytes }}
	unsigned = elementType{"uint", func(v wire.Raw) bool { return v.Head().Major == wire.Unsigned }}
	boolean  = elementType{"bool", func(v wire.Raw) bool { _, ok := v.Head().Bool(); return ok }}
	date     = elementType{"full-date or tdate", isDate}
	// ISO/IEC 23220-2 lets a mask stand beside the date of birth, in a map.
	dateOrMap = elementType{"full-date, tdate or map", func(v wire.Raw) bool { return v.Head().Major == wire.Map || isDate(v) }}
	// Its sex is a number of ISO/IEC 5218, which some issuers write as text.
	unsignedOrText = elementType{"uint or tstr", func(v wire.Raw) bool { return unsigned.holds(v) || tstr.holds(v) }}
	privileges     = elementType{"array of maps", isArrayOfMaps}
)

// elementTypes are the elements whose types are known: those of ISO/IEC 18013-5,
// table 5, and those of the My Number Card. age_over_NN is a bool in each of these
// namespaces.
var elementTypes = map[string]map[string]elementType{
	NamespaceDrivingLicence: {
		"family_name": tstr, "given_name": tstr, "birth_date": date, "issue_date": date, "expiry_date": date,
		"issuing_country": tstr, "issuing_authority": tstr, "document_number": tstr, "portrait": bstr,
		"driving_privileges": privileges, "un_distinguishing_sign": tstr, "administrative_number": tstr,
		"sex": unsigned, "height": unsigned, "weight": unsigned, "eye_colour": tstr, "hair_colour": tstr,
		"birth_place": tstr, "resident_address": tstr, "portrait_capture_date": date,
		"age_in_years": unsigned, "age_birth_year": unsigned, "issuing_jurisdiction": tstr, "nationality": tstr,
		"resident_city": tstr, "resident_state": tstr, "resident_postal_code": tstr, "resident_country": tstr,
		"family_name_national_character": tstr, "given_name_national_character": tstr, "signature_usual_mark": bstr,
	},
	NamespaceMyNumberCard: {
		"full_name_unicode": tstr, "resident_address_unicode": tstr, "local_gov_code_unicode": tstr,
		"portrait": bstr, "sex_unicode": tstr, "birth_date_unicode": tstr,
	},
	NamespaceISO23220: {"sex": unsignedOrText, "birth_date": dateOrMap, "age_in_years": unsigned},
}

// CheckElementType refuses an element whose value has another type than its
// namespace gives it with [ErrElementType]. Elements and namespaces that are not
// known pass. value is one well-formed item.
func CheckElementType(namespace, identifier string, value wire.Raw) error {
	known, ok := elementTypes[namespace]
	if !ok {
		return nil
	}
	want, ok := known[identifier]
	if _, age := AgeThreshold(identifier); age {
		want, ok = boolean, true
	}
	if !ok || want.holds(value) {
		return nil
	}
	return fmt.Errorf("%w: %s where %s belongs", ErrElementType, value.Head().Major, want.name)
}

// The tags of dates, RFC 8949 and RFC 8943.
const (
	tagDateTime = 0
	tagFullDate = 1004
)

// isDate reports whether a value is a day of the calendar, with a time or without.
func isDate(v wire.Raw) bool {
	h, rest, err := wire.ReadHead(v)
	if err == nil && h.Major == wire.Tag && (h.Arg == tagDateTime || h.Arg == tagFullDate) {
		h, rest, err = wire.ReadHead(rest)
	}
	if err != nil || h.Major != wire.Text || h.Arg != uint64(len(rest)) {
		return false
	}
	return isDateText(string(rest))
}

// isDateText reports whether a text is a full-date or date-time of RFC 3339, which
// both begin with the day, YYYY-MM-DD.
func isDateText(text string) bool {
	if _, err := wire.ParseFullDate(text); err == nil {
		return true
	}
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

func isArrayOfMaps(v wire.Raw) bool {
	h, rest, err := wire.ReadHead(v)
	if err != nil || h.Major != wire.Array {
		return false
	}
	for range h.Arg {
		if wire.Raw(rest).Head().Major != wire.Map {
			return false
		}
		if rest, err = wire.Skip(rest); err != nil {
			return false
		}
	}
	return true
}
