package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func (b *bench) claim(caller, id, claimID string) received {
	b.t.Helper()
	return b.do(caller, "POST", "/v1/presentations/"+id+"/claim", fmt.Sprintf(`{"claim_id":%q}`, claimID))
}

func (b *bench) ack(caller, id, claimID, outcome string) received {
	b.t.Helper()
	return b.do(caller, "POST", "/v1/presentations/"+id+"/ack", fmt.Sprintf(`{"claim_id":%q,"outcome":%q}`, claimID, outcome))
}

func TestClaimAndAck(t *testing.T) {
	b := newBench(t)
	armed := b.arm(orderBody)
	wantProblem(t, b.claim("issuer", armed.ID, "c"), http.StatusConflict, fault.NotVerified)
	b.do("issuer", "DELETE", "/v1/presentations/"+armed.ID, "")

	p := b.verified(orderBody)
	if p.State != api.StateVerified || len(p.Received) == 0 {
		t.Fatalf("after the tap: %+v", p)
	}
	wantProblem(t, b.claim("other", p.ID, "c"), http.StatusForbidden, fault.Forbidden)
	wantProblem(t, b.claim("root", p.ID, "c"), http.StatusForbidden, fault.Forbidden)
	first := b.claim("issuer", p.ID, "c")
	claim := as[api.Claim](t, first, http.StatusOK)
	if claim.PresentationID != p.ID || claim.Transaction != "job-1" || claim.ClaimID != "c" || !claim.Specimen || len(claim.Documents) != 1 {
		t.Fatalf("claim of %s for %s", claim.PresentationID, claim.Transaction)
	}
	d := claim.Documents[0]
	if d.Issuer.Country != "JP" || !strings.Contains(d.Issuer.Subject, "SPECIMEN") || !d.ValidUntil.After(d.ValidFrom) {
		t.Fatalf("document of %+v from %v until %v", d.Issuer, d.ValidFrom, d.ValidUntil)
	}
	names := 0
	for namespace, elements := range d.Elements {
		for element, value := range elements {
			names++
			switch element {
			case "birth_date":
				if string(value) != `"1989-03-31"` {
					t.Errorf("%s %s is not the specimen's", namespace, element)
				}
			case "portrait":
				var portrait api.Binary
				if err := json.Unmarshal(value, &portrait); err != nil || portrait.MediaType != "image/jpeg" || !bytes.HasPrefix(portrait.Base64, []byte("\xff\xd8")) {
					t.Errorf("portrait is %s: %v", portrait.MediaType, err)
				}
			}
		}
	}
	if names != len(p.Received) {
		t.Errorf("%d elements claimed, %d announced", names, len(p.Received))
	}
	if again := b.claim("issuer", p.ID, "c"); !bytes.Equal(again.body, first.body) {
		t.Error("the same claim brought another body")
	}
	wantProblem(t, b.claim("issuer", p.ID, "d"), http.StatusConflict, fault.AlreadyClaimed)
	wantProblem(t, b.ack("issuer", p.ID, "d", "issued"), http.StatusConflict, fault.ClaimUnknown)
	wantProblem(t, b.ack("issuer", p.ID, "c", "printed"), http.StatusBadRequest, fault.MalformedRequest)
	wantProblem(t, b.claim("issuer", p.ID, "no name"), http.StatusBadRequest, fault.MalformedRequest)
	for range 2 {
		p = as[api.Presentation](t, b.ack("issuer", p.ID, "c", "issued"), http.StatusOK)
	}
	if p.State != api.StateAcked || p.Outcome != api.OutcomeIssued {
		t.Fatalf("acked: %s %s", p.State, p.Outcome)
	}
	wantProblem(t, b.claim("issuer", p.ID, "c"), http.StatusGone, fault.ClaimGone)
	wantProblem(t, b.ack("issuer", p.ID, "c", "abandoned"), http.StatusConflict, fault.IdempotencyConflict)
}

// No answer but the claim's holds a value.
func TestValuesStandInTheClaimOnly(t *testing.T) {
	b := newBench(t)
	p := b.verified(orderBody)
	for _, path := range []string{"/v1/presentations/" + p.ID, "/v1/status", "/v1/readers"} {
		r := b.do("issuer", "GET", path, "")
		if bytes.Contains(r.body, []byte("1989-03-31")) || bytes.Contains(r.body, []byte("花子")) {
			t.Errorf("%s holds a value", path)
		}
	}
}

func TestF46_ClaimIsRepeatedOnAnotherConnection(t *testing.T) {
	b := newBench(t)
	p := b.verified(`{"profile":"address","transaction":"job-1","bind":true}`)
	first := b.claim("issuer", p.ID, "c")
	b.clients["issuer"].CloseIdleConnections() // as if the issuer had crashed
	again := b.claim("issuer", p.ID, "c")
	if first.StatusCode != http.StatusOK || !bytes.Equal(first.body, again.body) {
		t.Fatalf("%d, then %d", first.StatusCode, again.StatusCode)
	}
}

func TestF45_ClaimsRaceOverTheSocket(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Burst = 1000 })
	p := b.verified(orderBody)
	var winners atomic.Int64
	var done sync.WaitGroup
	for n := range 8 {
		done.Go(func() {
			for k := range 25 {
				r := b.claim("issuer", p.ID, fmt.Sprintf("claim-%d-%d", n, k))
				if r.StatusCode == http.StatusOK {
					winners.Add(1)
				}
			}
		})
	}
	done.Wait()
	if n := winners.Load(); n != 1 {
		t.Fatalf("%d claims won", n)
	}
}
