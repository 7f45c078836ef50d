// Package service is the commands about the program and its server: to serve callers and
// agents, to see to keys and jobs, to check the data file.
package service

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
)

// Commands returns the commands of this package, each of which is a file of its own.
func Commands(a *store.Access, b Build) []*cobra.Command {
	return []*cobra.Command{newServe(a, b), newJobs(a), newKeys(a), newVerify(a), newVersion(b), newMCP(a, b)}
}
