package server

import "kazashi/transport/api"

func (s *Server) getTrust(c *call) error { return give(c, listedTrust(s.Backend.Trust())) }

// listedTrust gives empty lists to what has none.
func listedTrust(trust api.Trust) api.Trust {
	trust.Anchors = append([]api.TrustAnchor{}, trust.Anchors...)
	for i := range trust.Anchors {
		if trust.Anchors[i].DocTypes == nil {
			trust.Anchors[i].DocTypes = []string{}
		}
	}
	return trust
}
