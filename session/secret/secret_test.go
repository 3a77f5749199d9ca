package secret_test

import (
	"testing"

	"kazashi/session/secret"
)

func TestDoCallsOnceAndPassesPanicsOn(t *testing.T) {
	calls := 0
	secret.Do(func() { calls++ })
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic is swallowed")
		}
	}()
	secret.Do(func() { panic("x") })
}
