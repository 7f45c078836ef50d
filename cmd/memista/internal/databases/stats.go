package databases

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newStats(a *store.Access) *cobra.Command {
	var asJSON, wait bool
	cmd := &cobra.Command{
		Use:   "stats DATABASE",
		Short: "Tell the settings of a database, and how far its index is",
		Long: "stats tells the settings of a database, how many of its vectors are in the graph, and what it\n" +
			"takes in memory and on disk. With --wait it does so when everything is in the graph that was stored\n" +
			"before; searches find all of it before that, too.",
		Example: "  memista stats my_app\n  memista stats my_app --wait --json --server http://127.0.0.1:8083",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.With(cmd, func(s *store.Store) error { return stats(cmd, s.Database(args[0]), wait, asJSON) })
		},
	}
	a.AddServer(cmd)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the graph has everything that is stored now")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func stats(cmd *cobra.Command, d *api.Database, wait, asJSON bool) error {
	if wait {
		m := output.NewMeter(cmd.ErrOrStderr(), 0)
		err := d.WaitIndexed(cmd.Context(), m.TellIndex)
		m.End()
		if err != nil {
			return err
		}
	}
	st, err := d.Stats(cmd.Context())
	if err != nil {
		return err
	}
	if asJSON {
		return output.JSON(cmd.OutOrStdout(), statsJSON{st, int64(st.TTL / time.Second)})
	}
	return printStats(cmd.OutOrStdout(), &st)
}

// statsJSON is a database with the names that the server gives its parts.
type statsJSON struct {
	api.Stats
	TTLSeconds int64 `json:"ttl_seconds,omitempty"`
}

// printStats prints st for people.
func printStats(out io.Writer, st *api.Stats) error {
	w := output.Table(out)
	settings, err := json.Marshal(st.Settings)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "database\t%s\nchunks\t%d\nsettings\t%s\n", st.ID, st.Chunks, settings)
	if st.TTL != 0 {
		fmt.Fprintf(w, "ttl\t%v\n", st.TTL)
	}
	fmt.Fprintf(w, "created\t%s\nplan\t%s\n", st.CreatedAt.UTC().Format(time.DateTime), st.Plan)
	if t := st.Tail; t != nil {
		fmt.Fprintf(w, "tail\t%d vectors, %s, changes up to %d\n", t.Vectors, humanize.IBytes(uint64(max(t.Bytes, 0))), t.Sequence)
	} else {
		fmt.Fprintf(w, "tail\tnot in memory\n")
	}
	if g := st.Graph; g != nil {
		fmt.Fprintf(w, "graph\t%d vectors, %s as %s, %s, changes up to %d of %d\n", g.Vectors, g.Engine, g.Storage, humanize.IBytes(uint64(max(g.Bytes, 0))), g.Sequence, st.Sequence)
	}
	if r := st.Recall; r != nil && r.Measured == nil {
		fmt.Fprintf(w, "recall\ttarget %v, not measured yet\n", r.Target)
	} else if r != nil {
		fmt.Fprintf(w, "recall\ttarget %v, %.4f with ef %d (%.4f to %.4f, %d queries)\n", r.Target, r.Measured.Recall, r.Measured.Ef, r.Measured.Low, r.Measured.High, r.Measured.Queries)
	}
	fmt.Fprintf(w, "on disk\t%s of embeddings, %s of index\n", humanize.IBytes(uint64(max(st.Disk.EmbeddingBytes, 0))), humanize.IBytes(uint64(max(st.Disk.IndexBytes, 0))))
	for _, p := range st.Problems {
		fmt.Fprintf(w, "problem\t%s\n", p.Message)
	}
	return w.Flush()
}
