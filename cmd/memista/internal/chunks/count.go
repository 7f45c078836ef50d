package chunks

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newCount(a *store.Access) *cobra.Command {
	var filter flags.Filter
	cmd := &cobra.Command{
		Use:   "count DATABASE",
		Short: "Count chunks",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.With(cmd, func(s *store.Store) error {
				n, err := s.Count(cmd.Context(), args[0], filter.Given)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), n)
				}
				return err
			})
		},
	}
	a.AddServer(cmd)
	filter.Add(cmd)
	return cmd
}
