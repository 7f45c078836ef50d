package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/importfile/original"
	"github.com/memista/memista/internal/domain"
)

// importOriginal imports every database in a data directory of the original memista.
// Chunks get keys made of their ids there, and a key that exists is replaced, so an
// import that was stopped, or comes a second time, stores nothing twice.
func importOriginal(cmd *cobra.Command, a *store.Access, dir string, noIndex bool) (err error) {
	src, err := original.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return a.WithNew(cmd, func(s *store.Store) error {
		if err := apart(s, dir); err != nil {
			return err
		}
		for _, id := range src.Skipped() {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: left out, this memista has no such ids\n", id)
		}
		for _, id := range src.Databases() {
			if err := importOne(cmd, src, s, id); err != nil {
				return err
			}
		}
		if noIndex {
			return nil
		}
		for _, id := range src.Databases() {
			if err := finishIndex(cmd, s, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// apart refuses to import a directory into a data file that lies in it: both programs
// keep files of the same names.
func apart(s *store.Store, dir string) error {
	if s.File == nil {
		return nil
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	from, err := os.Stat(dir)
	if err != nil {
		return err
	}
	to, err := os.Stat(filepath.Dir(s.Name))
	if err != nil {
		return err
	}
	if os.SameFile(from, to) {
		return fmt.Errorf("%s is where the data file is too: choose a --database-path in another directory", dir)
	}
	return nil
}

// importOne imports the database id.
func importOne(cmd *cobra.Command, src *original.Source, s *store.Store, id string) error {
	stored := 0
	counts, err := src.Chunks(cmd.Context(), id, func(batch []domain.Chunk) error {
		for i := range batch {
			batch[i].Key, batch[i].ID = originalKey(batch[i].ID), 0
		}
		if stored == 0 { // the original measures by inner product
			_, err := s.Create(cmd.Context(), id, &api.Settings{Metric: api.InnerProduct})
			if err != nil && !errors.Is(err, api.ErrConflict) {
				return err
			}
		}
		if _, err := s.InsertRows(cmd.Context(), id, batch, nil); err != nil {
			return err
		}
		stored += len(batch)
		return nil
	})
	if errors.Is(err, context.Canceled) {
		err = errors.New("stopped; the same command goes on")
	}
	if err != nil {
		return fmt.Errorf("database %q: %w; %d chunks are stored", id, err, stored)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %d chunks stored", id, counts.Chunks)
	if counts.WithoutVector > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), ", %d rows without a vector left out", counts.WithoutVector)
	}
	if counts.WithoutRow > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), ", %d vectors without a row left out", counts.WithoutRow)
	}
	fmt.Fprintln(cmd.OutOrStdout())
	return nil
}

// originalKey is the key of the chunk that the original called id.
func originalKey(id int64) string { return "original:" + strconv.FormatInt(id, 10) }
