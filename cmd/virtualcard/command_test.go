package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kazashi/cmd/internal/usage"
)

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"--frobnicate"}, "unknown flag: --frobnicate"},
		{[]string{"--behaviour", "rude"}, `--behaviour: there is no "rude"`},
		{[]string{"--document", "passport"}, `--document: "passport" is none of mnc, mdl and both`},
		{[]string{"--handover", "qr"}, `--handover: "qr" is neither static nor negotiated`},
		{[]string{"--once", "--taps", "3"}, "--once and --taps exclude each other"},
		{[]string{"--taps", "-1"}, "--taps: -1 is less than 0"},
	} {
		var stdout, stderr bytes.Buffer
		exit := run(t.Context(), tt.args, &stdout, &stderr)
		want := "virtualcard: error: " + tt.want + "\nvirtualcard: hint: virtualcard --help shows how to use it\n"
		if exit != exitUsage || stderr.String() != want || stdout.Len() > 0 {
			t.Errorf("%q: exit %d\n%s%s", tt.args, exit, stdout.String(), stderr.String())
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if exit := run(t.Context(), []string{"--help"}, &stdout, &stderr); exit != 0 || !strings.Contains(stdout.String(), "usage:\n  virtualcard [FLAGS]\n") {
		t.Errorf("exit %d, %s%s", exit, stdout.String(), stderr.String())
	}
	for line := range strings.Lines(stdout.String()) {
		if len(strings.TrimSuffix(line, "\n")) > usage.Columns {
			t.Errorf("line of %d columns: %s", len(line)-1, line)
		}
	}
	stdout.Reset()
	if exit := run(t.Context(), []string{"--version"}, &stdout, &stderr); exit != 0 || !strings.HasPrefix(stdout.String(), "virtualcard ") {
		t.Errorf("exit %d, %s", exit, stdout.String())
	}
}

func TestNoVirtualReader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // nobody listens there now
	var stdout, stderr bytes.Buffer
	exit := run(t.Context(), []string{"--vpcd", address}, &stdout, &stderr)
	if exit != exitUnavailable || !strings.Contains(stderr.String(), address) || !strings.Contains(stderr.String(), "\nvirtualcard: hint: ") {
		t.Errorf("exit %d, %s", exit, stderr.String())
	}
}

func TestLoadPKI(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	now := time.Now()
	first, made, err := loadPKI(dir, now)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	second, made, err := loadPKI(dir, now)
	if err != nil || made {
		t.Fatalf("made %v, %v", made, err)
	}
	if !first.IACA.Certificate.Equal(second.IACA.Certificate) {
		t.Error("the second phone has another issuer")
	}
	if err := os.Remove(filepath.Join(dir, "iaca.cert.pem")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadPKI(dir, now); err == nil {
		t.Error("half a PKI was taken")
	}
	if _, _, err := loadPKI(filepath.Join(dir, "ds.cert.pem"), now); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// A reader that powers the phone up, sends one command and goes away.
func TestReaderThatGoesAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan []byte, 1)
	go func() {
		defer func() { _ = l.Close() }()
		conn, err := l.Accept()
		if err != nil {
			close(answered)
			return
		}
		const powerOn = 1
		unknown := []byte{0x00, 0xA4, 0x04, 0x00, 0x02, 0xF0, 0x01, 0x00} // SELECT F001
		_, _ = conn.Write(append([]byte{0, 1, powerOn, 0, byte(len(unknown))}, unknown...))
		header := make([]byte, 2)
		_, _ = io.ReadFull(conn, header)
		answer := make([]byte, binary.BigEndian.Uint16(header))
		_, _ = io.ReadFull(conn, answer)
		_ = conn.Close()
		answered <- answer
	}()
	var stdout, stderr bytes.Buffer
	exit := run(t.Context(), []string{"--vpcd", l.Addr().String()}, &stdout, &stderr)
	if got := <-answered; !bytes.Equal(got, []byte{0x6A, 0x82}) {
		t.Errorf("answer % X", got)
	}
	if exit != exitUnavailable || !strings.Contains(stderr.String(), "closed the slot") {
		t.Errorf("exit %d, %s", exit, stderr.String())
	}
	if !strings.Contains(stdout.String(), "SELECT            8 bytes ->     2 bytes, 6A82") {
		t.Errorf("the command is not written down:\n%s", stdout.String())
	}
}

func TestInterrupted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err == nil {
			interrupt()
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	var stdout, stderr bytes.Buffer
	if exit := run(ctx, []string{"--vpcd", l.Addr().String()}, &stdout, &stderr); exit != exitInterrupted || stderr.String() != "virtualcard: interrupted\n" {
		t.Errorf("exit %d, %s", exit, stderr.String())
	}
}
