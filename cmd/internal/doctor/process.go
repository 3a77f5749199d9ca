package doctor

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A process is one of this machine.
type process struct {
	PID  int
	Name string // of at most 15 bytes, as the kernel keeps it
	UID  int
	// Stopped tells that it was stopped by a signal (SIGSTOP) or a debugger and runs no more
	// until it is continued.
	Stopped bool
}

// processes returns those with a name. Where /proc hides the processes of others
// (hidepid, ProtectProc=), they are not among them.
func (w *World) processes(name string) []process {
	var found []process
	for _, pid := range w.pids() {
		if p, ok := w.process(pid); ok && p.Name == name {
			found = append(found, p)
		}
	}
	return found
}

func (w *World) pids() []int {
	entries, err := os.ReadDir(w.path("/proc"))
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// process reads /proc/PID/status (proc(5)).
func (w *World) process(pid int) (process, bool) {
	status, err := os.ReadFile(w.procFile(pid, "status"))
	if err != nil {
		return process{}, false
	}
	p := process{PID: pid}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "Name":
			p.Name = value
		case "State":
			if strings.HasPrefix(value, "Z") || strings.HasPrefix(value, "X") {
				return process{}, false // it has ended
			}
			p.Stopped = strings.HasPrefix(value, "T") || strings.HasPrefix(value, "t")
		case "Uid":
			p.UID = number(strings.Fields(value + " -1")[0])
		}
	}
	return p, true
}

func (w *World) procFile(pid int, name string) string {
	return filepath.Join(w.path("/proc"), strconv.Itoa(pid), name)
}

// loaded returns the processes that have a library loaded, but not this one, and how
// many could not be looked into.
func (w *World) loaded(library string) (found []process, hidden int) {
	self := os.Getpid()
	for _, pid := range w.pids() {
		if pid == self {
			continue
		}
		maps, err := os.ReadFile(w.procFile(pid, "maps"))
		if err != nil {
			if os.IsPermission(err) {
				hidden++
			}
			continue
		}
		for scan := bufio.NewScanner(bytes.NewReader(maps)); scan.Scan(); {
			if bytes.Contains(scan.Bytes(), []byte("/"+library)) {
				if p, ok := w.process(pid); ok {
					found = append(found, p)
				}
				break
			}
		}
	}
	return found, hidden
}
