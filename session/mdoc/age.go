package mdoc

import (
	"strconv"
	"strings"
)

// AgeThreshold returns NN of an element age_over_NN, two digits.
func AgeThreshold(identifier string) (int, bool) {
	nn, ok := strings.CutPrefix(identifier, "age_over_")
	if !ok || len(nn) != 2 || strings.Trim(nn, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(nn)
	return n, err == nil
}

// AgeOver says whether a holder has reached an age, from attestations age_over_NN
// of any NN, clause 7.2.5: who is over an older age is over this one, who is not
// over a younger age is not. known is false when the attestations tell neither,
// or both, which no honest issuer attests.
func AgeOver(age int, attested map[int]bool) (over, known bool) {
	var yes, no bool
	for nn, reached := range attested {
		yes = yes || reached && nn >= age
		no = no || !reached && nn <= age
	}
	return yes && !no, yes != no
}

// AgesContradict says whether somebody is said to be over one age and not over it
// or a younger one.
func AgesContradict(attested map[int]bool) bool {
	oldest, youngest := -1, 100
	for nn, reached := range attested {
		if reached {
			oldest = max(oldest, nn)
		} else {
			youngest = min(youngest, nn)
		}
	}
	return oldest >= youngest
}

// NearestAge returns which of the attestations answers a request for an age in the
// way of clause 7.2.5: of those that settle it, the nearest. known is as for
// [AgeOver].
func NearestAge(age int, attested map[int]bool) (nn int, known bool) {
	over, known := AgeOver(age, attested)
	if !known {
		return 0, false
	}
	best := -1
	for nn, reached := range attested {
		if reached != over || over && nn < age || !over && nn > age {
			continue
		}
		if best < 0 || max(nn-age, age-nn) < max(best-age, age-best) {
			best = nn
		}
	}
	return best, true
}
