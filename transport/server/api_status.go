package server

import (
	"net/http"

	"kazashi/transport/api"
)

// give answers a request that has neither body nor query.
func give(c *call, v any) error {
	if err := noBody(c.r); err != nil {
		return err
	}
	if _, err := query(c.r); err != nil {
		return err
	}
	return reply(c.w, http.StatusOK, api.MediaJSON, v)
}

func (s *Server) getStatus(c *call) error { return give(c, s.status()) }
