package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// A daemon that is killed in any state hands nothing out after, and says of every
// presentation what became of it.
func TestF47_KilledInEachState(t *testing.T) {
	claim := func(c *child, id string) {
		if _, err := c.client.Claim(c.t.Context(), id, "printer-7"); err != nil {
			c.t.Fatal(err)
		}
	}
	is := func(s api.State) func(api.Presentation) bool {
		return func(p api.Presentation) bool { return p.State == s }
	}
	for state, c := range map[api.State]struct {
		scenario string
		reach    func(c *child, p api.Presentation)
		after    api.State
		code     fault.Code
	}{
		api.StateArmed: {"locked-phone", func(c *child, p api.Presentation) {
			c.until(p, func(p api.Presentation) bool { return p.State == api.StateArmed && p.LastTap != nil })
		}, api.StateLost, fault.LostOnRestart},
		api.StateReading: {"slow-consent", func(c *child, p api.Presentation) {
			c.until(p, func(p api.Presentation) bool { return p.Phase == "requesting" })
		}, api.StateLost, fault.LostOnRestart},
		api.StateVerified: {"honest", func(c *child, p api.Presentation) {
			c.until(p, is(api.StateVerified))
		}, api.StateLost, fault.LostOnRestart},
		api.StateClaimed: {"honest", func(c *child, p api.Presentation) {
			c.until(p, is(api.StateVerified))
			claim(c, p.ID)
		}, api.StateLost, fault.LostOnRestart},
		api.StateAcked: {"honest", func(c *child, p api.Presentation) {
			c.until(p, is(api.StateVerified))
			claim(c, p.ID)
			if _, err := c.client.Ack(c.t.Context(), p.ID, "printer-7", api.OutcomeIssued); err != nil {
				c.t.Fatal(err)
			}
		}, api.StateAcked, ""},
		api.StateRejected: {"tampered-element", func(c *child, p api.Presentation) {
			c.until(p, is(api.StateRejected))
		}, api.StateRejected, fault.DigestMismatch},
	} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			dir := directory(t)
			path := filepath.Join(dir, "ledger")
			env := []string{"KAZASHI_LEDGER_PATH=" + path}
			first := spawn(t, dir, env, "--specimen", "--scenario", c.scenario)
			p := first.arm("residence-certificate")
			c.reach(first, p)
			first.kill()

			second := spawn(t, dir, env, "--specimen")
			got, err := second.client.Presentation(t.Context(), p.ID)
			if err != nil || got.State != c.after || got.Code != c.code || got.Transaction != "job-1" {
				t.Errorf("after the restart: %s %s, %v", got.State, got.Code, err)
			}
			if c.code == fault.LostOnRestart && (got.UserMessage == nil || got.Retry != api.RetryTapAgain) {
				t.Errorf("the customer is told %v %s", got.UserMessage, got.Retry)
			}
			if _, err := second.client.Claim(t.Context(), p.ID, "printer-7"); fault.CodeOf(err) != fault.ClaimGone {
				t.Errorf("claim after the restart: %v", err)
			}
			// What was printed was printed: who had claimed can still tell.
			_, err = second.client.Ack(t.Context(), p.ID, "printer-7", api.OutcomeIssued)
			if (err == nil) != (state == api.StateAcked || state == api.StateClaimed) {
				t.Errorf("ack after the restart: %v", err)
			}
			// The reader is free for the next one.
			second.until(second.arm("age-over-20"), is(api.StateVerified))
			second.kill()

			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := ""
			for line := range strings.Lines(string(content)) {
				if strings.Contains(line, p.ID) {
					last = line
				}
			}
			if !strings.Contains(last, `"state":"`+string(c.after)+`"`) {
				t.Errorf("the ledger's last word: %s", last)
			}
		})
	}
}

func TestF50_DaemonServesWithoutItsLedger(t *testing.T) {
	dir := directory(t)
	state := filepath.Join(dir, "state")
	c := spawn(t, dir, []string{"KAZASHI_LEDGER_PATH=" + filepath.Join(state, "ledger")}, "--specimen")
	degraded := func() bool {
		return slices.ContainsFunc(c.health().Items, func(i api.HealthItem) bool { return i.Code == fault.LedgerDegraded })
	}
	if !degraded() || c.health().State != api.HealthDegraded {
		t.Errorf("health %+v", c.health())
	}
	p := c.until(c.arm("address"), func(p api.Presentation) bool { return p.State == api.StateVerified })
	if _, err := c.client.Claim(t.Context(), p.ID, "c"); err != nil {
		t.Error(err)
	}
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := c.client.Ack(t.Context(), p.ID, "c", api.OutcomeIssued); err != nil {
		t.Error(err)
	}
	if degraded() {
		t.Error("the ledger does not recover")
	}
}

func TestDamagedLedgerIsTold(t *testing.T) {
	dir := directory(t)
	path := write(t, dir, "ledger", "no ledger\nat all\nand torn")
	c := spawn(t, dir, []string{"KAZASHI_LEDGER_PATH=" + path}, "--specimen")
	if h := c.health(); h.State != api.HealthDegraded || h.Items[0].Code != fault.LedgerDamaged {
		t.Errorf("health %+v", h)
	}
	if line := c.logged("ledger read"); line["damaged"] != 2.0 || line["torn"] != true || line["code"] != string(fault.LedgerDamaged) {
		t.Errorf("logged %v", line)
	}
}
