package main

import "testing"

func TestEveryFlagHasAJapaneseText(t *testing.T) {
	if gaps := pages().Gaps(); gaps != nil {
		t.Errorf("flags without a text, or texts without a flag: %v", gaps)
	}
}
