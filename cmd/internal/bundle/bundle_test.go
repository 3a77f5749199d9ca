package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// content is a report with a part of the daemon's in it.
func content(t *testing.T) *Content {
	t.Helper()
	c := &Content{Marker: NewMarker(), At: time.Date(2026, 12, 1, 9, 0, 0, 0, time.FixedZone("JST", 9*60*60))}
	if err := c.FromDaemon(api.Bugreport{
		Marker: "2QGWKTN46LZX", Build: api.Build{Version: "v9"}, Metrics: "kazashi_up 1\n",
		Log:   api.Log{Entries: []api.LogEntry{{Seq: 1, Line: json.RawMessage(`{"message":"bug report","marker":"2QGWKTN46LZX"}`)}}},
		Trace: &api.Trace{On: true, Entries: []api.TraceEntry{{Seq: 1, Header: "00a40400"}}},
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

// unpacked returns the files of an archive by their names, without the directory that
// they all are in.
func unpacked(t *testing.T, archive []byte, marker string) map[string][]byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(zipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Mode != 0o600 || h.Uname != "" || h.Uid != 0 {
			t.Errorf("%s: mode %o, owner %q %d", h.Name, h.Mode, h.Uname, h.Uid)
		}
		name, ok := strings.CutPrefix(h.Name, "kazashi-bugreport-"+marker+"/")
		if !ok {
			t.Errorf("%s is elsewhere", h.Name)
		}
		if files[name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestManifestTellsOfEveryFile(t *testing.T) {
	c := content(t)
	path := filepath.Join(t.TempDir(), c.FileName())
	if filepath.Base(path) != "kazashi-bugreport-20261201T000000Z-2QGWKTN46LZX.tar.gz" {
		t.Error(path)
	}
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	files := unpacked(t, must(os.ReadFile(path)), c.Marker)
	var m Manifest
	if err := json.Unmarshal(files[manifestName], &m); err != nil {
		t.Fatal(err)
	}
	if m.Format != Format || m.Marker != "2QGWKTN46LZX" || !m.MarkerLogged || !m.Complete || m.Versions.Daemon != "v9" || !m.MadeAt.Equal(c.At) {
		t.Errorf("%+v", m)
	}
	delete(files, manifestName)
	if len(m.Files) != len(files) || len(files) < 10 {
		t.Errorf("%d files, %d in the manifest", len(files), len(m.Files))
	}
	for _, f := range m.Files {
		sum := sha256.Sum256(files[f.Name])
		if f.Size != len(files[f.Name]) || f.SHA256 != hex.EncodeToString(sum[:]) || f.Redaction == "" {
			t.Errorf("%+v", f)
		}
	}
	if found, err := c.Scan(); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	var again, first bytes.Buffer
	if err := errors.Join(c.Write(&first), c.Write(&again)); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
		t.Errorf("the same content makes another archive, %v", err)
	}
}

// A file that exists stays as it is, and a failure leaves nothing behind.
func TestSaveWritesAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := content(t).Save(path); fault.CodeOf(err) != fault.ReportUnwritable || !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	if err := place(path, path+"2"); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := place(path, path+"2"); err == nil { // one that came after the first look
		t.Error("took the place of a file")
	}
	if got := must(os.ReadFile(path + "2")); string(got) != "mine" {
		t.Errorf("%q", got)
	}
	if left := must(os.ReadDir(dir)); len(left) != 2 {
		t.Error(left)
	}
	if err := content(t).Save(filepath.Join(dir, "none", "r")); fault.CodeOf(err) != fault.ReportUnwritable {
		t.Error(err)
	}
}

func TestFileThatIsTooLongKeepsItsEnd(t *testing.T) {
	c := &Content{}
	c.add("f", "none", append(bytes.Repeat([]byte("0123456\n"), maxFile/8), "last\n"...))
	f := c.Files[0]
	if len(f.Data) > maxFile || !bytes.HasSuffix(f.Data, []byte("last\n")) || !bytes.HasPrefix(f.Data, []byte("0123456\n")) || !strings.Contains(f.Redaction, "too long") {
		t.Errorf("%d bytes, %q", len(f.Data), f.Redaction)
	}
}

// machine is one whose files are in a directory and whose programs answer as told.
func machine(t *testing.T, files map[string]string, programs map[string]string) *Machine {
	t.Helper()
	m := Here("", "hanako")
	m.Root = t.TempDir()
	for name, text := range files {
		path := filepath.Join(m.Root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	m.Command = func(_ context.Context, name string, args ...string) ([]byte, error) {
		for program, output := range programs {
			if strings.HasPrefix(name+" "+strings.Join(args, " "), program) {
				return []byte(output), nil
			}
		}
		return nil, &exec.Error{Name: name, Err: exec.ErrNotFound}
	}
	return m
}

func TestCollectTakesNoMoreThanItShould(t *testing.T) {
	m := machine(t, map[string]string{
		"etc/os-release":                               "ID=debian\n",
		"proc/sys/kernel/osrelease":                    "6.1\n",
		"usr/lib/systemd/system/kazashid.service":      "[Service]\nExecStart=/usr/bin/kazashid\n",
		"etc/systemd/system/kazashid.service.d/a.conf": "[Service]\nEnvironment=A=secret1 \\\n  B=secret2\nSetCredential=pin:secret3\nReadWritePaths=/home/hanako/state\n",
	}, map[string]string{
		"dpkg-query": "pcscd 2.3.3-1\nlibccid 1.6.2-1\n",
		"journalctl": `{"MESSAGE":"started by hanako","PRIORITY":"6","_SYSTEMD_UNIT":"kazashid.service","__REALTIME_TIMESTAMP":"1764547200000000","_HOSTNAME":"kiosk-7","_CMDLINE":"secret4"}
{"MESSAGE":[255,216],"PRIORITY":"6","__REALTIME_TIMESTAMP":"1764547200000001"}
no JSON
`,
	})
	c := &Content{}
	if err := c.Collect(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	got := map[string]string{}
	for _, f := range c.Files {
		got[f.Name] = string(f.Data)
		fmt.Fprintf(&all, "%s %s %s\n", f.Name, f.Redaction, f.Data)
	}
	for _, secret := range []string{"secret", "hanako", "kiosk-7"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%s is in\n%s", secret, all.String())
		}
	}
	delete(got, "versions.json")
	line := `{"time":"2025-12-01T00:00:00Z","priority":"6","unit":"kazashid.service","message":"started by USER"}` + "\n"
	want := map[string]string{
		"system/os-release":                                  "ID=debian\n",
		"units/usr/lib/systemd/system/kazashid.service":      "[Service]\nExecStart=/usr/bin/kazashid\n",
		"units/etc/systemd/system/kazashid.service.d/a.conf": "[Service]\nEnvironment=(left out)\nSetCredential=(left out)\nReadWritePaths=/home/USER/state\n",
		"journal/kazashid.jsonl":                             line, "journal/pcscd.jsonl": line,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Versions.Packages["pcscd"] != "2.3.3-1" || c.Versions.Kernel != "6.1" || len(c.Missing) > 0 {
		t.Errorf("%+v %+v", c.Versions, c.Missing)
	}
}

// Where nothing can be had there is a report all the same, which says what is missing.
func TestCollectSaysWhatIsMissing(t *testing.T) {
	m := machine(t, nil, nil)
	m.Config = filepath.Join(m.Root, "none.yaml")
	c := &Content{}
	if err := c.Collect(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var what []string
	for _, missing := range c.Missing {
		what = append(what, missing.What)
	}
	if diff := cmp.Diff([]string{"packages", "config", "units", "journal of kazashid.service", "journal of pcscd.service"}, what); diff != "" {
		t.Error(diff)
	}
	if c.Manifest().Complete {
		t.Error("complete")
	}
}

// Without the daemon the configuration comes from its file, as the daemon would show it.
func TestCollectReadsTheConfiguration(t *testing.T) {
	m := machine(t, map[string]string{"k.yaml": "socket: {group: \"\"}\naccess: {technician: {users: [hanako], groups: []}}\nreader_key: {key: \"pkcs11:token=t;object=o?pin-value=4711\", certificate: /c}\n"}, nil)
	m.Config = filepath.Join(m.Root, "k.yaml")
	c := &Content{}
	if err := c.Collect(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Files {
		if f.Name == "system/config.json" {
			if text := string(f.Data); strings.Contains(text, "4711") || strings.Contains(text, "hanako") || !strings.Contains(text, `"users: 1"`) {
				t.Error(text)
			}
			return
		}
	}
	t.Errorf("no configuration; missing: %+v", c.Missing)
}
