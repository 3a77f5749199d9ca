package main

import (
	"testing"
	"time"
)

// The watchdog is fed at half of the time that systemd is patient, and not more often.
func TestF53_WatchdogIsFed(t *testing.T) {
	const patience = 400 * time.Millisecond
	c := spawn(t, directory(t), []string{"WATCHDOG_USEC=400000"}, "--specimen")
	const times = 5
	c.hears(alive)
	began := time.Now()
	for range times {
		c.hears(alive)
	}
	// The first may have waited in the socket.
	if took := time.Since(began); took < (times-1)*patience/2 {
		t.Errorf("%d signs of life within %s", times, took)
	}
}
