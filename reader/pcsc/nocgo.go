//go:build !cgo

package pcsc

import (
	"fmt"

	"kazashi/reader"
)

// Supported tells whether this build can talk to PC/SC.
const Supported = false

// installed stands for the library that this build does without.
var installed library = absent{}

var statusLane = make(chan struct{}, 1)

type absent struct{}

func (absent) establish() (service, error) {
	return nil, fmt.Errorf("%w: built without PC/SC", reader.ErrUnsupported)
}
