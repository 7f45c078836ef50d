package databases

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newRebuild(a *store.Access) *cobra.Command {
	var detach bool
	cmd := &cobra.Command{
		Use:   "rebuild DATABASE",
		Short: "Make the index of a database anew from its rows",
		Long: "rebuild makes the index of a database anew and waits until that is done; searches go on with\n" +
			"the old one. What is interrupted leaves everything as it was. With --detach it does not wait, but\n" +
			"prints the number of the job, which memista jobs shows; that needs a server.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.With(cmd, func(s *store.Store) error { return rebuild(cmd, s, args[0], detach) })
		},
	}
	a.AddServer(cmd)
	cmd.Flags().BoolVar(&detach, "detach", false, "do not wait, and leave the job to the server")
	return cmd
}

func rebuild(cmd *cobra.Command, s *store.Store, database string, detach bool) error {
	if s.File != nil && detach {
		return flags.Usage("--detach leaves the job to a server: name it with --server")
	}
	j, err := s.StartRebuild(cmd.Context(), database)
	if err != nil {
		return err
	}
	if detach {
		fmt.Fprintf(cmd.OutOrStdout(), "job %d rebuilds the index of %q\n", j.ID, database)
		return nil
	}
	if j, err = await(cmd, s, j, cancel); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "index of %q rebuilt in %v\n", database, j.EndedAt.Sub(j.StartedAt).Round(time.Millisecond))
	return nil
}
