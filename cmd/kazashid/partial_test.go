package main

import (
	"testing"
	"time"

	"kazashi/transport/api"
)

// F54: the kernel ends a process that takes too much memory as SIGKILL does, at any
// moment. Whoever claims just then has the whole result or none of it. That the kernel
// does so when MemoryMax is reached needs a cgroup of the test's own, and is left to a
// trial on the machine.
func TestF54_KilledDuringAClaim(t *testing.T) {
	whole, none := 0, 0
	for round := range 12 {
		c := spawn(t, directory(t), nil, "--specimen")
		p := c.until(c.arm("identity"), func(p api.Presentation) bool { return p.State == api.StateVerified })
		if round == 0 {
			c.kill()
		}
		kill := time.AfterFunc(time.Duration(round)*150*time.Microsecond, func() { _ = c.cmd.Process.Kill() })
		claim, err := c.client.Claim(t.Context(), p.ID, "c")
		kill.Stop()
		c.kill()
		elements := 0
		for _, d := range claim.Documents {
			for _, namespace := range d.Elements {
				elements += len(namespace)
			}
		}
		switch {
		case err == nil && elements == len(p.Received):
			whole++
		case err != nil && elements == 0:
			none++
		default:
			t.Errorf("round %d: %d of %d elements, %v", round, elements, len(p.Received), err)
		}
	}
	if whole+none != 12 || none == 0 {
		t.Errorf("%d whole, %d none: the kill never came in time", whole, none)
	}
}
