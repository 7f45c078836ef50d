package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// filterFlag is the flag --filter.
type filterFlag struct{ f *domain.Filter }

func (v *filterFlag) add(cmd *cobra.Command) {
	cmd.Flags().Var(v, "filter", `only chunks that this filter selects, as in '{"page": {"$gte": 3}}'`)
}

// Set parses the filter.
func (v *filterFlag) Set(text string) error {
	f, err := domain.ParseFilter([]byte(text))
	v.f = &f
	return err
}

// String returns the filter as JSON.
func (v *filterFlag) String() string {
	if v.f == nil {
		return ""
	}
	return v.f.String()
}

// Type names the kind of value in the help.
func (v *filterFlag) Type() string { return "json" }

// sent returns f as library and client take it; nil is none.
func sent(f *domain.Filter) *api.Filter {
	if f == nil {
		return nil
	}
	return api.FilterJSON(f.String())
}

func newCount(g *global) *cobra.Command {
	var filter filterFlag
	cmd := &cobra.Command{
		Use:   "count DATABASE",
		Short: "Count chunks",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.with(cmd.Context(), false, func(s store) error {
				n, err := s.api().Count(cmd.Context(), args[0], sent(filter.f))
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), n)
				}
				return err
			})
		},
	}
	g.addServer(cmd)
	filter.add(cmd)
	return cmd
}

// deleteWhere deletes what a filter selects; nothing else may be named beside it.
func (g *global) deleteWhere(cmd *cobra.Command, args []string, refs refFlags, f *domain.Filter) error {
	if len(args) > 1 || len(refs.keys) > 0 {
		return usage("give either ids, --key or --filter")
	}
	if f.IsAll() {
		return usage("the filter cannot be empty: memista drop removes everything")
	}
	return g.with(cmd.Context(), false, func(s store) error {
		n, err := s.api().DeleteWhere(cmd.Context(), args[0], sent(f))
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%d deleted\n", n)
		}
		return err
	})
}
