package cli

import (
	"testing"

	"kazashi/session/fault"
	"kazashi/transport/server"
)

// The daemon gives no role to user 65534: a demo by that user could only wait
// for an answer that does not come, and says so instead.
func TestDemoOfNobodyEndsAtOnce(t *testing.T) {
	if err := ownable(server.OverflowID); fault.CodeOf(err) != fault.NobodyUser {
		t.Errorf("nobody: %v", err)
	}
	for _, uid := range []int{0, 1000, 12345, server.OverflowID - 1} {
		if err := ownable(uid); err != nil {
			t.Errorf("user %d: %v", uid, err)
		}
	}
}
