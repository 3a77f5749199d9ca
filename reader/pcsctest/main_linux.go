package pcsctest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideVariable marks the test binary that runs inside the namespaces.
const insideVariable = "KAZASHI_PCSC_NAMESPACE"

// errUnavailable says what a private pcscd lacks here; nil once Main made the place
// for one.
var errUnavailable = errors.New("TestMain did not call pcsctest.Main")

// Main is the TestMain of a package whose tests call [Start]. It runs the tests,
// inside namespaces of their own if it can, then each check in after, such as
// one for leaked goroutines, and exits.
func Main(m *testing.M, after ...func() error) {
	if os.Getenv(insideVariable) != "" {
		errUnavailable = arrange()
		os.Exit(run(m, after))
	}
	fuzzing := slices.ContainsFunc(os.Args, func(a string) bool { return strings.HasPrefix(a, "-test.fuzzworker") })
	if errUnavailable = prerequisites(); errUnavailable == nil && !fuzzing {
		code, err := again()
		if err == nil {
			os.Exit(code)
		}
		errUnavailable = err
	}
	os.Exit(run(m, after))
}

// prerequisites looks for the programs.
func prerequisites() error {
	if _, err := daemon(); err != nil {
		return err
	}
	_, err := driver()
	return err
}

// daemon finds pcscd, which is not in everybody's PATH.
func daemon() (string, error) {
	path, err := exec.LookPath("pcscd")
	if err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, "pcscd")); err == nil {
			return path, nil
		}
	}
	return "", errors.New("pcscd is not installed (Debian package pcscd)")
}

// driver finds vpcd's driver library where packages put it.
func driver() (string, error) {
	for _, pattern := range []string{
		"/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
		"/usr/lib/*/pcsc/drivers/serial/libifdvpcd.so",
		"/usr/lib*/pcsc/drivers/serial/libifdvpcd.so",
		"/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
	} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0], nil
		}
	}
	return "", errors.New("vpcd is not installed (Debian package vsmartcard-vpcd)")
}

// again runs this test binary inside new namespaces and returns its exit code. An
// error means that there are none to be had.
func again() (int, error) {
	self, err := os.Executable()
	if err != nil { // without /proc
		if self, err = filepath.Abs(os.Args[0]); err != nil {
			return 0, err
		}
	}
	// The child dies with the thread that started it, which must live as long as it.
	runtime.LockOSThread()
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("no namespaces (run as root or allow user namespaces): %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return max(cmd.ProcessState.ExitCode(), 1), nil //nolint:nilerr // the tests told why they failed
	}
	return 0, nil
}

// arrange makes the place for a pcscd inside the namespaces.
func arrange() error {
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("bringing the loopback interface up: %w", err)
	}
	switch err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); {
	case errors.Is(err, unix.EINVAL):
		// A plain chroot: its root is no mount, so what is mounted here might show
		// outside. The directory is used as it is, by one test binary at a time.
		return takeTurns()
	case err != nil:
		return fmt.Errorf("making mounts private: %w", err)
	}
	place := socketDir
	if err := os.MkdirAll(socketDir, 0o755); err != nil {
		place = filepath.Dir(socketDir) // not ours to write to, but to mount over
	}
	if err := unix.Mount("tmpfs", place, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
		return fmt.Errorf("mounting %s: %w", place, err)
	}
	return os.MkdirAll(socketDir, 0o755)
}

// takeTurns waits until no other test binary uses the socket directory. The lock
// lasts as long as the process.
func takeTurns() error {
	if err := os.MkdirAll(socketDir, 0o755); err != nil {
		return err
	}
	// A bare descriptor: nothing closes it, and so the lock, before the process ends.
	path := filepath.Join(os.TempDir(), "kazashi-pcsctest.lock")
	fd, err := unix.Open(path, unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	if err := unix.Flock(fd, unix.LOCK_EX); err != nil {
		return fmt.Errorf("locking %s: %w", path, err)
	}
	if listening() {
		return fmt.Errorf("a pcscd of this machine serves %s", socketPath)
	}
	return nil
}

// loopbackUp does what `ip link set lo up` does, which may not be installed.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
