package chunks

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newValues(a *store.Access) *cobra.Command {
	var filter flags.Filter
	var limit int
	cmd := &cobra.Command{
		Use:     "values DATABASE FIELD",
		Short:   "Count the chunks with each value of a field",
		Long:    "values prints which values a field of the metadata has, and how many chunks have each, those of\nmost chunks first. A chunk with an array there counts for each of its elements.",
		Example: `  memista values my_app source --filter '{"page": {"$gte": 3}}'`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return flags.Usage("--limit must be at least 1")
			}
			return a.With(cmd, func(s *store.Store) error {
				found, err := s.CountValues(cmd.Context(), args[0], args[1], &api.ValuesOptions{Limit: limit, Filter: filter.Given})
				if err != nil {
					return err
				}
				return printValues(cmd, found)
			})
		},
	}
	a.AddServer(cmd)
	filter.Add(cmd)
	cmd.Flags().IntVar(&limit, "limit", 10, "values at most")
	return cmd
}

// printValues prints a line per value, which is written as JSON.
func printValues(cmd *cobra.Command, found api.Values) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, v := range found.Values {
		value, err := json.Marshal(v.Value)
		if err != nil { // an infinity
			value = fmt.Append(nil, v.Value)
		}
		fmt.Fprintf(w, "%d\t%s\n", v.Chunks, value)
	}
	if more := found.Distinct - len(found.Values); more > 0 {
		fmt.Fprintf(w, "…\t%d more values\n", more)
	}
	return w.Flush()
}
