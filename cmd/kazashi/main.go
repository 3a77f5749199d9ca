// Kazashi is the command for technicians and developers; package
// kazashi/cmd/internal/cli is its manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"kazashi/cmd/internal/cli"
)

func main() {
	// Somebody who reads the first lines only must not end the demo before it has
	// cleaned up: a write to a closed pipe is an error like another.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := cli.Run(ctx, cli.Process{
		Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	stop()
	os.Exit(status)
}
