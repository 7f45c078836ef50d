package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/adapters/importfile/source"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/importer"
	"github.com/memista/memista/internal/domain"
)

// importFlags are the flags of `memista import`.
type importFlags struct {
	text, metric, name string
	original           string
	batch              int
	ttl                time.Duration
	restart, noIndex   bool
	fullText           domain.Tokenizer
}

func newImport(g *global) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import {DATABASE FILE | --from-memista DIR}",
		Short: "Import a file of chunks or vectors, or the data of the original memista",
		Long: "import stores every row of FILE: JSON lines (.jsonl, .ndjson) of the form\n" +
			`{"embedding":[…],"text":"…","metadata":…,"key":"…","ttl_seconds":…}, or the vectors of an .fbin, .fvecs or` + "\n" +
			".npy file, with --text and one line per vector.\n\n" +
			"A row without a key gets one of the form FILE:ROW. A key that exists is replaced, so no row is\n" +
			"stored twice. An import that was stopped goes on after the last batch that was stored;\n" +
			"--restart begins at the first row. With --server it is listed by `memista jobs` meanwhile, and\n" +
			"can be canceled there.\n\n" +
			"When all rows are stored, a large database gets its index, which takes longer than the rows; a\n" +
			"server makes it in the background. --no-index leaves that to the commands that follow: searches\n" +
			"find everything without it, only slower.\n\n" +
			"With --from-memista every database in a data directory of the original memista is imported,\n" +
			"its memista.db and <database>.usearch files. They are only read.",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.original != "" {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.original != "" {
				return g.importOriginal(cmd, f.original, f.noIndex)
			}
			return g.importFile(cmd, f, args[0], args[1])
		},
	}
	g.addServer(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.text, "text", "", "file with one line of text per vector")
	fl.StringVar(&f.original, "from-memista", "", "data directory of the original memista, or its database file")
	addFullText(fl, &f.fullText)
	fl.StringVar(&f.metric, "metric", "", "metric of the database, if it is new: ip, cosine or l2 (cosine)")
	fl.StringVar(&f.name, "key-prefix", "", "what keys start with instead of the file's name")
	fl.DurationVar(&f.ttl, "ttl", 0, "how long the rows live that bring no ttl_seconds, such as 24h (as the database says)")
	fl.IntVar(&f.batch, "batch", 1000, "rows that are stored at once")
	fl.BoolVar(&f.noIndex, "no-index", false, "do not wait until the index is made")
	fl.BoolVar(&f.restart, "restart", false, "begin at the first row, also if an earlier import was stopped later")
	return cmd
}

func (g *global) importFile(cmd *cobra.Command, f importFlags, database, path string) (err error) {
	if f.batch < 1 {
		return usage("--batch must be at least 1, got %d", f.batch)
	}
	if err := domain.CheckID(database); err != nil {
		return usageError{err}
	}
	if f.ttl%time.Second != 0 || domain.CheckTTL(f.ttl) != nil {
		return usage("--ttl must be a whole number of seconds, at least 1s, got %v", f.ttl)
	}
	if _, err := domain.ParseMetric(f.metric); err != nil {
		return usageError{err}
	}
	src, err := source.Open(path, f.text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if f.name == "" {
		f.name = filepath.Base(path)
	}
	return g.with(cmd.Context(), true, func(s store) error {
		if f.metric != "" || f.fullText != "" {
			want := domain.Settings{Metric: domain.Metric(f.metric), FullText: f.fullText}
			if err := s.Create(cmd.Context(), database, want); err != nil {
				return err
			}
		}
		m := newMeter(cmd.ErrOrStderr(), src.Size())
		ctx, l := listImport(cmd.Context(), s, database)
		done, err := importer.Run(ctx, src, importTarget{s}, importer.Options{
			Database: database, Name: f.name, Batch: f.batch, Restart: f.restart,
			TTL: f.ttl, State: stateFile(s.Name(), database, path),
			Began:    func(after int64, why string) { m.began(after, why); l.began(after) },
			Progress: func(p importer.Progress) { m.progress(p); l.progress(p) },
		})
		err = l.end(ctx, err)
		m.end()
		if err := reportImport(cmd, path, done, err); err != nil || f.noIndex {
			return err
		}
		return finishIndex(cmd, s, database)
	})
}

// reportImport says what is stored, and where an import stopped.
func reportImport(cmd *cobra.Command, path string, done importer.Progress, err error) error {
	switch {
	case err == nil:
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d rows stored", path, done.Rows)
		if done.Replaced > 0 {
			fmt.Fprintf(cmd.OutOrStdout(), " in %d chunks: %d took the place of an earlier row with the same key", done.Rows-done.Replaced, done.Replaced)
		}
		fmt.Fprintln(cmd.OutOrStdout())
		return nil
	case errors.Is(err, errCanceledThere):
		return fmt.Errorf("%s: canceled at the server, rows up to %d are stored; the same command goes on from there", path, done.Row)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: stopped, rows up to %d are stored; the same command goes on from there", path, done.Row)
	case done.Row > 0:
		return fmt.Errorf("%s: %w; rows up to %d are stored, later ones are not", path, err, done.Row)
	}
	return fmt.Errorf("%s: %w; nothing was stored", path, err)
}

// stateFile returns where to note how far an import is: in the user's cache, under a
// name made of all that tells imports apart. Without a cache there is no note, and an
// import that was stopped begins again.
func stateFile(where, database, path string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(where + "\x00" + database + "\x00" + abs))
	return filepath.Join(dir, "memista", "imports", fmt.Sprintf("%x.json", sum[:12]))
}

// importTarget lets the importer use a store.
type importTarget struct{ store }

var _ importer.Target = importTarget{}

// Insert stores all chunks or none.
func (t importTarget) Insert(ctx context.Context, database string, chunks []domain.Chunk) ([]int64, error) {
	return t.store.Insert(ctx, app.Insert{Database: database, Chunks: chunks})
}

// Key returns the key of a chunk, "" if there is none.
func (t importTarget) Key(ctx context.Context, database string, id int64) (string, error) {
	c, err := t.Chunk(ctx, database, app.Ref{ID: id})
	if errors.Is(err, domain.ErrNotFound) {
		return "", nil
	}
	return c.Key, err
}
