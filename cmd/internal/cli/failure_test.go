package cli

import (
	"io/fs"
	"strings"
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// The socket's file and the daemon's roles refuse with the same code, and differ in
// what helps.
func TestForbiddenSaysByWhom(t *testing.T) {
	byFile := failureOf(fault.Wrap(fault.Forbidden, fs.ErrPermission, "connecting"))
	byRole := failureOf(&client.Error{Problem: api.Problem{Code: fault.Forbidden, Detail: "not an issuer"}})
	if byFile.Exit != exitDenied || byRole.Exit != exitDenied {
		t.Errorf("exit %d and %d", byFile.Exit, byRole.Exit)
	}
	for _, text := range []string{byFile.Remedy.Ja, byFile.Remedy.En} {
		if !strings.Contains(text, "socket.group") || !strings.Contains(text, "socket.mode") {
			t.Errorf("kept out by the file: %s", text)
		}
	}
	if strings.Contains(byRole.Remedy.En, "socket.") || !strings.Contains(byRole.Remedy.En, "access") {
		t.Errorf("without the role: %s", byRole.Remedy.En)
	}
}
