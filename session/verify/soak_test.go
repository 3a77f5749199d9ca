package verify

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

var (
	mutants     = flag.Int("mutants", 2000, "how many spoiled answers TestSoak_Mutants judges")
	mutantsSeed = flag.Uint64("mutants.seed", 18013, "seed of TestSoak_Mutants")
)

// TestSoak_Mutants spoils valid answers at random: My Number Cards and licences, with
// signature and MAC. What still verifies says the same, to the byte, as the answer
// that was spoiled. Where a mutant is changed depends on the seed and its number alone,
// whatever the number of processors; one that should not have verified is printed, and
// the keys are always the same, so that it can be judged again.
func TestSoak_Mutants(t *testing.T) {
	for _, document := range []string{"mnc", "mdl"} {
		for _, authentication := range []string{"signature", "mac"} {
			t.Run(document+" "+authentication, func(t *testing.T) {
				l := newFixedLab(t)
				s := &soak{lab: l, mac: authentication == "mac"}
				d := s.draft(t, document, "a")
				s.valid, s.donor = l.answer(t, d), l.answer(t, s.draft(t, document, "b"))
				s.requested = all(d)
				s.requested.Documents[0].DocType = d.docType
				verified, err := l.verify(s.valid, s.requested)
				if err != nil {
					t.Fatal(err)
				}
				s.want = testimony(verified)
				s.run(t, *mutants/4)
			})
		}
	}
}

// A soak is one valid answer and what came of its mutants.
type soak struct {
	*lab
	mac bool
	// donor is another person's, from the same issuer, phone and session, so that the
	// signature of the phone fits both: it covers no element.
	valid, donor []byte
	requested    *mdoc.Request
	want         string

	same atomic.Int64 // mutants that verified, and said the same
	mu   sync.Mutex
	why  map[fault.Code]int
}

// draft is of one of two people, whose answers have the same lengths.
func (s *soak) draft(t *testing.T, document, person string) *draft {
	d := s.lab.draft(t)
	d.mac = s.mac
	day := map[string]string{"a": "1971-09-01", "b": "1989-03-31"}[person]
	d.attributes = []attribute{
		{ns, "full_name_unicode", "見本　花子" + person},
		{ns, "resident_address_unicode", person + "県△△市□□町１−２−３"},
		{ns, "portrait", []byte("\xff\xd8\xff\xe0 no picture of " + person)},
		{nsISO, "birth_date", wire.FullDate(day)},
		{nsISO, "age_over_20", person == "a"},
	}
	if document == "mdl" {
		d.docType, d.mso.DocType = mdoc.DocTypeDrivingLicence, mdoc.DocTypeDrivingLicence
		for i := range d.attributes {
			d.attributes[i].namespace = mdoc.NamespaceDrivingLicence
		}
		d.attributes = append(d.attributes, attribute{mdoc.NamespaceDrivingLicence, "issuing_country", "JP"},
			attribute{mdoc.NamespaceDrivingLicence, "driving_privileges", []any{map[string]string{"vehicle_category_code": person}}})
	}
	return d
}

// testimony is all that a caller learns of who somebody is, in one comparable text.
func testimony(v *Verified) string {
	var lines []string
	for _, d := range v.Documents() {
		lines = append(lines, fmt.Sprintf("%q %+v %s %s %s %t", d.DocType, d.Issuer, d.Signed, d.ValidFrom, d.ValidUntil, d.Specimen))
		for _, e := range d.Elements {
			lines = append(lines, fmt.Sprintf("%q %q %x %t", e.Namespace, e.Identifier, e.Raw, e.DeviceSigned))
		}
	}
	slices.Sort(lines) // items may have changed places
	return strings.Join(lines, "\n")
}

// run judges mutants 0 to n-1, and tells every five seconds how far it is.
func (s *soak) run(t *testing.T, n int) {
	s.why = map[fault.Code]int{}
	begin := time.Now()
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			why := map[fault.Code]int{}
			for i := next.Add(1) - 1; i < int64(n) && !t.Failed(); i = next.Add(1) - 1 {
				s.judge(t, uint64(i), why)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for code, count := range why {
				s.why[code] += count
			}
		})
	}
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	progress := time.NewTicker(5 * time.Second)
	defer progress.Stop()
	for running := true; running; {
		select {
		case <-progress.C:
			t.Logf("%d of %d mutants, %d verified and said the same", min(next.Load(), int64(n)), n, s.same.Load())
		case <-done:
			running = false
		}
	}
	var codes []string
	for _, code := range slices.Sorted(maps.Keys(s.why)) {
		codes = append(codes, fmt.Sprintf("%s %d", code.Slug(), s.why[code]))
	}
	t.Logf("%d mutants of %d bytes in %s: %d verified and said the same; refused: %s",
		n, len(s.valid), time.Since(begin).Round(time.Millisecond), s.same.Load(), strings.Join(codes, ", "))
	if refused := n - int(s.same.Load()); n > 100 && refused < n*9/10 && !t.Failed() {
		t.Errorf("%d of %d mutants were refused: too little of the answer is protected, or too little was spoiled", refused, n)
	}
}

// judge makes one mutant and holds its verdict against the valid answer's.
func (s *soak) judge(t *testing.T, number uint64, why map[fault.Code]int) {
	mutant := s.mutant(rand.New(rand.NewPCG(*mutantsSeed, number)))
	verified, err := s.verify(mutant, s.requested)
	switch {
	case err != nil && verified != nil:
		t.Errorf("mutant %d: verified and refused", number)
	case err != nil:
		code := fault.CodeOf(err)
		if code == fault.Internal || code == fault.OK {
			t.Errorf("mutant %d: refused with %s: %v", number, code, err)
		}
		why[code]++
	case testimony(verified) != s.want:
		t.Errorf("mutant %d verified, and says other than what was issued: %x", number, mutant)
	default:
		s.same.Add(1)
	}
}

// heads begin CBOR items of many kinds.
var heads = []byte{0x00, 0x18, 0x1b, 0x20, 0x40, 0x41, 0x58, 0x5f, 0x60, 0x78, 0x80, 0x82, 0x9f, 0xa0, 0xa2, 0xbf, 0xc0, 0xd8, 0xf4, 0xf5, 0xf6, 0xf7, 0xff}

// mutant returns the valid answer with one to three changes; it never is that answer.
func (s *soak) mutant(r *rand.Rand) []byte {
	for {
		b := bytes.Clone(s.valid)
		for range 1 + r.IntN(3) {
			b = s.change(r, b)
		}
		if !bytes.Equal(b, s.valid) {
			return b
		}
	}
}

func (s *soak) change(r *rand.Rand, b []byte) []byte {
	if len(b) < 2 {
		return append(b, byte(r.Uint32()))
	}
	at := r.IntN(len(b))
	n := min(1+r.IntN(64), len(b)-at)
	switch r.IntN(10) {
	case 0, 1: // a bit
		b[at] ^= 1 << r.IntN(8)
	case 2: // a byte
		b[at] = byte(r.Uint32())
	case 3:
		b[at] = heads[r.IntN(len(heads))]
	case 4: // a length or a number that is off by one
		b[at]++
	case 5: // a piece is gone
		b = slices.Delete(b, at, at+n)
	case 6: // a piece is there twice
		b = slices.Insert(b, r.IntN(len(b)), bytes.Clone(b[at:at+n])...)
	case 7: // two pieces have changed places
		to := r.IntN(len(b) - n + 1)
		piece := bytes.Clone(b[at : at+n])
		copy(b[at:at+n], b[to:to+n])
		copy(b[to:to+n], piece)
	case 8: // a piece of the other person's answer, short or long
		n = min(1+r.IntN(len(s.donor)/4), len(b)-at, max(0, len(s.donor)-at))
		copy(b[at:at+n], s.donor[min(at, len(s.donor)):])
	case 9: // cut, or longer
		if r.IntN(2) == 0 {
			return b[:at]
		}
		for range n {
			b = append(b, byte(r.Uint32()))
		}
	}
	return b
}
