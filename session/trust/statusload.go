package trust

import (
	"crypto/x509"
	"slices"

	"kazashi/session/fault"
)

// takeStatusLists reads the status lists, once it is known who may speak: lists of no
// anchor are told from the others, and take nothing from them.
func (l *loader) takeStatusLists(dir string, previous []Installed[*StatusList]) {
	var anchors []*x509.Certificate
	for _, a := range l.set.Anchors {
		anchors = append(anchors, a.Certificate)
	}
	before := make([]Installed[*StatusList], 0, len(previous))
	for _, p := range previous {
		before = append(before, Installed[*StatusList]{p.File, p.List.settled(anchors, l.at)})
	}
	l.set.Lists = loadLists(l, dir, statusFolder, before, func(data []byte) (*StatusList, error) {
		list, err := ParseStatusList(data, l.at)
		if err != nil {
			return nil, err
		}
		return list.settled(anchors, l.at), nil
	}, func(lists []Installed[*StatusList], found Installed[*StatusList]) ([]Installed[*StatusList], error) {
		taken, left, err := takeStatus(lists, found)
		for _, out := range left {
			l.find(Finding{File: out.File, Err: tooMany()})
		}
		return taken, err
	})
}

// The bounds of the lists that count at the same time. The daemon holds two sets while
// it takes in new lists, and lives in 256 MiB.
const (
	maxStatusLists = 256
	maxStatusBytes = 48 << 20
	identifierCost = 64 // of one entry of a map, beside its bytes
)

// size is about how much memory the list takes, in bytes.
func (l *StatusList) size() int {
	n := len(l.statuses)
	for id := range l.identifiers {
		n += len(id) + identifierCost
	}
	return n
}

// takeStatus puts a list in the place of the one with its id, unless that is newer, as
// far as the bounds go. What counts already stays, but that lists of no anchor, the
// last first, make room for one of an anchor; they are returned.
func takeStatus(lists []Installed[*StatusList], found Installed[*StatusList]) (taken, left []Installed[*StatusList], err error) {
	if taken, err = take(slices.Clone(lists), found); err != nil {
		return lists, nil, err
	}
	for i := len(taken) - 1; i >= 0 && found.List.anchor != nil && !fits(taken); i-- {
		if taken[i].List.anchor == nil {
			left = append(left, taken[i])
			taken = append(taken[:i:i], taken[i+1:]...)
		}
	}
	if !fits(taken) {
		return lists, nil, tooMany()
	}
	return taken, left, nil
}

func fits(lists []Installed[*StatusList]) bool {
	n := 0
	for _, l := range lists {
		n += l.List.size()
	}
	return len(lists) <= maxStatusLists && n <= maxStatusBytes
}

func tooMany() error {
	return fault.New(fault.StatusListsTooMany, "at most %d status lists of %d bytes together, inflated", maxStatusLists, maxStatusBytes)
}
