package databases

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newDatabases(a *store.Access) *cobra.Command {
	var asJSON bool
	var o api.DatabasesOptions
	cmd := &cobra.Command{
		Use:   "databases",
		Short: "List the databases",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.With(cmd, func(s *store.Store) error { return list(cmd, s, &o, asJSON) })
		},
	}
	a.AddServer(cmd)
	cmd.Flags().StringVar(&o.Prefix, "prefix", "", "only databases whose ids begin so")
	cmd.Flags().StringVar(&o.After, "after", "", "only databases with ids behind this one")
	cmd.Flags().IntVar(&o.Limit, "limit", 0, "how many databases at most; 0 is all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per database")
	return cmd
}

func list(cmd *cobra.Command, s *store.Store, o *api.DatabasesOptions, asJSON bool) error {
	page, err := s.DatabasesPage(cmd.Context(), o)
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

func printDatabases(cmd *cobra.Command, all []api.DatabaseInfo, asJSON bool) error {
	if !asJSON {
		w := output.Table(cmd.OutOrStdout())
		fmt.Fprintln(w, "DATABASE\tCHUNKS\tDIMENSIONS\tMETRIC\tVECTORS\tCREATED")
		for _, d := range all {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", d.ID, d.Chunks, d.Dims, d.Metric, humanize.IBytes(vectorBytes(d)), d.CreatedAt.UTC().Format(time.DateTime))
		}
		return w.Flush()
	}
	for _, d := range all {
		err := output.JSON(cmd.OutOrStdout(), struct {
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
func vectorBytes(d api.DatabaseInfo) uint64 { return 4 * uint64(d.Chunks) * uint64(d.Dims) }
