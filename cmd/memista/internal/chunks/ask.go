package chunks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/ingest"
)

// askFlags are the flags of `memista ask`.
type askFlags struct {
	k      int
	rerank int
	again  *api.Rerank // nil: the hits stay as they are
	json   bool
	filter flags.Filter
}

func newAsk(a *store.Access) *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:   "ask DATABASE QUESTION",
		Short: "Find the passages that answer a question",
		Long: "ask prints the passages that are nearest to a question, best first, each with the file and the line\n" +
			"where it stands (in a DOCX the paragraph). It searches by meaning, and where the\n" +
			"database has full text by the words of the question, too. `memista add` brings in the files.",
		Example: "  memista ask notes 'How do I reset the pump?'\n  memista ask notes 'reset the pump' -k 1 --filter '{\"source\": {\"$contains\": \"manual\"}}'",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			question := strings.TrimSpace(strings.Join(args[1:], " "))
			switch {
			case question == "":
				return flags.Usage("the question cannot be empty")
			case f.k < 1:
				return flags.Usage("--num-results must be at least 1")
			}
			if cmd.Flags().Changed("rerank") {
				var err error
				if f.again, err = rerankOf(f.rerank); err != nil {
					return err
				}
			}
			return a.With(cmd, func(s *store.Store) error {
				hits, err := f.ask(cmd.Context(), s.Database(args[0]), question)
				if errors.Is(err, api.ErrNotFound) {
					return fmt.Errorf("%w in %s: `memista add` makes a database of files, and `memista databases` lists those that are there", err, s.Name)
				}
				if err != nil {
					return err
				}
				if len(hits) == 0 {
					fmt.Fprintln(cmd.ErrOrStderr(), "no passages")
				}
				if f.json {
					return printHits(cmd.OutOrStdout(), hits, true)
				}
				return printPassages(cmd.OutOrStdout(), hits)
			})
		},
	}
	a.AddServer(cmd)
	cmd.Flags().IntVarP(&f.k, "num-results", "k", 5, "how many passages")
	addRerank(cmd, &f.rerank)
	f.filter.Add(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object per passage")
	return cmd
}

// ask finds passages by meaning, and by words if it can.
func (f *askFlags) ask(ctx context.Context, d *api.Database, question string) ([]api.Hit, error) {
	info, err := d.Describe(ctx)
	if err != nil {
		return nil, err
	}
	if info.Embedder == (api.Embedder{}) {
		return nil, fmt.Errorf("database %q has %w to make an embedding of the question", d.ID(), ingest.ErrNoEmbedder)
	}
	q := api.Query{NearText: question, K: f.k, Filter: f.filter.Given, Rerank: f.again}
	if info.FullText != "" {
		q.Text = cmp.Or(topic(question), question)
		hits, err := query(ctx, d, q)
		if err == nil || !errors.Is(err, api.ErrUnsupported) { // that is, a build without full text
			return hits, err
		}
		q.Text = ""
	}
	return query(ctx, d, q)
}

func query(ctx context.Context, d *api.Database, q api.Query) ([]api.Hit, error) {
	found, err := d.Query(ctx, []api.Query{q}, nil)
	if err != nil {
		return nil, err
	}
	return found.Hits[0], nil
}

// printPassages prints where each hit stands, and below it the text.
func printPassages(out io.Writer, hits []api.Hit) error {
	for i, h := range hits {
		var at struct {
			Source, Heading string
			Line            int
		}
		_ = h.Metadata.Decode(&at) // chunks of other commands have other metadata
		place := fmt.Sprintf("%s:%d", at.Source, at.Line)
		if at.Source == "" {
			place = fmt.Sprintf("chunk %d", h.ID)
		}
		if at.Heading != "" {
			place += "  " + at.Heading
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%d. %s\n", i+1, shown(place))
		for line := range strings.Lines(strings.TrimRight(h.Text, "\n")) {
			if _, err := fmt.Fprintln(out, strings.TrimRight("   "+shown(line), " ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// shown returns a line without what would drive the terminal.
func shown(line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return -1
		case r != '\t' && !unicode.IsPrint(r):
			return '\ufffd'
		}
		return r
	}, line)
}
