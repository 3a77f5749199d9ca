package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/reader/loopback"
	"kazashi/session/holder"
)

// soakDaemonEnv makes the test's program the daemon of a soak: it holds a soakOrder.
const soakDaemonEnv = "KAZASHI_SOAK_DAEMON"

// A soakOrder says how the daemon of a soak runs.
type soakOrder struct {
	Socket  string
	Backend string
	PKI     string // of the phones that others play
	Seed    uint64 // of what the phones of the loopback backend do
}

// soakStep bounds an exchange with a phone in a soak: a phone that never answers
// costs so much.
const soakStep = 300 * time.Millisecond

// serveSoak is a daemon in a process of its own. It tells on its output that it is
// ready, and from then on what only it knows of itself, at every SIGUSR1.
func serveSoak(text string) error {
	var order soakOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c := configs.Default()
	c.Socket.Path, c.Reader.Backend, c.StepTimeout = order.Socket, order.Backend, soakStep
	c.Log.Level = "error"
	log, err := NewLogger(c.Log, true, os.Stderr)
	if err != nil {
		return err
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	defer signal.Stop(asked)
	ready := make(chan struct{})
	o := Options{Specimen: true, SpecimenPKI: order.PKI, Log: log, Started: func() { close(ready) }}
	if err := obtainPKI(o); err != nil {
		return err
	}
	d, err := assemble(c, o)
	if err != nil {
		return err
	}
	for _, customer := range d.customers {
		misbehave(customer, rand.New(rand.NewPCG(order.Seed, 0)))
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		tell := func() { fmt.Printf("%d\n", runtime.NumGoroutine()) }
		select {
		case <-ready:
			tell()
		case <-ctx.Done():
			return
		}
		for {
			select {
			case <-asked:
				tell()
			case <-ctx.Done():
				return
			}
		}
	}()
	err = d.run(ctx)
	<-told
	return err
}

// misbehave gives a customer phones that do whatever phones do, and a reader that is
// unplugged and a service that dies now and then. The customer goes through the list
// in turn, one for each presentation.
func misbehave(c *customer, random *rand.Rand) {
	system, ok := c.tray.(*loopback.System)
	if !ok {
		return
	}
	honest := c.phone
	c.scenarios = nil
	for _, s := range holder.Scenarios() {
		if s != holder.SlowConsent {
			c.scenarios = append(c.scenarios, string(holder.Honest), string(s))
		}
	}
	c.phone = func(scenario string) (reader.Responder, error) {
		phone, err := honest(scenario)
		if err != nil || random.IntN(3) > 0 {
			return phone, err
		}
		n := random.IntN(2 * soakCommands)
		if random.IntN(10) == 0 {
			interrupt := func(answer []byte) []byte { system.Detach(); system.Attach(); return answer }
			if random.IntN(2) == 0 {
				interrupt = func(answer []byte) []byte { system.Stop(nil); system.Start(); return answer }
			}
			return loopback.WithFaults(phone, loopback.ChangeAt(n, interrupt)), nil
		}
		return loopback.WithFaults(phone, disturbance(random, n)), nil
	}
}

// soakCommands is about how many commands a tap of a soak has.
const soakCommands = 13

// disturbance is one way in which a phone misbehaves at command n.
func disturbance(random *rand.Rand, n int) loopback.Fault {
	switch random.IntN(20) {
	case 0, 1, 2, 3:
		return loopback.RemoveAt(n)
	case 4, 5, 6:
		return loopback.RemoveAfter(n)
	case 7, 8, 9:
		garbage := make([]byte, random.IntN(300))
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		return loopback.ReplaceAt(n, garbage)
	case 10, 11:
		return loopback.ShortAt(n, random.IntN(40))
	case 12, 13, 14, 15, 16:
		at, flip := random.Uint32(), byte(1+random.IntN(255))
		return loopback.ChangeAt(n, func(answer []byte) []byte {
			if len(answer) > 0 {
				answer[int(at)%len(answer)] ^= flip
			}
			return answer
		})
	case 17, 18:
		return loopback.DelayAt(n, time.Duration(random.IntN(20))*time.Millisecond)
	}
	return loopback.MuteAt(n)
}
