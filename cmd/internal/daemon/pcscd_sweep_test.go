package daemon

import (
	"syscall"
	"testing"
	"time"

	"kazashi/reader/loopback"
	"kazashi/reader/pcsctest"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// The sweeps go through every command of a tap. By default one goes by short APDUs,
// of which there are more, and the other by extended ones; a long soak does all.
func sweeps(short bool) []bool {
	if *soakTaps > 1000 {
		return []bool{false, true}
	}
	return []bool{!short}
}

// A phone that is pulled away before it was asked may come back: its presentation
// stays armed. From the request on it is lost, until the answer is whole: what came in
// part is never a result. The next phone is read within two seconds, though it is laid
// down at once, before pcscd has seen the last one leave.
func TestF01_F02_F03_F04_CardPulledAtEveryCommandThroughPCSC(t *testing.T) {
	for _, extended := range sweeps(true) {
		r := onPCSC(t, pcsctest.Start(t), extended, nil)
		var states []api.State
		for n := 0; len(states) == 0 || states[len(states)-1] != api.StateVerified; n++ {
			if n > 100 {
				t.Fatal("the tap has no end")
			}
			p := r.arm("address")
			card := r.service.Insert(t, r.faulty(loopback.RemoveAt(n)))
			p, code := r.outcome(p)
			states = append(states, p.State)
			if p.State != api.StateVerified && code != fault.CardRemoved {
				t.Fatalf("command %d: %s %s", n, p.State, code)
			}
			if p.State == api.StateVerified {
				if err := r.client.Cancel(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
			}
			if p.State != api.StateArmed {
				p = r.arm("address")
			}
			began := time.Now()
			<-card.Done()
			next := r.service.Insert(t, r.phone)
			r.verified(p)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("command %d: the next phone was read after %v", n, took)
			}
			since := r.counter()
			next.Remove()
			r.noticed(since)
			if took := r.await("empty", empty); took > time.Second {
				t.Errorf("command %d: the reader was free after %v", n, took)
			}
		}
		inOrder(t, states)
		t.Logf("%d commands, extended %t", len(states), extended)
		r.close()
		r.service.Stop()
	}
}

// inOrder wants presentations that stayed armed, then such that were lost, and a
// verified one at the end.
func inOrder(t *testing.T, states []api.State) {
	t.Helper()
	armed, lost := 0, 0
	for i, s := range states[:len(states)-1] {
		switch {
		case s == api.StateArmed && lost == 0:
			armed++
		case s == api.StateLost:
			lost++
		default:
			t.Fatalf("command %d: %s after %v", i, s, states[:i])
		}
	}
	if armed < 4 || lost < 1 {
		t.Errorf("%d commands before the request, %d from it on", armed, lost)
	}
}

// Whenever pcscd is killed, the next tap works within two seconds of its return.
func TestF08_ServiceKilledAtEveryCommand(t *testing.T) {
	for _, extended := range sweeps(false) {
		r := onPCSC(t, pcsctest.Start(t), extended, nil)
		var states []api.State
		for n := 0; len(states) == 0 || states[len(states)-1] != api.StateVerified; n++ {
			if n > 100 {
				t.Fatal("the tap has no end")
			}
			r.await("empty", empty)
			pid := r.service.PID()
			p := r.arm("address")
			card := r.service.Insert(t, r.faulty(loopback.ChangeAt(n, func(answer []byte) []byte {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				return answer
			})))
			p, code := r.outcome(p)
			states = append(states, p.State)
			if p.State != api.StateVerified && code != fault.ReaderServiceDown {
				t.Fatalf("command %d: %s %s", n, p.State, code)
			}
			card.Remove()
			if p.State == api.StateVerified {
				if err := r.client.Cancel(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
			}
			r.service.Kill()
			r.service.Start()
			back := time.Now()
			next := r.service.Insert(t, r.phone)
			if p.State != api.StateArmed {
				r.await("usable", func(r api.Reader) bool { return r.Usable })
				p = r.arm("address")
			}
			r.verified(p)
			if took := time.Since(back); took > 2*time.Second {
				t.Errorf("command %d: the next tap was over %v after pcscd's return", n, took)
			}
			next.Remove()
		}
		inOrder(t, states)
		r.healthy("fine", fine)
		t.Logf("%d commands, extended %t", len(states), extended)
		r.close()
		r.service.Stop()
	}
}
