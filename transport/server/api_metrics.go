package server

import (
	"bytes"
	"net/http"
	"strconv"

	"kazashi/transport/api"
)

func (s *Server) getMetrics(c *call) error {
	if err := noBody(c.r); err != nil {
		return err
	}
	if _, err := query(c.r); err != nil {
		return err
	}
	var body bytes.Buffer
	if err := s.Backend.WriteMetrics(&body); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", api.MediaMetrics)
	c.w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(body.Bytes()) // a caller that is gone needs no answer
	return nil
}
