package server

import (
	"kazashi/session/fault"
	"kazashi/transport/api"
)

func (s *Server) getReaders(c *call) error {
	return give(c, api.Readers{Readers: append([]api.Reader{}, s.Backend.Readers()...)})
}

// chooseReader returns the reader to arm: the named one, or the only one.
func (s *Server) chooseReader(name string) (string, error) {
	readers := s.Backend.Readers()
	if name == "" && len(readers) > 1 {
		return "", fault.New(fault.ReaderAmbiguous, "there are %d readers: name one", len(readers))
	}
	for _, r := range readers {
		if name != "" && r.Name != name {
			continue
		}
		if !r.Usable {
			code := r.Code
			if _, told := statuses[code]; !told {
				code = fault.ReaderNotFound
			}
			return "", fault.New(code, "the reader is not usable at present")
		}
		return r.Name, nil
	}
	return "", fault.New(s.noReader(), "there is no such reader")
}

// noReader returns why a reader is not there: the fault of the service behind all
// readers, if there is one.
func (s *Server) noReader() fault.Code {
	for _, item := range s.Backend.Health().Items {
		if item.Severity != api.SeverityError {
			continue
		}
		switch item.Code {
		case fault.ReaderServiceDown, fault.ReaderServiceHung, fault.ReaderServiceDenied, fault.ReaderUnsupported:
			return item.Code
		}
	}
	return fault.ReaderNotFound
}
