package server

import (
	"bytes"
	"fmt"
	"net/http"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// unbuffered is a size in bytes that net/http's buffers, of four kilobytes, do not take:
// with empty buffers it writes what is as large straight to the connection.
const unbuffered = 4<<10 + 1

// postClaim hands out attributes. They are written from one piece of memory that is
// overwritten right after, and past the buffers of net/http, which would keep them until
// later answers overwrite them: the header goes first, and white space makes a small
// body large enough.
func (s *Server) postClaim(c *call) error {
	if _, err := query(c.r); err != nil {
		return err
	}
	var request api.ClaimRequest
	if err := decode(c.w, c.r, &request, []string{"claim_id"}, nil); err != nil {
		return err
	}
	if !api.ValidName(request.ClaimID) {
		return fault.New(fault.MalformedRequest, "claim_id is not a name of 1 to %d letters, digits and . _ : ~ -", api.MaxName)
	}
	if err := c.gone(); err != nil {
		return err
	}
	body, err := s.Vault.Claim(c.r.PathValue("id"), request.ClaimID, c.peer.UID)
	if err != nil {
		return err
	}
	if short := unbuffered - len(body); short > 0 {
		padded := append(append(make([]byte, 0, unbuffered), body...), bytes.Repeat([]byte{'\t'}, short)...)
		clear(body)
		body = padded
	}
	defer clear(body)
	header := c.w.Header()
	header.Set("Content-Type", api.MediaJSON)
	header.Set("Content-Length", fmt.Sprint(len(body)))
	c.w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(c.w).Flush()
	// A caller that is gone by now repeats the claim under its id.
	_, _ = c.w.Write(body)
	return nil
}

func (s *Server) postAck(c *call) error {
	if _, err := query(c.r); err != nil {
		return err
	}
	var request api.AckRequest
	if err := decode(c.w, c.r, &request, []string{"claim_id", "outcome"}, nil); err != nil {
		return err
	}
	switch {
	case !api.ValidName(request.ClaimID):
		return fault.New(fault.MalformedRequest, "claim_id is not a name of 1 to %d letters, digits and . _ : ~ -", api.MaxName)
	case !request.Outcome.Valid():
		return fault.New(fault.MalformedRequest, "outcome is neither %s nor %s", api.OutcomeIssued, api.OutcomeAbandoned)
	}
	p, err := s.Vault.Ack(c.r.PathValue("id"), request.ClaimID, request.Outcome, c.peer.UID)
	if err != nil {
		return err
	}
	return reply(c.w, http.StatusOK, api.MediaJSON, s.local(p))
}
