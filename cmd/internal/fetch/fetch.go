// Package fetch brings the lists that trust rests on from where their issuers publish
// them: VICALs, CRLs and status lists, over HTTPS. What was brought is believed no more
// than a file that somebody handed over: package trust verifies and installs it.
//
// An update asks each source once, under limits of time and size, and only for what
// is newer than what it got before (If-None-Match, If-Modified-Since). A source that
// fails takes nothing from the others, and what was installed stays.
package fetch

import (
	"cmp"
	"context"
	"crypto/x509"
	"net/http"
	"slices"
	"time"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

// A Source is one list and where it is published.
type Source struct {
	Name string     // of the source, once in a configuration
	Kind trust.Kind // what it has to be
	URL  string     // of the scheme https; http counts for a loopback address
}

// Options bound an update.
type Options struct {
	Timeout  time.Duration // of one source, from the name's resolution to the last byte
	MaxBytes int           // of one list
	Agent    string        // the User-Agent
	Roots    *x509.CertPool
	// Roots are what servers' certificates lead to; nil stands for the system's.
}

// A Result is what became of one source.
type Result struct {
	Source Source
	// Imported is what was installed, nil when nothing new was.
	Imported *trust.Imported
	// Err is why the source gave nothing, nil when it did or has nothing new. Its codes
	// are KZ-540 to KZ-548 and those of [trust.Import].
	Err error
	// Warnings are what deserves a look although the source is in order: entries of a
	// VICAL that were skipped, or an installed list that is past its time and has no newer.
	Warnings []error
}

// Temporary reports whether the source may give its list at the next try without
// anybody doing anything.
func (r Result) Temporary() bool {
	switch fault.CodeOf(r.Err) {
	case fault.FetchUnreachable, fault.FetchTimeout, fault.FetchTruncated, fault.FetchServerError:
		return true
	}
	return false
}

// order is that of an update: who is named by a VICAL is known before their CRL comes.
var order = []trust.Kind{trust.KindVICAL, trust.KindCRL, trust.KindStatus}

// Update asks every source for its list and installs those that are new, each at once
// or not at all. There is a result for each source, VICALs first.
//
// It ends early, with the results until then, when ctx does, and with KZ-517 when
// nothing can be written.
func Update(ctx context.Context, sources []Source, to trust.Sources, o Options) ([]Result, error) {
	sources = slices.Clone(sources)
	slices.SortStableFunc(sources, func(a, b Source) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	client, held := newClient(o), loadState(to.Dir)
	defer client.CloseIdleConnections()
	results := make([]Result, 0, len(sources))
	for _, source := range sources {
		r := Result{Source: source}
		r.Err = r.update(ctx, client, held, to, o)
		if ctx.Err() != nil {
			return results, ctx.Err()
		}
		if fault.CodeOf(r.Err) == fault.TrustUnwritable {
			return results, r.Err
		}
		results = append(results, r)
	}
	return results, nil
}

func (r *Result) update(ctx context.Context, client *http.Client, held *state, to trust.Sources, o Options) error {
	known, file := held.known(r.Source)
	answer, err := get(ctx, client, r.Source.URL, known, o)
	if err != nil {
		return err
	}
	now := time.Now()
	if answer.unchanged {
		r.Warnings = stale(to, file, now)
		return nil
	}
	kind, err := trust.KindOf(answer.body)
	if err != nil {
		return err
	}
	if kind != r.Source.Kind {
		return fault.New(fault.FetchKind, "the source is said to hold a list of kind %s and holds one of kind %s", r.Source.Kind, kind)
	}
	imported, err := trust.Import(to, answer.body, now)
	if err != nil {
		return err
	}
	r.Warnings = warnings(imported)
	if !imported.Unchanged {
		r.Imported = imported
	}
	return held.keep(r.Source, answer, imported.File)
}

// stale tells of an installed list that is past its time.
func stale(to trust.Sources, file string, now time.Time) []error {
	for _, f := range trust.Load(to, nil, now).Findings(now) {
		if f.File == file && fault.CodeOf(f.Err) == fault.TrustStale {
			return []error{f.Err}
		}
	}
	return nil
}

// warnings are what is wrong with parts of a list that is right as a whole.
func warnings(i *trust.Imported) []error {
	var found []error
	if i.VICAL != nil {
		for _, s := range i.VICAL.Skipped {
			found = append(found, fault.Wrap(fault.CodeOf(s.Err), s.Err, "entry %d %s", s.Entry, s.Name))
		}
	}
	return found
}
