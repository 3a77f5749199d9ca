package server

import "kazashi/transport/api"

func (s *Server) getProfiles(c *call) error {
	return give(c, api.Profiles{Profiles: append([]api.Profile{}, s.Backend.Profiles()...)})
}
