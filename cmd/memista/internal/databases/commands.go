// Package databases is the commands about databases as a whole: what there is, their
// settings and their indexes.
package databases

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
)

// Commands returns the commands of this package, each of which is a file of its own.
func Commands(a *store.Access) []*cobra.Command {
	return []*cobra.Command{
		newCreate(a), newAlter(a), newDatabases(a), newStats(a), newRecall(a), newRebuild(a), newReembed(a), newAliases(a), newDrop(a),
	}
}
