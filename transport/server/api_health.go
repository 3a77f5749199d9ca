package server

func (s *Server) getHealth(c *call) error { return give(c, s.localHealth(s.Backend.Health())) }
