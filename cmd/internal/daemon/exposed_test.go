package daemon

import (
	"errors"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

func TestMemoryThatCannotBeLockedIsToldOf(t *testing.T) {
	r := startWith(t, Options{Exposed: errors.New("no room")}, nil)
	for _, item := range r.daemon.Health().Items {
		if item.Code == fault.MemoryUnlocked {
			if item.Severity != api.SeverityWarning || item.Detail != "no room" {
				t.Errorf("health says %+v", item)
			}
			return
		}
	}
	t.Error("health does not tell")
}
