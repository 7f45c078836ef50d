package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

func newDatabases(g *global) *cobra.Command {
	var asJSON bool
	var in app.ListDatabases
	cmd := &cobra.Command{
		Use:   "databases",
		Short: "List the databases",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.with(cmd.Context(), false, func(s store) error { return list(cmd, s, in, asJSON) })
		},
	}
	g.addServer(cmd)
	cmd.Flags().StringVar(&in.Prefix, "prefix", "", "only databases whose ids begin so")
	cmd.Flags().StringVar(&in.After, "after", "", "only databases with ids behind this one")
	cmd.Flags().IntVar(&in.Limit, "limit", 0, "how many databases at most; 0 is all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per database")
	return cmd
}

func list(cmd *cobra.Command, s store, in app.ListDatabases, asJSON bool) error {
	page, err := s.ListDatabases(cmd.Context(), in)
	if err != nil {
		return err
	}
	if err := printDatabases(cmd, page.Databases, asJSON); err != nil {
		return err
	}
	if page.Next != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "memista: more databases follow: --after %s prints the next ones\n", page.Next)
	}
	return nil
}

func printDatabases(cmd *cobra.Command, all []domain.Database, asJSON bool) error {
	if !asJSON {
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "DATABASE\tCHUNKS\tDIMENSIONS\tMETRIC\tVECTORS\tCREATED")
		for _, d := range all {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", d.ID, d.Chunks, d.Dims, d.Metric, humanize.IBytes(vectorBytes(d)), d.CreatedAt.UTC().Format(time.DateTime))
		}
		return w.Flush()
	}
	for _, d := range all {
		err := printJSON(cmd.OutOrStdout(), struct {
			ID        string    `json:"id"`
			Chunks    int64     `json:"chunks"`
			Dims      int       `json:"dimensions"`
			Metric    string    `json:"metric"`
			Vectors   uint64    `json:"vector_bytes"`
			Sequence  int64     `json:"sequence"`
			CreatedAt time.Time `json:"created_at"`
		}{d.ID, d.Chunks, d.Dims, string(d.Metric), vectorBytes(d), d.Sequence, d.CreatedAt.UTC()})
		if err != nil {
			return err
		}
	}
	return nil
}

// vectorBytes is what the embeddings of d take, as float32.
func vectorBytes(d domain.Database) uint64 { return 4 * uint64(d.Chunks) * uint64(d.Dims) }
