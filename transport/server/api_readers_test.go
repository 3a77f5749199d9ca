package server

import (
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// serviceless is a desk without a reader, because its service is away.
type serviceless struct {
	desk
	code fault.Code
}

func (s *serviceless) Health() api.Health {
	return api.Health{State: api.HealthFailing, Items: []api.HealthItem{
		{Code: fault.NoAnchor, Severity: api.SeverityError}, {Code: s.code, Severity: api.SeverityError},
	}}
}

func TestNoReaderIsTheServicesFault(t *testing.T) {
	for code, want := range map[fault.Code]fault.Code{
		fault.ReaderServiceDown:   fault.ReaderServiceDown,
		fault.ReaderServiceDenied: fault.ReaderServiceDenied,
		fault.ReaderUnsupported:   fault.ReaderUnsupported,
		fault.ReaderNotFound:      fault.ReaderNotFound,
	} {
		for _, name := range []string{"", "front"} {
			s := &Server{Config: Config{Backend: &serviceless{code: code}}}
			if _, err := s.chooseReader(name); fault.CodeOf(err) != want {
				t.Errorf("reader %q with %s: %v", name, code, err)
			}
		}
	}
}
