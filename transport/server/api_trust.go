package server

import "kazashi/transport/api"

func (s *Server) getTrust(c *call) error {
	trust := s.Backend.Trust()
	trust.Anchors = append([]api.TrustAnchor{}, trust.Anchors...)
	for i := range trust.Anchors {
		if trust.Anchors[i].DocTypes == nil {
			trust.Anchors[i].DocTypes = []string{}
		}
	}
	return give(c, trust)
}
