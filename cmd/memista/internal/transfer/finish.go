package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// finishIndex makes the index of a database in the data file whole, and saves it. A server
// does so by itself.
func finishIndex(cmd *cobra.Command, s *store.Store, database string) error {
	if s.File == nil {
		return nil
	}
	m := output.NewMeter(cmd.ErrOrStderr(), 0)
	err := s.File.FinishIndex(cmd.Context(), database, m.TellIndex)
	m.End()
	switch {
	case errors.Is(err, domain.ErrNotFound):
		return nil // there were no rows, or it was dropped meanwhile
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped while the index of %q was made: all rows are stored, and the next command that searches goes on with it", database)
	}
	return err
}
