package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// maxReaderName bounds a reader's name in bytes; PC/SC's MAX_READERNAME is 128.
const maxReaderName = 128

var (
	armMust = []string{"profile", "transaction"}
	armMay  = []string{"timeout_ms", "reader", "bind"}
)

// checkArm refuses values that cannot be meant.
func checkArm(r api.ArmRequest, longest time.Duration) error {
	switch {
	case !api.ValidName(r.Profile):
		return fault.New(fault.MalformedRequest, "profile is not a name of 1 to %d letters, digits and . _ : ~ -", api.MaxName)
	case !api.ValidName(r.Transaction):
		return fault.New(fault.MalformedRequest, "transaction is not a name of 1 to %d letters, digits and . _ : ~ -", api.MaxName)
	case len(r.Reader) > maxReaderName:
		return fault.New(fault.MalformedRequest, "reader is longer than %d bytes", maxReaderName)
	case r.TimeoutMS != 0 && (r.TimeoutMS < api.MinTimeoutMS || r.TimeoutMS > longest.Milliseconds()):
		return fault.New(fault.MalformedRequest, "timeout_ms is not between %d and %d", api.MinTimeoutMS, longest.Milliseconds())
	}
	return nil
}

// idempotencyKey returns the request's key, "" for none.
func idempotencyKey(r *http.Request) (string, error) {
	switch keys := r.Header.Values(api.HeaderIdempotencyKey); {
	case len(keys) == 0:
		return "", nil
	case len(keys) == 1 && api.ValidName(keys[0]):
		return keys[0], nil
	}
	return "", fault.New(fault.MalformedRequest, "%s is not one name of 1 to %d letters, digits and . _ : ~ -",
		api.HeaderIdempotencyKey, api.MaxName)
}

func (s *Server) postPresentation(c *call) error {
	if _, err := query(c.r); err != nil {
		return err
	}
	name, err := idempotencyKey(c.r)
	if err != nil {
		return err
	}
	var request api.ArmRequest
	if err := decode(c.w, c.r, &request, armMust, armMay); err != nil {
		return err
	}
	if err := checkArm(request, s.Vault.MaxTimeout()); err != nil {
		return err
	}
	if request.Bind && c.r.Close {
		return fault.New(fault.MalformedRequest, "bind needs a connection that stays open after the answer")
	}
	canonical, err := json.Marshal(request)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "encoding request")
	}
	digest := sha256.Sum256(canonical)
	// A repeated request gets its first answer even if the reader or the profile is
	// not there any more.
	p, found, err := s.Vault.Replayed(c.peer.UID, name, digest)
	if err != nil {
		return err
	}
	created := false
	if !found {
		if p, created, err = s.arm(c, request, name, digest); err != nil {
			return err
		}
	}
	if conn := connOf(c.r.Context()); p.Bind && !p.State.Ended() && conn != nil {
		s.bound.bind(p.ID, conn)
	}
	c.w.Header().Set("Location", "/v1/presentations/"+p.ID)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return reply(c.w, status, api.MediaJSON, s.local(p))
}

func (s *Server) arm(c *call, request api.ArmRequest, key string, digest [32]byte) (api.Presentation, bool, error) {
	profile, ok := s.Backend.Profile(request.Profile)
	if !ok {
		return api.Presentation{}, false, fault.New(fault.ProfileNotFound, "there is no such profile")
	}
	reader, err := s.chooseReader(request.Reader)
	if err != nil {
		return api.Presentation{}, false, err
	}
	if err := c.gone(); err != nil {
		return api.Presentation{}, false, err
	}
	return s.Vault.Arm(vault.Order{
		Profile: profile.Name, Transaction: request.Transaction, Reader: reader,
		Timeout: time.Duration(request.TimeoutMS) * time.Millisecond,
		Owner:   c.peer.UID, Bound: request.Bind, Asked: profile.Asked, Evidence: profile.Evidence,
		IdempotencyKey: key, Request: digest,
	})
}

// getPresentation answers at once without wait; with it, when the version is
// another than seen, or, without seen, when the tap has brought something, or when
// the wait is over.
func (s *Server) getPresentation(c *call) error {
	if err := noBody(c.r); err != nil {
		return err
	}
	q, err := query(c.r, "wait", "seen")
	if err != nil {
		return err
	}
	wait, err := parseWait(q)
	if err != nil {
		return err
	}
	id := c.r.PathValue("id")
	p, err := s.Vault.Get(id, c.peer.UID)
	if err != nil {
		return err
	}
	if wait > 0 {
		until := vault.Tapped
		if text, ok := q["seen"]; ok {
			seen, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return fault.New(fault.MalformedRequest, "seen is not a version")
			}
			until = vault.Past(seen)
		}
		c.linger()
		c.within(wait + writeTimeout)
		ctx, cancel := context.WithTimeout(c.r.Context(), wait)
		defer cancel()
		if p, err = s.Vault.Wait(ctx, id, c.peer.UID, until); err != nil {
			return err
		}
	}
	return reply(c.w, http.StatusOK, api.MediaJSON, s.local(p))
}

// waitForm is the contract's: one number and one unit, of all that Go would take.
var waitForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(ms|s|m)$`)

func parseWait(q map[string]string) (time.Duration, error) {
	text, ok := q["wait"]
	if !ok {
		if _, ok := q["seen"]; ok {
			return 0, fault.New(fault.MalformedRequest, "seen means nothing without wait")
		}
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || !waitForm.MatchString(text) || wait > api.MaxWaitMS*time.Millisecond {
		return 0, fault.New(fault.MalformedRequest, "wait is not a time such as 25s, at most %ds", api.MaxWaitMS/1000)
	}
	return wait, nil
}

func (s *Server) deletePresentation(c *call) error {
	if err := noBody(c.r); err != nil {
		return err
	}
	if _, err := query(c.r); err != nil {
		return err
	}
	p, err := s.Vault.Cancel(c.r.PathValue("id"), c.peer.UID)
	if err != nil {
		return err
	}
	return reply(c.w, http.StatusOK, api.MediaJSON, s.local(p))
}
