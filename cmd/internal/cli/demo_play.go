package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// perform plays every scene against the child's socket, as a kiosk would.
func (a *app) perform(ctx context.Context, c *child) (demoResult, error) {
	daemon, err := client.DialContext(ctx, c.socket)
	if err != nil {
		return demoResult{}, err
	}
	defer func() { _ = daemon.Close() }()
	status, err := daemon.Status(ctx)
	if err != nil {
		return demoResult{}, err
	}
	result := demoResult{OK: true, Daemon: status.Version}
	n := newNarrator(a)
	n.opening(status, c.socket)
	for i, s := range scenes {
		r, err := n.play(ctx, daemon, i, s)
		if err != nil {
			return result, err
		}
		result.OK = result.OK && r.OK
		result.Scenes = append(result.Scenes, r)
	}
	return result, nil
}

// play performs one tap: arm, wait, claim, acknowledge.
func (n *narrator) play(ctx context.Context, daemon *client.Client, i int, s scene) (sceneResult, error) {
	r := sceneResult{
		Title: s.Title, Profile: s.Profile, Scenario: s.Scenario,
		Expected: outcomeOf(s.State, s.Code), Received: []api.ElementName{},
	}
	n.scene(i, s)
	start := time.Now()
	order := api.ArmRequest{Profile: s.Profile, Transaction: fmt.Sprintf("demo-%d", i+1)}
	p, err := daemon.Arm(ctx, order, rand.Text())
	if err != nil {
		return r, err
	}
	n.armed(p, time.Since(start))
	for p.State != api.StateVerified && !p.State.Ended() {
		if p, err = daemon.Wait(ctx, p.ID, p.Version); err != nil {
			return r, err
		}
		n.changed(p, time.Since(start))
	}
	took := time.Since(start)
	r.TookMS = float64(took.Microseconds()) / 1000
	code := p.Code
	if p.State == api.StateVerified {
		code = fault.OK
	}
	r.Got = outcomeOf(p.State, code)
	r.Received = append(r.Received, p.Received...)
	if p.State == api.StateVerified {
		if p, err = n.handOver(ctx, daemon, p, s); err != nil {
			return r, err
		}
		r.OK = p.State == api.StateAcked
	} else {
		n.refused(p)
		r.OK = true
	}
	r.OK = r.OK && r.Got == r.Expected
	n.sceneEnd(r)
	return r, nil
}

// handOver takes the attributes of a verified presentation, prints the paper and
// acknowledges it.
func (n *narrator) handOver(ctx context.Context, daemon *client.Client, p api.Presentation, s scene) (api.Presentation, error) {
	const claimID = "demo-printer"
	claim, err := daemon.Claim(ctx, p.ID, claimID)
	if err != nil {
		return p, err
	}
	n.claimed(p, s, claim)
	p, err = daemon.Ack(ctx, p.ID, claimID, api.OutcomeIssued)
	if err != nil {
		return p, err
	}
	n.acked(claimID)
	return p, nil
}
