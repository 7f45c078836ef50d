package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/store"
)

// absent reports whether there is no database called database.
func absent(ctx context.Context, s *store.Store, database string) (bool, error) {
	_, err := s.Describe(ctx, database)
	if errors.Is(err, api.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// undo takes away a database that an import which failed has made, if nothing was ever stored
// in it. At a server others may store in it at any moment, so that it stays, which is said.
func undo(cmd *cobra.Command, s *store.Store, database string) error {
	ctx := context.WithoutCancel(cmd.Context()) // the import may have failed because that ended
	info, err := s.Describe(ctx, database)
	switch {
	case errors.Is(err, api.ErrNotFound) || err == nil && (info.Chunks > 0 || info.Sequence > 0):
		return nil
	case err != nil:
		return err
	case s.File == nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "the database %q was made, and is empty: memista drop %s removes it\n", database, database)
		return nil
	}
	return s.Drop(ctx, database)
}
