//go:build !linux

package memory

func protect() error { return ErrUnlocked }
