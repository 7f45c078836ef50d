package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// listFlags are the flags of `memista list`.
type listFlags struct {
	filter         filterFlag
	after          int64
	limit          int
	all, embedding bool
}

func newList(g *global) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "list DATABASE",
		Short: "Print chunks as JSON lines, in the order of their ids",
		Example: "  memista list my_app --limit 10\n  memista list my_app --after 10 --filter '{\"source\": \"readme\"}'\n" +
			"  memista list my_app --all --embedding",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.all && cmd.Flags().Changed("limit") {
				return usage("give either --limit or --all")
			}
			return g.with(cmd.Context(), false, func(s store) error { return f.print(cmd, s, args[0]) })
		},
	}
	g.addServer(cmd)
	f.filter.add(cmd)
	cmd.Flags().Int64Var(&f.after, "after", 0, "only chunks with ids above this one")
	cmd.Flags().IntVar(&f.limit, "limit", app.DefaultList, "how many chunks at most")
	cmd.Flags().BoolVar(&f.all, "all", false, "print all of them, however many there are")
	cmd.Flags().BoolVar(&f.embedding, "embedding", false, "print the embeddings, too")
	return cmd
}

// print prints a page of chunks, or with --all one after the other, and says whether there
// are more.
func (f *listFlags) print(cmd *cobra.Command, s store, database string) error {
	in := app.List{Database: database, After: f.after, Limit: f.limit, Filter: f.filter.f, Fields: domain.DefaultFields}
	if f.embedding {
		in.Fields |= domain.FieldEmbedding
	}
	for {
		page, err := s.List(cmd.Context(), in)
		if err != nil {
			return err
		}
		for _, c := range page.Chunks {
			if err := printChunk(cmd, c, f.embedding); err != nil {
				return err
			}
		}
		switch {
		case page.Next == 0:
			return nil
		case !f.all:
			return f.sayMore(cmd, s, in, page.Next)
		}
		in.After = page.Next
	}
}

// sayMore says that chunks follow the page that was printed, if any do.
func (f *listFlags) sayMore(cmd *cobra.Command, s store, in app.List, after int64) error {
	in.After, in.Limit, in.Fields = after, 1, 0
	next, err := s.List(cmd.Context(), in)
	if err == nil && len(next.Chunks) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "memista: more chunks follow: --after %d prints the next ones, --all prints all\n", after)
	}
	return err
}

// List returns a page of chunks.
func (r remote) List(ctx context.Context, in app.List) (app.Page, error) {
	o := client.ListOptions{Filter: sent(in.Filter), After: in.After, Limit: in.Limit}
	if in.Fields.Has(domain.FieldEmbedding) {
		o.Include = []client.Part{client.PartText, client.PartMetadata, client.PartEmbedding}
	}
	found, err := r.client.List(ctx, in.Database, &o)
	page := app.Page{Next: found.Next}
	for _, one := range found.Chunks {
		c, err := fromClient(one)
		if err != nil {
			return app.Page{}, err
		}
		page.Chunks = append(page.Chunks, c)
	}
	return page, err
}
