package vpcd

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"go.uber.org/goleak"

	"kazashi/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script answers with what respond returns and counts its power-ups.
type script struct {
	resets  chan struct{}
	respond func(ctx context.Context, command []byte) ([]byte, error)
}

func (s *script) Respond(ctx context.Context, command []byte) ([]byte, error) {
	return s.respond(ctx, command)
}
func (s *script) Reset()      { s.resets <- struct{}{} }
func (s *script) ATR() []byte { return reader.ContactlessATR() }

func newScript(respond func(context.Context, []byte) ([]byte, error)) *script {
	return &script{resets: make(chan struct{}, 8), respond: respond}
}

// serve puts card into a slot and returns the reader's end of the connection and
// what Serve will return.
func serve(t *testing.T, ctx context.Context, card reader.Responder) (net.Conn, *Slot, <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	slot, err := Dial(ctx, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	done := make(chan error, 1)
	go func() { done <- slot.Serve(ctx, card) }()
	return conn, slot, done
}

func send(t *testing.T, conn net.Conn, payload ...byte) {
	t.Helper()
	// In two writes, as vpcd does.
	for _, b := range [][]byte{binary.BigEndian.AppendUint16(nil, uint16(len(payload))), payload} {
		if _, err := conn.Write(b); err != nil {
			t.Fatal(err)
		}
	}
}

func receive(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	var n [2]byte
	if _, err := io.ReadFull(conn, n[:]); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, binary.BigEndian.Uint16(n[:]))
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func echo(_ context.Context, command []byte) ([]byte, error) {
	return append(bytes.Clone(command), 0x90, 0), nil
}

func TestServe(t *testing.T) {
	card := newScript(echo)
	conn, _, done := serve(t, t.Context(), card)
	send(t, conn, getATR)
	if atr := receive(t, conn); !bytes.Equal(atr, card.ATR()) {
		t.Errorf("ATR %X", atr)
	}
	send(t, conn, powerOn)
	<-card.resets
	send(t, conn, reset)
	<-card.resets
	send(t, conn, powerOff)
	send(t, conn) // an empty frame asks for nothing
	command := []byte{0, 0xa4, 4, 0}
	send(t, conn, command...)
	if got := receive(t, conn); !bytes.Equal(got, append(command, 0x90, 0)) {
		t.Errorf("answer %X", got)
	}
	_ = conn.Close()
	if err := <-done; !errors.Is(err, ErrEjected) {
		t.Errorf("served until %v", err)
	}
}

func TestServeLargestAnswer(t *testing.T) {
	for _, size := range []int{Limits.ResponseData, Limits.ResponseData + 1} {
		card := newScript(func(context.Context, []byte) ([]byte, error) { return make([]byte, size+2), nil })
		conn, _, done := serve(t, t.Context(), card)
		send(t, conn, 0, 0xb0, 0, 0)
		if size <= Limits.ResponseData {
			if got := receive(t, conn); len(got) != size+2 {
				t.Errorf("%d bytes of %d", len(got), size+2)
			}
			_ = conn.Close()
			<-done
			continue
		}
		if err := <-done; err == nil || errors.Is(err, ErrEjected) {
			t.Errorf("%d data bytes: %v", size, err)
		}
	}
}

func TestF02_CardThatLeavesIsTakenOut(t *testing.T) {
	card := newScript(func(context.Context, []byte) ([]byte, error) { return nil, reader.ErrCardRemoved })
	conn, _, done := serve(t, t.Context(), card)
	send(t, conn, 0, 0xb0, 0, 0)
	if err := <-done; !errors.Is(err, reader.ErrCardRemoved) {
		t.Errorf("served until %v", err)
	}
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the reader still gets %d bytes, %v", n, err)
	}
}

func TestResponderEndsWithTheConnection(t *testing.T) {
	for name, act := range map[string]func(conn net.Conn, slot *Slot, cancel func()){
		"reader gone": func(conn net.Conn, _ *Slot, _ func()) { _ = conn.Close() },
		"closed":      func(_ net.Conn, slot *Slot, _ func()) { _ = slot.Close() },
		"cancelled":   func(_ net.Conn, _ *Slot, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			thinking := make(chan struct{})
			card := newScript(func(ctx context.Context, _ []byte) ([]byte, error) {
				close(thinking)
				<-ctx.Done()
				return nil, ctx.Err()
			})
			conn, slot, done := serve(t, ctx, card)
			send(t, conn, 0, 0xb0, 0, 0)
			<-thinking
			act(conn, slot, cancel)
			want := ErrEjected
			if name == "cancelled" {
				want = context.Canceled
			}
			if err := <-done; !errors.Is(err, want) {
				t.Errorf("served until %v, want %v", err, want)
			}
		})
	}
}

func TestUnknownControlCodeEndsService(t *testing.T) {
	conn, _, done := serve(t, t.Context(), newScript(echo))
	send(t, conn, 99)
	if err := <-done; err == nil || errors.Is(err, ErrEjected) {
		t.Errorf("served until %v", err)
	}
}

func TestDialRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	if slot, err := Dial(t.Context(), address); err == nil {
		t.Errorf("connected to nothing: %v", slot)
	}
}
