package transfer

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
)

func newRestore(a *store.Access) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in place as the data file",
		Long: "restore checks the backup in FILE and puts a copy of it in place as the data file\n" +
			"(--database-path), which no server may have open. A data file that is there stays, unless\n" +
			"--force is given. Every database begins a new life: index files of before are not believed and\n" +
			"made anew at the first use. FILE may also be a copy of a data file with its log (FILE-wal).",
		Example: "  memista restore monday.db --database-path data/memista.db",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.Load()
			if err != nil {
				return err
			}
			got, err := compose.Restore(cmd.Context(), args[0], cfg.Data.Path, force)
			if errors.Is(err, domain.ErrCorrupt) {
				return fmt.Errorf("%w: nothing was restored, try an older backup", err)
			}
			if errors.Is(err, domain.ErrConflict) {
				return fmt.Errorf("%w with --force", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d databases with %d chunks\n", cfg.Data.Path, got.Databases, got.Chunks)
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the data file that is there")
	return cmd
}
