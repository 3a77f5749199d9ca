package memory

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func protect() error {
	return errors.Join(hide(), lock())
}

func hide() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbidding dumps: %w", err)
	}
	// The limit alone would leave the size to a kernel that pipes cores to a program.
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("limiting dumps: %w", err)
	}
	return nil
}

// lock asks for the limit first: locking all of the future under a limit makes a later
// mapping fail, and the Go runtime does not survive that.
func lock() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		return fmt.Errorf("reading the limit for locked memory: %w", err)
	}
	if limit.Cur != unix.RLIM_INFINITY && !unlimited() {
		return ErrUnlocked
	}
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		return fmt.Errorf("%w: %w", ErrUnlocked, err)
	}
	return nil
}

// unlimited reports whether the limit does not count for this process.
func unlimited() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return false
	}
	return sets[0].Effective&(1<<unix.CAP_IPC_LOCK) != 0
}
