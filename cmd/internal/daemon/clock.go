package daemon

import (
	"time"

	"kazashi/cmd/internal/build"
	"kazashi/session/fault"
)

// notBefore is a moment that is certainly past: no terminal runs this program
// before it was written.
var notBefore = func() time.Time {
	floor := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	// A day of grace for a kiosk whose clock is a little behind the builder's.
	if built := build.Read().At.AddDate(0, 0, -1); built.After(floor) {
		return built
	}
	return floor
}()

// CheckClock returns fault.ClockUntrusted for a clock by which the daemon would judge
// no validity, nil for any other.
func CheckClock(now time.Time) error { return checkClock(now) }

// checkClock returns fault.ClockUntrusted for a clock that says a time before
// this program was built: no validity can be judged by it.
func checkClock(now time.Time) error {
	if now.Before(notBefore) {
		return fault.New(fault.ClockUntrusted, "the clock says %s, before this program was built", now.UTC().Format(time.DateOnly))
	}
	return nil
}
