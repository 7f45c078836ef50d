package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/domain"
)

func newDrop(g *global) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "drop DATABASE",
		Short: "Remove a database with everything in it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes && !confirmed(cmd, args[0]) {
				return usage("nothing was dropped: answer yes, or give --yes")
			}
			return g.with(cmd.Context(), false, func(s store) error { return drop(cmd, s, args[0]) })
		},
	}
	g.addServer(cmd)
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

func drop(cmd *cobra.Command, s store, id string) error {
	existed, err := s.Drop(cmd.Context(), id)
	if err != nil {
		return err
	}
	if !existed {
		return domain.DatabaseNotFound(id)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "database %q dropped\n", id)
	return nil
}
