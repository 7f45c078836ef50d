// Package export is the command that writes what other stores import.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/exportfile"
	"github.com/memista/memista/internal/domain"
)

// Commands returns the command of this package.
func Commands(a *store.Access) []*cobra.Command { return []*cobra.Command{newExport(a)} }

// exportFlags are the flags of `memista export`.
type exportFlags struct {
	format, file, vector, textField string
	batch                           int
	filter                          flags.Filter
}

func newExport(a *store.Access) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export DATABASE",
		Short: "Write all chunks as lines that other stores, or memista, import",
		Long: "export prints the chunks of a database in the order of their ids. With --format jsonl, which is meant\n" +
			"if none is given, each line is a chunk as `memista import` takes it. With qdrant or chroma each line\n" +
			"is the body of one request with up to --batch of them: for Qdrant of PUT /collections/NAME/points, for\n" +
			"Chroma of POST …/collections/ID/upsert. Sparse vectors are left out for Chroma only. What cannot be\n" +
			"written as it is, and how to make the collection, is said on stderr.",
		Example: "  memista export docs --output docs.jsonl\n  memista export docs --format qdrant --filter '{\"lang\": \"it\"}' >points.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error { return f.run(cmd, s, args[0]) })
		},
	}
	a.AddServer(cmd)
	f.filter.Add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.format, "format", "jsonl", "who reads it: "+strings.Join(exportfile.Formats(), ", "))
	fl.StringVarP(&f.file, "output", "o", "", "file to write, which must not be there yet (standard output)")
	fl.IntVar(&f.batch, "batch", 100, "chunks of a line for Qdrant and Chroma")
	fl.StringVar(&f.textField, "text-field", "document", "field of the payload for the text, for Qdrant")
	fl.StringVar(&f.vector, "vector", "", "name of the vector of each point, for Qdrant (it has none)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(exportfile.Formats(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return cmd
}

// check refuses what cannot be meant.
func (f *exportFlags) check() error {
	if f.batch < 1 {
		return flags.Usage("--batch must be at least 1, got %d", f.batch)
	}
	if _, err := exportfile.New(f.format, io.Discard, exportfile.Options{}); err != nil {
		return flags.Usage("--format: %w", err)
	}
	return nil
}

// run writes the database to the file or to the standard output. A file that is not whole is
// removed.
func (f *exportFlags) run(cmd *cobra.Command, s *store.Store, database string) (err error) {
	info, err := s.Describe(cmd.Context(), database)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if f.file != "" {
		file, err := os.OpenFile(f.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		out = file
		defer func() {
			err = errors.Join(err, file.Close())
			if err != nil {
				os.Remove(f.file)
			}
		}()
	}
	n, notes, err := f.write(cmd.Context(), s.Database(database), out)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("stopped after %d chunks", n)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d chunks written\n", database, n)
	for _, text := range append(notes, f.toMake(info)) {
		if text != "" {
			fmt.Fprintln(cmd.ErrOrStderr(), text)
		}
	}
	return nil
}

// write writes all chunks and returns how many, and what is not as it was.
func (f *exportFlags) write(ctx context.Context, d *api.Database, out io.Writer) (n int64, notes []string, err error) {
	o := api.ListOptions{Filter: f.filter.Given, Limit: pageSize}
	var keys keys
	if f.format != "jsonl" {
		if keys, err = readKeys(ctx, d, o); err != nil {
			return 0, nil, err
		}
	}
	w, err := exportfile.New(f.format, out, exportfile.Options{Batch: f.batch, TextField: f.textField, Vector: f.vector, Taken: keys.taken})
	if err != nil {
		return 0, nil, err
	}
	o.Include = []api.Part{api.PartText, api.PartMetadata, api.PartEmbedding, api.PartSparse}
	err = eachPage(ctx, d, o, func(chunks []api.Chunk) error {
		for i := range chunks {
			c, err := keys.chunk(&chunks[i])
			if err == nil {
				err = w.Write(c)
			}
			if err != nil {
				return fmt.Errorf("chunk %d: %w", chunks[i].ID, err)
			}
			n++
		}
		return nil
	})
	if err != nil {
		return n, nil, err
	}
	return n, w.Notes(), w.Close()
}

// pageSize is how many chunks are read at once.
const pageSize = 200

// eachPage calls f with all chunks, page by page.
func eachPage(ctx context.Context, d *api.Database, o api.ListOptions, f func([]api.Chunk) error) error {
	for {
		page, err := d.List(ctx, &o)
		if err != nil {
			return err
		}
		if err := f(page.Chunks); err != nil {
			return err
		}
		if page.Next == 0 {
			return nil
		}
		o.After = page.Next
	}
}

// toMake says how the collection is made in the other store, or what a database must declare
// for the sparse vectors; "" for nothing.
func (f *exportFlags) toMake(info api.DatabaseInfo) string {
	switch f.format {
	case "qdrant":
		vectors := vectorsOf(info, f.vector)
		return fmt.Sprintf(`the collection is made by PUT /collections/%s {"vectors":%s%s}`, info.ID, vectors, sparseOf(info))
	case "chroma":
		return fmt.Sprintf(`the collection is made by POST …/collections {"name":%q,"configuration":{"hnsw":{"space":%q}}}`, info.ID, info.Metric)
	}
	return declared(info.Sparse, info.Vectors)
}

// form returns metadata in the form in which it is stored.
func form(m api.Metadata) (domain.Metadata, error) {
	switch text := m.String(); {
	case strings.HasPrefix(text, "{"):
		return domain.MetadataObject([]byte(text))
	case strings.HasPrefix(text, `"`):
		var s string
		err := m.Decode(&s)
		return domain.MetadataString(s), err
	default:
		return domain.Metadata{}, nil
	}
}
