package daemon

import (
	"time"

	"golang.org/x/sys/unix"
)

// uptime is how long the machine has been running, its sleep included.
func uptime() time.Duration {
	var since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &since); err != nil {
		return 0
	}
	return time.Duration(since.Nano())
}
