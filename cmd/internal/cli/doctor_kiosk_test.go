package cli

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kazashi/cmd/internal/doctor"
	"kazashi/reader/pcsc"
	"kazashi/reader/pcsctest"
	"kazashi/session/fault"
	"kazashi/session/specimen"
	"kazashi/transport/client"
)

// Users of nobody: the one that the kiosk's daemon runs as, and a stranger.
const (
	kioskUser    = 61234
	strangerUser = 61235
)

// programsMade is where programs are once they were made; the end of the tests removes it.
var programsMade string

// programs are the commands as they are installed; only they can run as another user.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kazashi-programs")
	if err != nil {
		return "", err
	}
	programsMade = dir
	out, err := exec.Command("go", "build", "-o", dir+"/", "kazashi/cmd/kazashi", "kazashi/cmd/kazashid").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return dir, os.Chmod(dir, 0o755)
})

// A kiosk is a terminal that works: files, a pcscd with a reader, the daemon, and the
// few things of a machine that a test cannot have for real.
type kiosk struct {
	*testing.T
	dir     string // of all its files
	service *pcsctest.Service
	config  map[string]string // by the section of the file
	root    string            // what stands for the machine's /sys and /etc
	now     time.Time
	flags   []string // of the daemon
	pki     *specimen.PKI
	daemon  *exec.Cmd
	exited  chan struct{} // of the daemon
}

func newKiosk(t *testing.T) *kiosk {
	t.Helper()
	if !pcsc.Supported {
		t.Skip("built without PC/SC")
	}
	k := &kiosk{T: t, service: pcsctest.Start(t), now: time.Now()}
	var err error
	if k.dir, err = os.MkdirTemp("", "kiosk"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(k.dir) })
	if k.pki, err = specimen.NewPKI(elliptic.P256(), k.now); err != nil {
		t.Fatal(err)
	}
	k.check(os.Chmod(k.dir, 0o755))
	for _, dir := range []string{"state", "lists/crl", "profiles"} {
		k.check(os.MkdirAll(k.path(dir), 0o755))
	}
	k.config = map[string]string{
		"socket":     `{path: ` + k.path("s") + `, mode: "0660", group: ""}`,
		"access":     `{observer: {groups: []}, issuer: {groups: []}, technician: {groups: []}}`,
		"reader":     `{include: "Virtual PCD 00 00"}`,
		"reader_key": `{key: ` + k.path("reader.key.pem") + `, certificate: ` + k.path("reader.pem") + `}`,
		"trust":      `{anchors: [{path: ` + k.path("iaca.pem") + `, doc_types: [org.iso.23220.1.jp.mnc, org.iso.18013.5.1.mDL]}], dir: ` + k.path("lists") + `}`,
		"clock":      `{max_unsynced: 0s}`, // as the machine that runs the test has it
		"ledger":     `{path: ` + k.path("state/ledger") + `}`,
	}
	k.issuer(k.now.AddDate(-1, 0, 0), k.now.AddDate(5, 0, 0))
	k.crl(k.now.AddDate(0, 0, 7))
	k.readerKey(k.pki)
	k.machine()
	return k
}

func (k *kiosk) path(name string) string { return filepath.Join(k.dir, name) }

func (k *kiosk) check(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// write makes a file that the kiosk's user may read.
func (k *kiosk) write(name string, content []byte) {
	k.Helper()
	k.check(os.MkdirAll(filepath.Dir(k.path(name)), 0o755))
	k.check(os.WriteFile(k.path(name), content, 0o644))
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// issuer makes the certificate of the issuer anew, for a time: that of the specimen
// authorities with a name that production accepts.
func (k *kiosk) issuer(from, until time.Time) {
	k.Helper()
	template := *k.pki.IACA.Certificate
	template.RawSubject, template.Subject = nil, pkix.Name{CommonName: "Kiosk IACA", Country: []string{"JP"}}
	template.NotBefore, template.NotAfter = from, until
	template.ExtraExtensions = template.Extensions
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, k.pki.IACA.Key.Public(), k.pki.IACA.Key)
	k.check(err)
	k.write("iaca.pem", pemOf("CERTIFICATE", der))
}

// crl publishes what the issuer revoked: nothing, until a time.
func (k *kiosk) crl(until time.Time) {
	k.Helper()
	content, err := os.ReadFile(k.path("iaca.pem"))
	k.check(err)
	block, _ := pem.Decode(content)
	issuer, err := x509.ParseCertificate(block.Bytes)
	k.check(err)
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: k.now.AddDate(0, -2, 0), NextUpdate: until}
	der, err := x509.CreateRevocationList(rand.Reader, list, issuer, k.pki.IACA.Key)
	k.check(err)
	k.write("lists/crl/kiosk.crl", der)
}

func (k *kiosk) readerKey(pki *specimen.PKI) {
	k.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(pki.Reader.Key)
	k.check(err)
	k.write("reader.key.pem", pemOf("PRIVATE KEY", der))
	k.check(os.Chmod(k.path("reader.key.pem"), 0o400))
	k.write("reader.pem", pemOf("CERTIFICATE", pki.Reader.Certificate.Raw))
}

// ccidDevice is what a CCID reader tells of itself: a device, a configuration, an
// interface of the smart card class and its own descriptor with dwFeatures.
func ccidDevice(features byte) []byte {
	d := make([]byte, 18+9+9+54)
	d[0], d[1] = 18, 0x01
	d[18], d[19] = 9, 0x02
	d[27], d[28], d[32] = 9, 0x04, 0x0b
	ccid := d[36:]
	ccid[0], ccid[1] = 54, 0x21
	ccid[42] = features // bits 16 to 23 of dwFeatures
	ccid[44], ccid[45] = 0x0f, 0x01
	return d
}

// The levels of exchange in dwFeatures.
const (
	shortAPDUs    = 0x02
	extendedAPDUs = 0x04
)

// machine makes the files of a machine with a reader on USB and without systemd. All
// else of it is the real one.
func (k *kiosk) machine() {
	k.root = k.path("root")
	for _, dir := range []string{"proc", "usr"} {
		k.check(os.MkdirAll(k.root, 0o755))
		k.check(os.Symlink("/"+dir, filepath.Join(k.root, dir)))
	}
	k.check(os.MkdirAll(filepath.Join(k.root, "run"), 0o755))
	k.check(os.Symlink("/run/pcscd", filepath.Join(k.root, "run/pcscd")))
	k.plug(extendedAPDUs)
}

const usbDevice = "root/sys/bus/usb/devices/1-1"

func (k *kiosk) plug(features byte) {
	k.write(usbDevice+"/idVendor", []byte("072f\n"))
	k.write(usbDevice+"/idProduct", []byte("223b\n"))
	k.write(usbDevice+"/manufacturer", []byte("ACS\n"))
	k.write(usbDevice+"/product", []byte("ACR1252 Dual Reader\n"))
	k.write(usbDevice+"/descriptors", ccidDevice(features))
}

// start starts the daemon, as a user of its own where that can be, and returns when it
// listens or has ended.
func (k *kiosk) start() {
	k.Helper()
	var file strings.Builder
	for section, value := range k.config {
		file.WriteString(section + ": " + value + "\n")
	}
	k.write("kazashid.yaml", []byte(file.String()))
	bin, err := programs()
	k.check(err)
	cmd := exec.Command(filepath.Join(bin, "kazashid"), append([]string{"--config", k.path("kazashid.yaml")}, k.flags...)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		for _, own := range []string{"", "state", "reader.key.pem"} {
			if info, err := os.Stat(k.path(own)); err == nil && info.Mode().Perm() != 0 {
				k.check(os.Chown(k.path(own), kioskUser, kioskUser))
			}
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: kioskUser, Gid: kioskUser}
	}
	k.check(cmd.Start())
	k.daemon = cmd
	k.exited = make(chan struct{})
	go func() {
		defer close(k.exited)
		_ = cmd.Wait()
	}()
	k.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		<-k.exited
		if k.Failed() {
			k.Logf("the daemon's log:\n%s", log.String())
		}
	})
	k.await("the daemon", func() bool { return k.serves() })
}

// await waits until something is so, or the daemon has ended.
func (k *kiosk) await(what string, done func() bool) {
	k.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-k.exited:
			return // what is wrong with it is for doctor to say
		case <-late.C:
			k.Fatalf("%s did not come", what)
		}
	}
}

// serves reports whether the daemon answers, if only to say that this user has no role.
func (k *kiosk) serves() bool {
	c, err := client.Dial(k.path("s"))
	if err != nil {
		return fault.CodeOf(err) == fault.Forbidden
	}
	defer func() { _ = c.Close() }()
	_, err = c.Status(k.Context())
	return err == nil || fault.CodeOf(err) == fault.Forbidden
}

// doctor examines the kiosk, as the user of the test.
func (k *kiosk) doctor() examination {
	k.Helper()
	var out, errs bytes.Buffer
	exit := Run(k.Context(), Process{
		Args:   []string{"doctor", "--json", "--config", k.path("kazashid.yaml")},
		Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs,
		seam: func(w *doctor.World) {
			w.Root, w.Now, w.Synchronised = k.root, func() time.Time { return k.now }, func() (bool, error) { return true, nil }
		},
	})
	return k.examined(exit, out.Bytes(), errs.String())
}

// doctorAs examines the kiosk as another user.
func (k *kiosk) doctorAs(uid uint32, flags ...string) examination {
	k.Helper()
	if os.Getuid() != 0 {
		k.Skip("only root can be another user")
	}
	bin, err := programs()
	k.check(err)
	cmd := exec.Command(filepath.Join(bin, "kazashi"), append([]string{"doctor", "--json", "--config", k.path("kazashid.yaml")}, flags...)...)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		k.Fatal(err)
	}
	return k.examined(cmd.ProcessState.ExitCode(), out, errs.String())
}

func (k *kiosk) examined(exit int, out []byte, errs string) examination {
	k.Helper()
	var x examination
	if err := json.Unmarshal(out, &x); err != nil || errs != "" {
		k.Fatalf("%v\n%s%s", err, out, errs)
	}
	if x.Exit != exit {
		k.Errorf("exit %d, and the report says %d", exit, x.Exit)
	}
	return x
}
