package cli

import (
	"context"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kazashi/cmd/internal/asked"
	"kazashi/configs"
	"kazashi/reader/loopback"
	"kazashi/session"
	"kazashi/session/fault"
	"kazashi/session/holder"
	"kazashi/session/key"
	"kazashi/session/mdoc"
	"kazashi/session/specimen"
	"kazashi/session/trust"
	"kazashi/session/verify"
)

// kept is a specimen tap in files, for `kazashi verify`. It is made in this process
// with authorities of its own: what a daemon reads, no command can write down.
type kept struct {
	Response   string `json:"response"`
	Transcript string `json:"transcript"`
	Trust      string `json:"trust"`
	At         string `json:"at"` // RFC 3339
}

// checkKeep refuses a directory that holds anything.
func checkKeep(dir string) error {
	files, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Wrap(fault.Usage, err, "--keep")
	case len(files) > 0:
		return fault.New(fault.Usage, "--keep %s: the directory is not empty", dir)
	}
	return nil
}

// keepTap performs a tap and writes what the phone answered to a directory.
func keepTap(ctx context.Context, dir string, at time.Time) (*kept, error) {
	if err := checkKeep(dir); err != nil { // somebody may have been quicker
		return nil, err
	}
	at = at.UTC().Truncate(time.Second)
	pki, err := specimen.NewPKI(elliptic.P256(), at)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "making specimen authorities")
	}
	answer, err := specimenTap(ctx, pki, at)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Usage, err, "--keep")
	}
	k := &kept{
		Response: filepath.Join(dir, "response.cbor"), Transcript: filepath.Join(dir, "transcript.cbor"),
		Trust: filepath.Join(dir, "iaca.pem"), At: at.Format(time.RFC3339),
	}
	iaca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.IACA.Certificate.Raw})
	for _, f := range []struct {
		name    string
		content []byte
	}{{k.Response, answer.Response}, {k.Transcript, answer.Transcript}, {k.Trust, iaca}} {
		if err := writeNew(f.name, f.content); err != nil {
			return nil, fault.Wrap(fault.Usage, err, "--keep")
		}
	}
	return k, nil
}

// specimenTap asks a specimen phone on the in-process reader for the usual profile,
// and returns its answer once that is verified.
func specimenTap(ctx context.Context, pki *specimen.PKI, at time.Time) (holder.Answer, error) {
	var answer holder.Answer
	request, err := usualRequest()
	if err != nil {
		return answer, err
	}
	phone, err := holder.New(holder.Options{PKI: pki, At: at, Keep: func(a holder.Answer) {
		answer = holder.Answer{Response: slices.Clone(a.Response), Transcript: slices.Clone(a.Transcript)}
	}})
	if err != nil {
		return answer, fault.Wrap(fault.Internal, err, "making a specimen phone")
	}
	auth, err := key.New(pki.Reader.Key, pki.Reader.Certificate)
	if err != nil {
		return answer, err
	}
	const name = "demo"
	tray := loopback.New(name)
	tray.Insert(phone)
	defer tray.Remove()
	card, err := tray.Open(ctx, name)
	if err != nil {
		return answer, session.Coded(err)
	}
	defer func() { _ = card.Close() }()
	verified, err := session.Run(ctx, session.Tap{
		Card: card, Request: request, ReaderAuth: auth,
		Verifier: &verify.Verifier{
			Trust: trust.NewStore([]trust.Anchor{{Certificate: pki.IACA.Certificate, Specimen: true}},
				trust.Options{AcceptSpecimen: true}),
			Now: func() time.Time { return at },
		},
	})
	verified.Wipe()
	return answer, err
}

// usualRequest is what the usual profile asks for, as it comes with the program.
func usualRequest() (mdoc.Request, error) {
	profiles, err := configs.LoadProfiles("")
	if err != nil {
		return mdoc.Request{}, err
	}
	for _, p := range profiles {
		if p.Name != usualProfile {
			continue
		}
		shown, err := asked.Profile(p)
		return asked.Request(shown.Asked), err
	}
	return mdoc.Request{}, fault.New(fault.Internal, "no profile %s", usualProfile)
}

// writeNew writes a file that must not exist yet.
func writeNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// showKept tells what to do with the files.
func (a *app) showKept(k *kept) {
	a.out.line(plain, "")
	a.out.say(plain, "", phrase{
		"見本のタップをもう一度行い、応答を保存しました。次のコマンドで検証できます:",
		"one more specimen tap was kept in files; this judges it:"}.in(a.lang))
	// Not wrapped: a broken path cannot be copied.
	for i, line := range []string{
		"kazashi verify --response " + quoted(k.Response), "--transcript " + quoted(k.Transcript),
		"--trust " + quoted(k.Trust), "--at " + k.At,
	} {
		indent, end := "    ", " \\"
		if i == 0 {
			indent = "  "
		}
		if strings.HasPrefix(line, "--at") {
			end = ""
		}
		a.out.line(plain, indent+printable(line)+end)
	}
}

// quoted returns a path as a shell takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t\n'\"\\$`&;|<>()*?[]#~!{}") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
