//go:build !linux

package pcsctest

import (
	"errors"
	"os"
	"testing"

	"kazashi/reader"
)

var errUnavailable = errors.New("namespaces are Linux's")

// Main is the TestMain of a package whose tests call [Start].
func Main(m *testing.M, after ...func() error) { os.Exit(run(m, after)) }

// A Service is a private pcscd; there is none on this system.
type Service struct{}

// A Card is a card in a slot of the virtual reader.
type Card struct{}

// Reader returns the name that pcscd gives to one of vpcd's slots.
func Reader(int) string { return "" }

// Prepare skips or fails the test.
func Prepare(t testing.TB) *Service { t.Helper(); need(t, errUnavailable); return nil }

// Start skips or fails the test.
func Start(t testing.TB) *Service { t.Helper(); return Prepare(t) }

// The rest is never reached.

// Plug does nothing.
func (*Service) Plug() {}

// Unplug does nothing.
func (*Service) Unplug() {}

// Start does nothing.
func (*Service) Start() {}

// Stop does nothing.
func (*Service) Stop() {}

// Kill does nothing.
func (*Service) Kill() {}

// Suspend does nothing.
func (*Service) Suspend() {}

// Resume does nothing.
func (*Service) Resume() {}

// PID does nothing.
func (*Service) PID() int { return 0 }

// Insert does nothing.
func (*Service) Insert(testing.TB, reader.Responder) *Card { return nil }

// InsertAt does nothing.
func (*Service) InsertAt(testing.TB, int, reader.Responder) *Card { return nil }

// Remove does nothing.
func (*Card) Remove() {}

// Done does nothing.
func (*Card) Done() <-chan struct{} { return nil }

// Err does nothing.
func (*Card) Err() error { return nil }
