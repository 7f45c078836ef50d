package databases

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

func newDrop(a *store.Access) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "drop DATABASE",
		Short: "Remove a database with everything in it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes && !confirmed(cmd, args[0]) {
				return flags.Usage("nothing was dropped: answer yes, or give --yes")
			}
			return a.With(cmd, func(s *store.Store) error { return drop(cmd, s.Database(args[0])) })
		},
	}
	a.AddServer(cmd)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// confirmed asks whether to go on; the end of the input is a no.
func confirmed(cmd *cobra.Command, database string) bool {
	fmt.Fprintf(cmd.ErrOrStderr(), "Remove database %q with everything in it? [yes/no] ", database)
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n') // what was read counts
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

func drop(cmd *cobra.Command, d *api.Database) error {
	// A database that cannot be read can be dropped all the same.
	info, err := d.Describe(cmd.Context())
	switch {
	case errors.Is(err, domain.ErrNotFound):
		return domain.DatabaseNotFound(d.ID())
	case err == nil && info.ID != d.ID():
		return domain.Errorf(domain.ErrInvalid, "'%s' is an alias of Database '%s': drop that, or delete the alias", d.ID(), info.ID)
	}
	if err := d.Drop(cmd.Context()); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "database %q dropped\n", d.ID())
	return nil
}
