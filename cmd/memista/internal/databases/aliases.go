package databases

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newAliases(a *store.Access) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "aliases [ALIAS=DATABASE…]",
		Short: "List the aliases of databases, or change them",
		Long: "aliases lists other names of databases, which stand for them wherever chunks are read or written.\n" +
			"With arguments it changes them, all at once or none: ALIAS=DATABASE makes an alias, or moves one that\n" +
			"is there, and ALIAS= deletes one.",
		Example: "  memista aliases current=docs-2\n  memista aliases current=docs-3 old=",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			actions, err := readAliases(args)
			if err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error {
				if len(actions) == 0 {
					return listAliases(cmd, s)
				}
				return s.ChangeAliases(cmd.Context(), actions...)
			})
		},
	}
	a.AddServer(cmd)
	return cmd
}

// readAliases returns what the arguments ask for. An id cannot contain an equals sign, but an
// alias may.
func readAliases(args []string) (actions []api.AliasAction, err error) {
	for _, arg := range args {
		at := strings.LastIndexByte(arg, '=')
		switch {
		case at <= 0:
			return nil, flags.Usage("an alias is given as ALIAS=DATABASE, or ALIAS= to delete it, got %q", arg)
		case at == len(arg)-1:
			actions = append(actions, api.DeleteAlias(arg[:at]))
		default:
			actions = append(actions, api.CreateAlias(arg[:at], arg[at+1:]))
		}
	}
	return actions, nil
}

func listAliases(cmd *cobra.Command, s *store.Store) error {
	list, err := s.Aliases(cmd.Context())
	if err != nil {
		return err
	}
	w := output.Table(cmd.OutOrStdout())
	fmt.Fprintln(w, "ALIAS\tDATABASE")
	for _, a := range list {
		fmt.Fprintf(w, "%s\t%s\n", a.Alias, a.Database)
	}
	return w.Flush()
}
