package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/importfile/source"
	"github.com/memista/memista/internal/app/importer"
	"github.com/memista/memista/internal/domain"
)

// importFile imports the file at path.
func importFile(cmd *cobra.Command, a *store.Access, f *importFlags, database, path string) (err error) {
	src, err := source.Open(path, f.text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return a.WithNew(cmd, func(s *store.Store) (err error) {
		isNew, err := absent(cmd.Context(), s, database)
		if err != nil {
			return err
		}
		defer func() {
			if err != nil && isNew {
				err = errors.Join(err, undo(cmd, s, database))
			}
		}()
		if engine := flags.Engine(cmd); f.metric != "" || f.fullText != "" || engine != "" || f.optional || f.sparse != nil || f.vectors != nil {
			want := api.Settings{Metric: api.Metric(f.metric), FullText: f.fullText, Engine: engine, OptionalEmbeddings: f.optional, Sparse: f.sparse, Vectors: f.vectors}
			if _, err := s.Create(cmd.Context(), database, &want); err != nil {
				return err
			}
		}
		optional, err := s.EmbeddingsOptional(cmd.Context(), database)
		if err != nil {
			return err
		}
		if optional {
			src.AllowNoEmbedding()
		}
		m := newMeter(cmd.ErrOrStderr(), src.Size())
		ctx, l := listImport(cmd.Context(), s, database)
		done, err := importer.Run(ctx, src, target{Store: s}, importer.Options{
			Database: database, Name: f.name, Batch: f.batch, Restart: f.restart,
			TTL: f.ttl, State: stateFile(s.Name, database, path),
			Began:    func(after int64, why string) { m.began(after, why); l.began(after) },
			Progress: func(p importer.Progress) { m.progress(p); l.progress(p) },
		})
		err = l.end(ctx, err)
		m.End()
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

// stateFile returns where to note how far an import is: in the user's cache, under a name made
// of all that tells imports apart, the path absolute. Without a cache there is no note, and an
// import that was stopped begins again.
func stateFile(where, database, path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	return noteFile(where, database, abs)
}

// noteFile is stateFile of an import that parts tell from others.
func noteFile(parts ...string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return filepath.Join(dir, "memista", "imports", fmt.Sprintf("%x.json", sum[:12]))
}

// target lets the importer use a store.
type target struct {
	*store.Store
	points bool // keys are to be those of points, as the API of Qdrant makes them
}

var _ importer.Target = target{}

// Insert stores all chunks or none.
func (t target) Insert(ctx context.Context, database string, chunks []domain.Chunk) ([]int64, error) {
	if t.points {
		chunks = slices.Clone(chunks)
		for i := range chunks {
			chunks[i].Key = store.PointKey(chunks[i].Key)
		}
	}
	return t.InsertRows(ctx, database, chunks, nil)
}

// Key returns the key of a chunk, "" if there is none.
func (t target) Key(ctx context.Context, database string, id int64) (string, error) {
	c, err := t.Get(ctx, database, id)
	if errors.Is(err, api.ErrNotFound) {
		return "", nil
	}
	if t.points {
		c.Key = store.PointID(c.Key)
	}
	return c.Key, err
}
