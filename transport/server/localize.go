package server

import (
	"slices"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// The vault and the rest of the daemon speak in codes; what people are told of a
// code is put in here, on copies: what is shared is never changed.

func (s *Server) say(code fault.Code) (*api.Text, api.Retry) {
	if code == "" || code == fault.OK {
		return nil, ""
	}
	message := s.Messages(code)
	return &message.User, message.Retry
}

func (s *Server) localTap(tap *api.Tap) *api.Tap {
	if tap == nil {
		return nil
	}
	said := *tap
	said.UserMessage, said.Retry = s.say(tap.Code)
	return &said
}

func (s *Server) local(p api.Presentation) api.Presentation {
	p.UserMessage, p.Retry = s.say(p.Code)
	p.LastTap = s.localTap(p.LastTap)
	p.Warnings = slices.Clone(p.Warnings)
	for i := range p.Warnings {
		p.Warnings[i].UserMessage, _ = s.say(p.Warnings[i].Code)
	}
	return p
}

func (s *Server) localSummary(p api.Summary) api.Summary {
	_, p.Retry = s.say(p.Code)
	p.LastTap = s.localTap(p.LastTap)
	return p
}

func (s *Server) localHealth(h api.Health) api.Health {
	h.Items = append([]api.HealthItem{}, h.Items...)
	for i, item := range h.Items {
		h.Items[i].UserMessage, h.Items[i].Retry = s.say(item.Code)
	}
	return h
}

// status is the daemon's status with the presentations that have not ended.
func (s *Server) status() api.Status {
	status := s.Backend.Status()
	status.Version = s.Version
	status.Active = s.Vault.Active()
	for i, p := range status.Active {
		status.Active[i] = s.localSummary(p)
	}
	if status.Readers == nil {
		status.Readers = []api.Reader{}
	}
	if status.Profiles == nil {
		status.Profiles = []string{}
	}
	return status
}
