package cli

import (
	"fmt"
	"slices"
	"strings"

	"kazashi/cmd/internal/message"
	"kazashi/transport/api"
)

// showHealth writes what the daemon finds wrong, each code once and errors first.
func (a *app) showHealth(items []api.HealthItem) {
	var groups [][]api.HealthItem
	for _, item := range items {
		i := slices.IndexFunc(groups, func(g []api.HealthItem) bool { return g[0].Code == item.Code })
		if i < 0 {
			groups = append(groups, []api.HealthItem{item})
			continue
		}
		groups[i] = append(groups[i], item)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(x, y api.HealthItem) int { return rank(x) - rank(y) })
	}
	slices.SortStableFunc(groups, func(x, y []api.HealthItem) int { return rank(x[0]) - rank(y[0]) })
	for _, g := range groups {
		a.showHealthGroup(g)
	}
}

// rank sorts errors before warnings.
func rank(item api.HealthItem) int {
	if item.Severity == api.SeverityError {
		return 0
	}
	return 1
}

// showHealthGroup writes the items of one code, at least one.
func (a *app) showHealthGroup(items []api.HealthItem) {
	tone, severity := warn, phrase{"注意", "warning"}
	if rank(items[0]) == 0 {
		tone, severity = bad, phrase{"異常", "error"}
	}
	code := items[0].Code
	text := fmt.Sprintf("%s (%s)", code, code.Slug())
	var seen []string
	for _, same := range byDetail(items) {
		var subjects []string
		for _, item := range same {
			if item.Subject != "" && !slices.Contains(subjects, item.Subject) {
				subjects = append(subjects, item.Subject)
			}
		}
		one := strings.Join(subjects, ", ")
		if detail := a.lang.spoken(same[0].Detail); detail != "" {
			one += ": " + detail
		}
		seen = append(seen, one)
	}
	a.out.line(plain, "")
	if len(seen) == 1 {
		if seen[0] != "" && !strings.HasPrefix(seen[0], ": ") {
			text += " "
		}
		a.out.say(tone, severity.in(a.lang)+": ", text+seen[0])
	} else {
		a.out.say(tone, severity.in(a.lang)+": ", text)
		for _, s := range seen {
			a.out.say(plain, "  ", strings.TrimPrefix(s, ": "))
		}
	}
	entry := message.Lookup(code)
	a.explain(a.out, "  ", phrase(entry.Cause), phrase(entry.Remedy))
}

// byDetail puts together the items that differ in their subject alone.
func byDetail(items []api.HealthItem) [][]api.HealthItem {
	var groups [][]api.HealthItem
	for _, item := range items {
		i := slices.IndexFunc(groups, func(g []api.HealthItem) bool { return g[0].Detail == item.Detail })
		if i < 0 {
			groups = append(groups, []api.HealthItem{item})
			continue
		}
		groups[i] = append(groups[i], item)
	}
	return groups
}
