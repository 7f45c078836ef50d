// Package chunks is the commands that put chunks into a database, find them and take them out.
package chunks

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
)

// Commands returns the commands of this package, each of which is a file of its own.
func Commands(a *store.Access) []*cobra.Command {
	return []*cobra.Command{
		newInsert(a), newGet(a), newPatch(a), newDelete(a), newList(a), newCount(a), newValues(a), newSample(a), newSearch(a), newAsk(a),
	}
}
