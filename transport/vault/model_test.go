package vault

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/ledger"
)

// A model is what the vault must be, in the simplest words. It is moved by the
// same random actions as the vault and compared after each.
type model struct {
	path   string // of the ledger, "" for none
	ledger *ledger.Ledger
	v      *Vault
	all    []*modelled
	bodies map[string]string // by presentation and claim id: what was handed out
	next   int
}

type modelled struct {
	id       string
	reader   string
	owner    uint32
	bound    bool
	state    api.State
	deadline time.Time
	claimID  string
	outcome  api.Outcome
	secret   *secret
	attempts []*Attempt // the last one is the tap under way in the state reading
}

func (m *modelled) ended() bool { return m.state.Ended() }

var (
	modelReaders = rapid.SampledFrom([]string{"front", "back"})
	modelUsers   = rapid.SampledFrom([]uint32{issuer, stranger})
	modelClaims  = rapid.SampledFrom([]string{"c", "d"})
)

// bubble hides that a test is a *testing.T: rapid asks one for its deadline,
// which is not there on a clock of its own.
type bubble struct{ rapid.TB }

func TestF45_VaultKeepsToItsModel(t *testing.T) {
	const rounds = 30  // a walk is cheap and the rare pairs of steps matter most
	const crashing = 3 // of them on a real disk, which takes its time
	dir := t.TempDir()
	onDisk := true
	walks := func(t *testing.T) {
		rapid.Check(bubble{t}, func(t *rapid.T) {
			m := &model{bodies: make(map[string]string)}
			if onDisk {
				m.path = filepath.Join(dir, rand.Text())
			}
			m.boot(t)
			defer func() { m.down(t) }()
			t.Repeat(map[string]func(*rapid.T){
				"crash":   m.crash,
				"":        m.compare,
				"arm":     m.arm,
				"tap":     m.tap,
				"again":   m.again,
				"fail":    m.fail,
				"offer":   m.offer,
				"claim":   m.claim,
				"ack":     m.ack,
				"cancel":  m.cancel,
				"release": m.release,
				"lose":    m.lose,
				"pass":    m.pass,
				"forward": m.forward,
				"onward":  m.forward, // twice as likely as what goes wrong
			})
			m.v.Close()
			for _, p := range m.all {
				if !p.ended() {
					p.state = api.StateLost
				}
			}
			m.compare(t)
		})
	}
	for n := range rounds {
		onDisk = n < crashing
		synctest.Test(t, walks)
	}
}

// boot starts a vault, on what the one before left on disk.
func (m *model) boot(t *rapid.T) {
	m.v = New(Options{})
	if m.path == "" {
		return
	}
	var remembered []ledger.Entry
	m.ledger, remembered = ledger.Open(m.path, nil)
	m.v.Keep(m.ledger, remembered)
	if err := m.ledger.Err(); err != nil {
		t.Fatal(err)
	}
	if damaged, torn := m.ledger.Damaged(); damaged > 0 || torn {
		t.Fatalf("%d damaged lines, torn %v", damaged, torn)
	}
}

// down ends a vault. The ledger is gone first: nothing of an orderly end is in it.
func (m *model) down(t *rapid.T) {
	if err := m.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	m.v.Close()
}

// crash is a process that is killed and started again: what had not ended is lost.
func (m *model) crash(t *rapid.T) {
	if m.path == "" || rapid.IntRange(0, 3).Draw(t, "crash") > 0 {
		t.Skip("no crash")
	}
	m.down(t)
	m.boot(t)
	for _, p := range m.all {
		if !p.ended() {
			p.state = api.StateLost
			if got, err := m.v.Get(p.id, p.owner); err != nil || got.Code != fault.LostOnRestart {
				t.Fatalf("after the crash: %s (%v)", got.Code, err)
			}
		}
	}
}

func (m *model) compare(t *rapid.T) {
	active := 0
	for _, p := range m.all {
		got, err := m.v.Get(p.id, p.owner)
		if err != nil || got.State != p.state || got.Outcome != p.outcome {
			t.Fatalf("presentation is %s %s (%v), the model says %s %s", got.State, got.Outcome, err, p.state, p.outcome)
		}
		if p.ended() && p.secret != nil && !p.secret.gone() {
			t.Fatalf("attributes left in a presentation that is %s", p.state)
		}
		if !p.ended() {
			active++
		}
		for i, a := range p.attempts {
			running := p.state == api.StateReading && i == len(p.attempts)-1
			if running == (a.Context().Err() != nil) {
				t.Fatalf("tap %d of a presentation that is %s: %v", i, p.state, a.Context().Err())
			}
		}
	}
	if got := len(m.v.Active()); got != active {
		t.Fatalf("%d active, the model has %d", got, active)
	}
}

func (m *model) holding(reader string) *modelled {
	for _, p := range m.all {
		if p.reader == reader && !p.ended() {
			return p
		}
	}
	return nil
}

func (m *model) any(t *rapid.T) *modelled {
	if len(m.all) == 0 {
		t.Skip("nothing armed yet")
	}
	return m.all[len(m.all)-1-rapid.IntRange(0, min(len(m.all), 4)-1).Draw(t, "which")]
}

func (m *model) arm(t *rapid.T) {
	if len(m.all) == 40 {
		t.Skip("as many as stay readable")
	}
	o := order(modelReaders.Draw(t, "reader"))
	o.Owner, o.Bound = modelUsers.Draw(t, "owner"), rapid.Bool().Draw(t, "bound")
	p, _, err := m.v.Arm(o)
	if m.holding(o.Reader) != nil {
		expect(t, err, fault.PresentationActive)
		return
	}
	expect(t, err, fault.OK)
	m.all = append(m.all, &modelled{id: p.ID, reader: o.Reader, owner: o.Owner, bound: o.Bound,
		state: api.StateArmed, deadline: time.Now().Add(o.Timeout)})
}

func (m *model) tap(t *rapid.T) {
	reader := modelReaders.Draw(t, "reader")
	p := m.holding(reader)
	a, ok := m.v.Begin(reader)
	if want := p != nil && p.state == api.StateArmed; ok != want {
		t.Fatalf("begin on %s: %v", reader, ok)
	}
	if ok {
		if a.ID != p.id {
			t.Fatal("tap for another presentation than the armed one")
		}
		p.state, p.attempts = api.StateReading, append(p.attempts, a)
	}
}

// attempt draws any tap that ever was, and tells whether it is under way.
func (m *model) attempt(t *rapid.T) (*modelled, *Attempt, bool) {
	p := m.any(t)
	if len(p.attempts) == 0 {
		t.Skip("never tapped")
	}
	i := rapid.IntRange(0, len(p.attempts)-1).Draw(t, "tap")
	return p, p.attempts[i], p.state == api.StateReading && i == len(p.attempts)-1
}

func (m *model) again(t *rapid.T) {
	p, a, running := m.attempt(t)
	if a.Again(fault.New(fault.PhoneLocked, "locked")); running {
		p.state = api.StateArmed
	}
}

func (m *model) fail(t *rapid.T) {
	p, a, running := m.attempt(t)
	if a.Fail(fault.New(fault.DigestMismatch, "spoilt")); running {
		p.state = api.StateRejected
	}
}

func (m *model) offer(t *rapid.T) {
	p, a, running := m.attempt(t)
	m.next++
	s := &secret{value: fmt.Sprint("person-", m.next)}
	err := a.offer(s)
	if running != (err == nil) {
		t.Fatalf("offer into %s: %v", p.state, err)
	}
	if !running {
		if !s.gone() {
			t.Fatal("a late result was kept")
		}
		return
	}
	p.state, p.secret, p.deadline = api.StateVerified, s, time.Now().Add(30*time.Second)
}

func (m *model) claim(t *rapid.T) {
	p, claimID, uid := m.any(t), modelClaims.Draw(t, "claim"), modelUsers.Draw(t, "user")
	body, err := m.v.Claim(p.id, claimID, uid)
	switch {
	case uid != p.owner:
		expect(t, err, fault.Forbidden)
	case p.ended():
		expect(t, err, fault.ClaimGone)
	case p.state == api.StateArmed || p.state == api.StateReading:
		expect(t, err, fault.NotVerified)
	case p.state == api.StateClaimed && claimID != p.claimID:
		expect(t, err, fault.AlreadyClaimed)
	default:
		expect(t, err, fault.OK)
		if p.state == api.StateVerified {
			p.state, p.claimID, p.deadline = api.StateClaimed, claimID, time.Now().Add(30*time.Second)
			m.bodies[p.id] = string(body)
		}
		if string(body) != m.bodies[p.id] || !bytes.Contains(body, []byte(`"`+p.secret.value+`"`)) {
			t.Fatal("the claim brought something else than this presentation's result")
		}
	}
	if err != nil && body != nil {
		t.Fatal("a refused claim brought bytes")
	}
}

func (m *model) ack(t *rapid.T) {
	p, claimID, uid := m.any(t), modelClaims.Draw(t, "claim"), modelUsers.Draw(t, "user")
	outcome := rapid.SampledFrom([]api.Outcome{api.OutcomeIssued, api.OutcomeAbandoned}).Draw(t, "outcome")
	_, err := m.v.Ack(p.id, claimID, outcome, uid)
	switch {
	case uid != p.owner:
		expect(t, err, fault.Forbidden)
	case p.claimID == "" && p.ended():
		expect(t, err, fault.ClaimGone)
	case p.claimID != claimID:
		expect(t, err, fault.ClaimUnknown)
	case p.outcome != "" && p.outcome != outcome:
		expect(t, err, fault.IdempotencyConflict)
	case p.state == api.StateClaimed:
		expect(t, err, fault.OK)
		p.state, p.outcome = api.StateAcked, outcome
	default: // again, or after an end that came first
		expect(t, err, fault.OK)
		p.outcome = outcome
	}
}

func (m *model) cancel(t *rapid.T) {
	p, uid := m.any(t), modelUsers.Draw(t, "user")
	_, err := m.v.Cancel(p.id, uid)
	if uid != p.owner {
		expect(t, err, fault.Forbidden)
		return
	}
	expect(t, err, fault.OK)
	if !p.ended() {
		p.state = api.StateCancelled
	}
}

func (m *model) release(t *rapid.T) {
	p := m.any(t)
	if m.v.Release(p.id); p.bound && !p.ended() && p.state != api.StateClaimed {
		p.state = api.StateCancelled
	}
}

func (m *model) lose(t *rapid.T) {
	reader := modelReaders.Draw(t, "reader")
	m.v.Lose(reader, fault.New(fault.ReaderNotFound, "unplugged"))
	if p := m.holding(reader); p != nil && (p.state == api.StateArmed || p.state == api.StateReading) {
		p.state = api.StateLost
	}
}

// forward takes the newest presentation one step further on the regular way, so
// that most walks see every state.
func (m *model) forward(t *rapid.T) {
	if len(m.all) == 0 || m.all[len(m.all)-1].ended() {
		m.arm(t)
		return
	}
	switch m.all[len(m.all)-1].state {
	case api.StateArmed:
		m.tap(t)
	case api.StateReading:
		m.offer(t)
	case api.StateVerified:
		m.claim(t)
	case api.StateClaimed:
		if rapid.Bool().Draw(t, "claim again") {
			m.claim(t)
		} else {
			m.ack(t)
		}
	}
}

// pass lets time go by, now and then to the very end of a deadline.
func (m *model) pass(t *rapid.T) {
	d := time.Duration(rapid.Int64Range(1, int64(8*time.Second)).Draw(t, "time"))
	if rapid.Bool().Draw(t, "to the end") {
		if p := m.any(t); !p.ended() {
			d = time.Until(p.deadline)
		}
	}
	pass(d) // of the bubble's clock
	for _, p := range m.all {
		if !p.ended() && !time.Now().Before(p.deadline) {
			p.state = api.StateExpired
		}
	}
}

func expect(t *rapid.T, err error, code fault.Code) {
	if fault.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code.Slug())
	}
}
