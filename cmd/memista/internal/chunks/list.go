package chunks

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/app"
)

// listFlags are the flags of `memista list`.
type listFlags struct {
	filter         flags.Filter
	after          int64
	limit          int
	all, embedding bool
	byKey          bool
	from           string
	skip           int
}

func newList(a *store.Access) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list DATABASE",
		Short: "Print chunks as JSON lines, in the order of their ids or keys",
		Example: "  memista list my_app --limit 10\n  memista list my_app --after 10 --filter '{\"source\": \"readme\"}'\n" +
			"  memista list my_app --all --embedding",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.all && cmd.Flags().Changed("limit") {
				return flags.Usage("give either --limit or --all")
			}
			return a.With(cmd, func(s *store.Store) error { return f.print(cmd, s.Database(args[0])) })
		},
	}
	a.AddServer(cmd)
	f.filter.Add(cmd)
	cmd.Flags().Int64Var(&f.after, "after", 0, "only chunks with ids above this one")
	cmd.Flags().BoolVar(&f.byKey, "by-key", false, "in the order of their keys; those without one come first")
	cmd.Flags().StringVar(&f.from, "from", "", "with --by-key, the first key")
	cmd.Flags().IntVar(&f.skip, "skip", 0, "how many of the first chunks to pass over")
	cmd.Flags().IntVar(&f.limit, "limit", app.DefaultList, "how many chunks at most")
	cmd.Flags().BoolVar(&f.all, "all", false, "print all of them, however many there are")
	cmd.Flags().BoolVar(&f.embedding, "embedding", false, "print the embeddings and sparse vectors, too")
	return cmd
}

// print prints a page of chunks, or with --all one after the other, and says whether there
// are more.
func (f *listFlags) print(cmd *cobra.Command, d *api.Database) error {
	o := api.ListOptions{After: f.after, From: f.from, Skip: f.skip, Limit: f.limit, Filter: f.filter.Given}
	if f.byKey {
		o.Order = api.ByKey
	}
	if f.embedding {
		o.Include = []api.Part{api.PartText, api.PartMetadata, api.PartEmbedding, api.PartSparse}
	}
	for {
		page, err := d.List(cmd.Context(), &o)
		if err != nil {
			return err
		}
		for _, c := range page.Chunks {
			if err := printChunk(cmd, c, f.embedding); err != nil {
				return err
			}
		}
		switch {
		case !page.Follow(&o):
			return nil
		case !f.all:
			return f.sayMore(cmd, d, o)
		}
	}
}

// sayMore says that chunks follow the page that was printed, if any do.
func (f *listFlags) sayMore(cmd *cobra.Command, d *api.Database, o api.ListOptions) error {
	o.Limit, o.Include = 1, []api.Part{}
	next, err := d.List(cmd.Context(), &o)
	if err == nil && len(next.Chunks) > 0 {
		where := fmt.Sprintf("--after %d", o.After)
		if o.From != "" {
			where = fmt.Sprintf("--from %q", o.From)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "memista: more chunks follow: %s prints the next ones, --all prints all\n", where)
	}
	return err
}
