package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"kazashi/reader/pcsc"
	"kazashi/reader/pcsctest"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(holdVariable); name != "" {
		hold(name)
		return
	}
	time.Local = time.FixedZone("JST", 9*60*60) // what is shown is local time
	pcsctest.Main(m, func() error { return os.RemoveAll(programsMade) })
}

// holdVariable makes the test binary a program that holds the reader which it names.
const holdVariable = "KAZASHI_TEST_HOLD"

// hold opens the card on a reader, says so, and keeps it until its input ends.
func hold(name string) {
	card, err := pcsc.New(pcsc.Options{}).Open(context.Background(), name)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = card.Close()
}
