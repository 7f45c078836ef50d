// Package transfer is the commands that take whole files in and out: folders that are added,
// imports, backups and what puts them in place.
package transfer

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
)

// Commands returns the commands of this package, each of which is a file of its own.
func Commands(a *store.Access) []*cobra.Command {
	return []*cobra.Command{newAdd(a), newImport(a), newBackup(a), newRestore(a)}
}
