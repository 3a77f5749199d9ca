package doctor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/transport/api"
	"kazashi/transport/client"
)

// A World is the machine as the probes reach it. [Machine] makes the real one; tests
// put something else in the place of a field.
type World struct {
	// Root stands before the path of every file of the system (/proc, /sys, /usr, /etc,
	// /run); "" is the real root. What the configuration names is not under it.
	Root string
	// Config is the configuration's file; ConfigGiven tells that somebody named it.
	Config      string
	ConfigGiven bool
	// Socket is the daemon's socket; "" is that of the configuration.
	Socket string
	// Who looks.
	Who Who
	// Now is the wall clock.
	Now func() time.Time
	// Synchronised reports whether something keeps the clock right.
	Synchronised func() (bool, error)
	// Readers looks at the readers of PC/SC without connecting to any.
	Readers func(ctx context.Context) ([]reader.State, error)
	// Describe asks a reader about itself. It connects to the reader, though not to what
	// lies on it.
	Describe func(ctx context.Context, reader string) (pcsc.Description, error)
	// Dial connects to the daemon.
	Dial func(ctx context.Context, path string) (Daemon, error)
	// Command runs a program of the system that only reads, and returns its output.
	Command func(ctx context.Context, name string, args ...string) ([]byte, error)
}

// A Daemon is what is asked of the running daemon.
type Daemon interface {
	Status(ctx context.Context) (api.Status, error)
	Health(ctx context.Context) (api.Health, error)
	Trust(ctx context.Context) (api.Trust, error)
	Close() error
}

// Who is a user with the groups that count.
type Who struct {
	UID  int
	GIDs []int
	Name string // for people; may be a number
}

// Machine returns the machine that the program runs on.
func Machine(config string, given bool, socket string) *World {
	return &World{
		Config: config, ConfigGiven: given, Socket: socket,
		Who: me(), Now: time.Now, Synchronised: synchronised,
		Readers: func(ctx context.Context) ([]reader.State, error) {
			return pcsc.New(pcsc.Options{CallTimeout: answers - 100*time.Millisecond}).List(ctx)
		},
		Describe: func(ctx context.Context, name string) (pcsc.Description, error) {
			return pcsc.New(pcsc.Options{CallTimeout: quick}).Describe(ctx, name)
		},
		Dial: func(ctx context.Context, path string) (Daemon, error) {
			c, err := client.DialContext(ctx, path)
			if err != nil {
				return nil, err
			}
			return c, nil
		},
		Command: func(ctx context.Context, name string, args ...string) ([]byte, error) {
			return exec.CommandContext(ctx, name, args...).Output()
		},
	}
}

// path returns where a file of the system is.
func (w *World) path(name string) string {
	if w.Root == "" {
		return name
	}
	return filepath.Join(w.Root, name)
}

// me returns the user of this process.
func me() Who {
	w := Who{UID: os.Geteuid()}
	w.GIDs, _ = os.Getgroups()
	w.GIDs = append(w.GIDs, os.Getegid())
	w.Name = nameOf(w.UID)
	return w
}

// lookUp returns a user of this machine by name.
func lookUp(name string) (Who, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return Who{}, err
	}
	w := Who{UID: number(u.Uid), Name: name}
	groups, err := u.GroupIds()
	if err != nil {
		groups = []string{u.Gid}
	}
	for _, g := range groups {
		w.GIDs = append(w.GIDs, number(g))
	}
	return w, nil
}

// running reports whether systemd is the init of this machine, as sd_booted(3) does.
func (w *World) running() bool {
	info, err := os.Lstat(w.path("/run/systemd/system"))
	return err == nil && info.IsDir()
}

// commandFailed returns what a program said of its failure.
func commandFailed(err error) string {
	if e, ok := errors.AsType[*exec.ExitError](err); ok && len(e.Stderr) > 0 {
		return strings.TrimSpace(string(e.Stderr))
	}
	return err.Error()
}
