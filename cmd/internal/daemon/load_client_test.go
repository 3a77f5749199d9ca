package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// loadClientEnv makes the test's program a client of TestLoad.
const loadClientEnv = "KAZASHI_LOAD_CLIENT"

// A loadEvent is what a client tells as soon as it knows, in a line of its own.
type loadEvent struct {
	Armed   string `json:"armed,omitempty"`
	Claimed string `json:"claimed,omitempty"`
	Hand    string `json:"hand,omitempty"` // the claim id that got it
	Ours    bool   `json:"ours,omitempty"` // it is of the job that the client armed
	Acked   string `json:"acked,omitempty"`
}

// loadClient is a client in a process of its own.
func loadClient(ctx context.Context, socket string, seed uint64, readers []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], socket, strconv.FormatUint(seed, 10), strings.Join(readers, ","))
	cmd.Env = append(os.Environ(), loadClientEnv+"=1")
	return cmd
}

// serveLoad serves some presentations and ends.
func serveLoad(args []string, out io.Writer) error {
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	c, err := client.Dial(args[0])
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	kiosk := &loadKiosk{client: c, random: rand.New(rand.NewPCG(seed, 0)), readers: strings.Split(args[2], ","), out: json.NewEncoder(out)}
	for range 40 {
		if err := kiosk.serve(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// A loadKiosk arms, waits, claims and acks.
type loadKiosk struct {
	client  *client.Client
	random  *rand.Rand
	readers []string

	mu  sync.Mutex // two hands tell at once
	out *json.Encoder
}

func (k *loadKiosk) tell(e loadEvent) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = k.out.Encode(e)
}

// serve takes one presentation to its end, unless no reader is free.
func (k *loadKiosk) serve(ctx context.Context) error {
	name := k.readers[k.random.IntN(len(k.readers))]
	job := fmt.Sprint("job-", k.random.Uint64())
	p, err := k.client.Arm(ctx, api.ArmRequest{Profile: "residence-certificate", Transaction: job, Reader: name, Bind: true}, job)
	switch {
	case fault.CodeOf(err) == fault.PresentationActive:
		return k.busy(ctx, err)
	case err != nil:
		return err
	}
	k.tell(loadEvent{Armed: p.ID})
	for p.State == api.StateArmed || p.State == api.StateReading {
		if p, err = k.client.Wait(ctx, p.ID, p.Version); err != nil {
			return err
		}
	}
	if p.State != api.StateVerified {
		return nil
	}
	// Two hands reach for the result; one of them gets it.
	var hands sync.WaitGroup
	names := []string{"left", "right"}
	got := make([]bool, len(names))
	for i, hand := range names {
		hands.Go(func() {
			claim, err := k.client.Claim(ctx, p.ID, hand)
			if got[i] = err == nil; got[i] {
				k.tell(loadEvent{Claimed: p.ID, Hand: hand, Ours: claim.Transaction == job})
			}
		})
	}
	hands.Wait()
	i := slices.Index(got, true)
	if i < 0 {
		_ = k.client.Cancel(ctx, p.ID) // expired under the load: nobody got it
		return nil
	}
	if k.random.IntN(30) == 0 {
		return nil // forgets to ack: the lease ends it
	}
	if _, err := k.client.Ack(ctx, p.ID, names[i], api.OutcomeIssued); err == nil {
		k.tell(loadEvent{Acked: p.ID})
	} else if code := fault.CodeOf(err); code != fault.ClaimGone {
		return err
	}
	return nil
}

// busy waits until the presentation that holds a reader has moved on.
func (k *loadKiosk) busy(ctx context.Context, err error) error {
	problem, ok := err.(*client.Error) //nolint:errorlint // the client returns it bare
	if !ok || problem.Problem.Current == nil {
		return err
	}
	current := problem.Problem.Current
	_, err = k.client.Wait(ctx, current.ID, current.Version)
	return err
}
