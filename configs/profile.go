package configs

import (
	"embed"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-viper/mapstructure/v2"

	"kazashi/session/fault"
	"kazashi/session/intake"
)

// A Profile says what may be asked in a presentation: one docType, its elements,
// and whether any of them is kept.
type Profile struct {
	// Name is the file's name without ".yaml": lower-case words joined by hyphens.
	Name      string     `mapstructure:"name"`
	Title     Text       `mapstructure:"title"`
	DocType   string     `mapstructure:"doc_type"`
	Elements  []Element  `mapstructure:"elements"`
	Retention *Retention `mapstructure:"retention"`
	// Evidence hands out with a claim what an independent check of the answer needs.
	// That holds every element that was asked for, so all of them must be retained.
	Evidence bool `mapstructure:"evidence"`
	// Undetermined says what becomes of a document of which it cannot be told whether
	// it was revoked: one of the constants below, or empty for UndeterminedUnlisted.
	Undetermined string `mapstructure:"revocation_undetermined"`
}

// What becomes of a document of which revocation is undetermined.
const (
	// UndeterminedUnlisted accepts it when it names no list and no CRL of its issuer is
	// installed, and refuses it when a list that should speak of it is stale, missing
	// or damaged.
	UndeterminedUnlisted = "unlisted"
	UndeterminedAccept   = "accept" // with a warning
	UndeterminedReject   = "reject" // also when no list speaks of it
)

// An Element is one data element that is asked for.
type Element struct {
	Namespace  string `mapstructure:"namespace"`
	Identifier string `mapstructure:"element"`
	// Label is what the kiosk's screen calls the element.
	Label Text `mapstructure:"label"`
	// Retain is the intent to retain of ISO/IEC 18013-5 8.3.2.1.2.1: that the
	// value is kept longer than the transaction needs it.
	Retain bool `mapstructure:"retain"`
}

// A Retention says why and how long retained elements are kept. A profile has
// one exactly when it retains an element.
type Retention struct {
	Purpose Text `mapstructure:"purpose"`
	Days    int  `mapstructure:"days"`
}

// A Text is one text in the two languages of the terminal.
type Text struct {
	Ja string `mapstructure:"ja"`
	En string `mapstructure:"en"`
}

//go:embed profiles/*.yaml
var shipped embed.FS

// Shipped returns the profiles that come with the terminal as files, named like
// age-over-20.yaml.
func Shipped() fs.FS {
	dir, err := fs.Sub(shipped, "profiles")
	if err != nil {
		panic(err) // the path is a constant that the build embeds
	}
	return dir
}

// LoadProfiles reads every *.yaml file of dir, ordered by name. An empty dir
// stands for the shipped profiles; another one replaces them all, so that what may
// be asked is what stands in one directory.
//
// Errors carry fault.ConfigUnreadable, fault.ProfileInvalid, or
// fault.ElementForbidden for a profile that asks for the individual number.
func LoadProfiles(dir string) ([]Profile, error) {
	results, err := CheckProfiles(dir)
	if err != nil {
		return nil, err
	}
	profiles := make([]Profile, 0, len(results))
	for _, r := range results {
		if r.Err != nil {
			return nil, r.Err
		}
		profiles = append(profiles, *r.Profile)
	}
	return profiles, nil
}

// A ProfileResult is what one file of profiles holds: a profile, or an error as
// [LoadProfiles] returns it.
type ProfileResult struct {
	File    string
	Profile *Profile // nil with an error
	Err     error
}

// CheckProfiles reads like [LoadProfiles] and goes on after a file that is wrong.
// Its place is a directory, a single file, or empty for the shipped profiles. It
// fails only where there is no file to read at all.
func CheckProfiles(place string) ([]ProfileResult, error) {
	files, shown := Shipped(), "profiles"
	read := func(name string) ([]byte, error) { return fs.ReadFile(files, name) }
	if place != "" {
		files, shown = os.DirFS(place), place
		read = func(name string) ([]byte, error) { return intake.File(filepath.Join(place, name), maxFile) }
		info, err := os.Stat(place)
		if err != nil {
			return nil, fault.Wrap(fault.ConfigUnreadable, err, "reading profiles")
		}
		if !info.IsDir() {
			content, err := intake.File(place, maxFile)
			return []ProfileResult{profileOf(place, content, err)}, nil
		}
		if _, err := os.ReadDir(place); err != nil { // which Glob keeps to itself
			return nil, fault.Wrap(fault.ConfigUnreadable, err, "reading profiles")
		}
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, fault.Wrap(fault.ConfigUnreadable, err, "reading profiles")
	}
	if len(names) == 0 {
		return nil, fault.New(fault.ConfigUnreadable, "%s: holds no profile (*.yaml)", shown)
	}
	results := make([]ProfileResult, 0, len(names))
	for _, name := range names {
		content, err := read(name)
		results = append(results, profileOf(path.Join(shown, name), content, err))
	}
	return results, nil
}

// profileOf reads the content of one file, which errors call by the name shown.
func profileOf(shown string, content []byte, err error) ProfileResult {
	r := ProfileResult{File: shown}
	if err != nil {
		r.Err = fault.Wrap(fault.ConfigUnreadable, err, "reading profile")
		return r
	}
	r.Profile, r.Err = parseProfile(shown, content)
	if r.Err != nil {
		r.Profile = nil
	}
	return r
}

func parseProfile(name string, content []byte) (*Profile, error) {
	d, err := parse(name, content, reflect.TypeFor[Profile](), fault.ProfileInvalid)
	if err != nil {
		return nil, err
	}
	raw := map[string]any{}
	if d.root != nil {
		if err := d.root.Decode(&raw); err != nil {
			return nil, fault.Wrap(fault.ProfileInvalid, err, "%s", name)
		}
	}
	var p Profile
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: &p, ErrorUnused: true,
	})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "%s", name)
	}
	if err := decoder.Decode(raw); err != nil {
		return nil, fault.Wrap(fault.ProfileInvalid, err, "%s", name)
	}
	if err := p.forbidden(d); err != nil {
		return nil, err
	}
	if err := p.validate(d); err != nil {
		return nil, err
	}
	return &p, p.unretained(d)
}

// unretained refuses evidence that would hold what the phone was told is not kept:
// an answer is signed as a whole, and whoever keeps it keeps every element in it.
func (p *Profile) unretained(d *document) error {
	var found problems
	for i, e := range p.Elements {
		if key := "elements[" + itoa(i) + "]"; p.Evidence && !e.Retain {
			found.add(d, key, d.lines[key], "evidence would hold %s, which is not retained", e.Identifier)
		}
	}
	return found.fault(fault.EvidenceNotRetained)
}

// individualNumber is part of every name that the individual number (個人番号)
// could be asked under. Japanese law lets no kiosk ask for it.
const individualNumber = "individual_number"

// Forbidden reports whether an element is one that no profile may ask for, in
// whatever namespace it stands.
func Forbidden(identifier string) bool {
	return strings.Contains(strings.ToLower(identifier), individualNumber)
}

func (p *Profile) forbidden(d *document) error {
	var found problems
	for i, e := range p.Elements {
		if key := "elements[" + itoa(i) + "].element"; Forbidden(e.Identifier) {
			found.add(d, key, d.lines[key], "%s is never asked for", e.Identifier)
		}
	}
	return found.fault(fault.ElementForbidden)
}

var (
	words      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	dotted     = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$`)
	identifier = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

const (
	maxElements = 64
	maxName     = 128
	maxDays     = 3650
)

func (p *Profile) validate(d *document) error {
	var found problems
	wrong := func(key, format string, args ...any) { found.add(d, key, d.lines[key], format, args...) }
	both := func(key string, t Text) {
		if t.Ja == "" || t.En == "" || utf8.RuneCountInString(t.Ja) > maxName || len(t.En) > maxName {
			wrong(key, "needs a text in ja and in en, at most %d characters", maxName)
		}
	}
	file := strings.TrimSuffix(path.Base(d.name), ".yaml")
	if !words.MatchString(p.Name) || len(p.Name) > maxName || p.Name != file {
		wrong("name", "%q must be the name of the file, in lower-case words joined by hyphens", p.Name)
	}
	both("title", p.Title)
	if !dotted.MatchString(p.DocType) || len(p.DocType) > maxName {
		wrong("doc_type", "%q is no docType", p.DocType)
	}
	if len(p.Elements) == 0 || len(p.Elements) > maxElements {
		wrong("elements", "needs 1 to %d elements", maxElements)
	}
	if !slices.Contains([]string{"", UndeterminedUnlisted, UndeterminedAccept, UndeterminedReject}, p.Undetermined) {
		wrong("revocation_undetermined", "%q is none of unlisted, accept, reject", p.Undetermined)
	}
	retains := false
	for i, e := range p.Elements {
		key := "elements[" + itoa(i) + "]"
		if !dotted.MatchString(e.Namespace) || len(e.Namespace) > maxName {
			wrong(key+".namespace", "%q is no namespace", e.Namespace)
		}
		if !identifier.MatchString(e.Identifier) || len(e.Identifier) > maxName {
			wrong(key+".element", "%q is no element identifier", e.Identifier)
		}
		if slices.ContainsFunc(p.Elements[:i], func(o Element) bool {
			return o.Namespace == e.Namespace && o.Identifier == e.Identifier
		}) {
			wrong(key, "%s is asked for twice", e.Identifier)
		}
		both(key+".label", e.Label)
		retains = retains || e.Retain
	}
	switch {
	case retains && p.Retention == nil:
		wrong("retention", "missing: an element is retained, so its purpose and days must be said")
	case !retains && p.Retention != nil:
		wrong("retention", "given, but no element is retained")
	case p.Retention != nil:
		both("retention.purpose", p.Retention.Purpose)
		if p.Retention.Days < 1 || p.Retention.Days > maxDays {
			wrong("retention.days", "%d is not between 1 and %d", p.Retention.Days, maxDays)
		}
	}
	return found.fault(fault.ProfileInvalid)
}

func itoa(i int) string { return strconv.Itoa(i) }
