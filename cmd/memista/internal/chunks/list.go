package chunks

import (
	"encoding/json"
	"fmt"
	"strings"

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
	sort           string
	descending     bool
	skip           int
}

func newList(a *store.Access) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list DATABASE",
		Short: "Print chunks as JSON lines, in the order of their ids, of their keys or of a field",
		Example: "  memista list my_app --limit 10\n  memista list my_app --after 10 --filter '{\"source\": \"readme\"}'\n" +
			"  memista list my_app --all --embedding\n  memista list my_app --sort published --descending --limit 10",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.all && cmd.Flags().Changed("limit") {
				return flags.Usage("give either --limit or --all")
			}
			if err := f.checkOrder(); err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error { return f.print(cmd, s.Database(args[0])) })
		},
	}
	a.AddServer(cmd)
	f.filter.Add(cmd)
	cmd.Flags().Int64Var(&f.after, "after", 0, "only chunks with ids above this one; with --sort of those with the value --from")
	cmd.Flags().BoolVar(&f.byKey, "by-key", false, "in the order of their keys; those without one come first")
	cmd.Flags().StringVar(&f.from, "from", "", "with --by-key the first key, with --sort the first value: JSON, or else a text")
	cmd.Flags().StringVar(&f.sort, "sort", "", "in the order of this field of the metadata: numbers, then times, then other texts; chunks without one are left out")
	cmd.Flags().BoolVar(&f.descending, "descending", false, "with --sort, the greatest value first")
	cmd.Flags().IntVar(&f.skip, "skip", 0, "how many of the first chunks to pass over")
	cmd.Flags().IntVar(&f.limit, "limit", app.DefaultList, "how many chunks at most")
	cmd.Flags().BoolVar(&f.all, "all", false, "print all of them, however many there are")
	cmd.Flags().BoolVar(&f.embedding, "embedding", false, "print the embeddings, sparse and named vectors, too")
	return cmd
}

// checkOrder refuses orders that exclude each other, in the names of the flags.
func (f *listFlags) checkOrder() error {
	switch {
	case f.sort != "" && f.byKey:
		return flags.Usage("give either --sort or --by-key")
	case f.descending && f.sort == "":
		return flags.Usage("--descending needs --sort")
	case f.from != "" && f.sort == "" && !f.byKey:
		return flags.Usage("--from needs --by-key or --sort")
	case f.from != "" && f.byKey && f.after != 0:
		return flags.Usage("give either --from, which leaves out chunks without a key, or --after, which is among them")
	case f.sort != "" && f.after != 0 && f.from == "":
		return flags.Usage("with --sort, --after needs --from: it is among the chunks with that value")
	}
	return nil
}

// order puts the order of the chunks into o.
func (f *listFlags) order(o *api.ListOptions) {
	switch {
	case f.sort != "":
		o.Sort = &api.Sort{Field: f.sort, Descending: f.descending}
		if f.from == "" {
			return
		}
		if o.Sort.From = any(f.from); json.Valid([]byte(f.from)) {
			o.Sort.From = json.RawMessage(f.from)
		}
	case f.byKey:
		o.Order, o.From = api.ByKey, f.from
	}
}

// quoted returns text as a shell takes it for one word.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// print prints a page of chunks, or with --all one after the other, and says whether there
// are more.
func (f *listFlags) print(cmd *cobra.Command, d *api.Database) error {
	o := api.ListOptions{After: f.after, Skip: f.skip, Limit: f.limit, Filter: f.filter.Given}
	f.order(&o)
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
		switch {
		case o.Sort != nil:
			from, err := o.Sort.FromJSON()
			if err != nil {
				return err
			}
			where += " --from " + quoted(from)
		case o.From != "":
			where = "--from " + quoted(o.From)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "memista: more chunks follow: %s prints the next ones, --all prints all\n", where)
	}
	return err
}
