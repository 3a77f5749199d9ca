package main

import (
	"testing"

	"kazashi/transport/api"
)

// Nobody takes the log any more: every line that is written fails with EPIPE.
func TestF51_LogThatNobodyReads(t *testing.T) {
	c := spawn(t, directory(t), nil, "--specimen")
	if err := c.log.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		p := c.until(c.arm("address"), func(p api.Presentation) bool { return p.State == api.StateVerified })
		if _, err := c.client.Claim(t.Context(), p.ID, "c"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
			t.Fatal(err)
		}
	}
}
