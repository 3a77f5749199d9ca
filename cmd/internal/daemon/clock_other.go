//go:build !linux

package daemon

import "time"

// uptime is not known here.
func uptime() time.Duration { return 0 }
