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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := cli.Run(ctx, cli.Process{
		Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	stop()
	os.Exit(status)
}
