// Command memista is a vector search service: a server, and commands that work on its
// data files or on a running server.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/service"
	"github.com/memista/memista/split/pdf"
)

// Set by the linker, see Makefile.
var version, commit string

func main() {
	pdf.Subprocess()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, service.ThisBuild(version, commit), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
