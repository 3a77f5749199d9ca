package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/unit"

	"kazashi/session/fault"
)

const unitName = "kazashid.service"

// unitFolders are where systemd looks for units, the first first (systemd.unit(5)).
var unitFolders = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// hardening are directives of the shipped unit by which attributes stay in memory and
// the daemon stays in its place, and what they are set to there. A unit in which one is
// set to something else is weaker.
var hardening = map[string]string{
	"NoNewPrivileges": "yes", "PrivateNetwork": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectSystem": "strict",
	"ProtectHome": "yes", "ProtectProc": "invisible", "ProtectClock": "yes", "ProtectKernelTunables": "yes",
	"ProtectKernelModules": "yes", "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes", "RestrictNamespaces": "yes",
	"RestrictSUIDSGID": "yes", "RestrictRealtime": "yes", "LockPersonality": "yes", "MemoryDenyWriteExecute": "yes",
	"LimitCORE": "0", "MemorySwapMax": "0", "CapabilityBoundingSet": "", "User": "kazashi",
}

type unitFacts struct {
	Systemd bool              // it is the init of this machine
	File    string            // the unit's, "" when it is not installed
	DropIns []string          // files that add to it
	Values  map[string]string // of what hardening names, as set
	Enabled string            // as systemctl is-enabled says; "" unknown
	As      *Who              // whom the unit runs as
	Err     error
}

func probeUnits(ctx context.Context, w *World, _ Facts) func(*Facts) {
	u := unitFacts{Systemd: w.running(), Values: map[string]string{}}
	for _, folder := range unitFolders {
		name := filepath.Join(folder, unitName)
		if err := u.read(w.path(name)); err == nil {
			u.File = name
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			u.File, u.Err = name, err
			break
		}
	}
	if u.File != "" {
		u.readDropIns(w)
		if u.Systemd {
			u.ask(ctx, w)
		}
		if who, err := lookUp(u.Values["User"]); err == nil {
			u.As = &who
		}
	}
	return func(f *Facts) { f.Units = u }
}

// read takes the settings of a unit's file, the last of each.
func (u *unitFacts) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	options, err := unit.DeserializeOptions(file)
	if err != nil {
		return err
	}
	for _, o := range options {
		if _, ok := hardening[o.Name]; ok && o.Section == "Service" {
			u.Values[o.Name] = o.Value
		}
	}
	return nil
}

// readDropIns takes what administrators added. A file hides those of the same name
// in later folders, and they count in the order of their names.
func (u *unitFacts) readDropIns(w *World) {
	byName := map[string]string{}
	for _, folder := range slices.Backward(unitFolders) {
		files, _ := filepath.Glob(filepath.Join(w.path(folder), unitName+".d", "*.conf"))
		for _, f := range files {
			byName[filepath.Base(f)] = f
		}
	}
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		u.DropIns = append(u.DropIns, strings.TrimPrefix(byName[name], w.Root))
		if err := u.read(byName[name]); err != nil {
			u.Err = err
		}
	}
}

// ask takes what systemd made of the files; of what it does not say, the files count.
func (u *unitFacts) ask(ctx context.Context, w *World) {
	out, err := w.Command(ctx, "systemctl", "show", "--property=UnitFileState,User", unitName)
	if err != nil {
		u.Err = errors.New(commandFailed(err))
		return
	}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case key == "UnitFileState":
			u.Enabled = value
		case key == "User" && value != "":
			u.Values["User"] = value
		}
	}
}

func judgeUnits(f *Facts) Verdict {
	u := f.Units
	switch {
	case u.File == "" && !u.Systemd:
		return Verdict{State: Unseen, Hidden: both("この機械では systemd が動いていません", "systemd does not run on this machine"), How: "ps -p 1"}
	case u.File == "" && f.specimen():
		return Verdict{State: Unneeded, Note: both("見本モードのデーモンには要りません", "not for a daemon in specimen mode")}
	case u.File == "":
		return Verdict{Findings: []Finding{{
			Code: fault.UnitMissing, Warning: true, Seen: both("%s が導入されていません", "%s is not installed", unitName),
			Run: []string{"systemctl status " + unitName},
		}}}
	}
	v := Verdict{Note: same(u.File)}
	if len(u.DropIns) > 0 {
		v.Note = both("%s、追加設定 %d 件", "%s, drop-ins: %d", u.File, len(u.DropIns))
	}
	if u.Err != nil {
		v.Hidden, v.How = same(u.Err.Error()), "systemctl cat "+unitName
	}
	if u.Systemd && (u.Enabled == "disabled" || u.Enabled == "masked") {
		v.Findings = append(v.Findings, Finding{
			Code: fault.UnitMissing, Warning: true, Seen: both("%s は %s です", "%s is %s", unitName, u.Enabled),
			Run: []string{"sudo systemctl enable --now " + unitName},
		})
	}
	if weak := u.weakened(); len(weak) > 0 {
		seen := strings.Join(weak, ", ")
		if len(u.DropIns) > 0 {
			seen += " (" + strings.Join(u.DropIns, ", ") + ")"
		}
		v.Findings = append(v.Findings, Finding{
			Code: fault.UnitWeakened, Warning: true, Seen: same(seen),
			Run: []string{"systemctl cat " + unitName, "systemd-analyze security " + unitName},
		})
	}
	return v
}

// weakened returns the directives that are not as they were shipped, as NAME=VALUE.
func (u unitFacts) weakened() []string {
	var weak []string
	for name, want := range hardening {
		got, set := u.Values[name]
		if !set || truth(got) != truth(want) {
			weak = append(weak, name+"="+got)
		}
	}
	slices.Sort(weak)
	return weak
}

// truth writes a boolean of systemd in one way.
func truth(value string) string {
	switch strings.ToLower(value) {
	case "1", "yes", "true", "on":
		return "yes"
	case "0", "no", "false", "off":
		return "no"
	}
	return value
}
