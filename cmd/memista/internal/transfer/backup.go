package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/diskfile"
)

func newBackup(a *store.Access) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of all databases to a new file",
		Long: "backup writes all databases, as they are at one moment, to FILE, which must not be there.\n" +
			"It works on the data file, or with --server on a running server, which goes on reading and\n" +
			"writing meanwhile; the server makes the copy on its own disk first. `memista restore` puts it\n" +
			"in place. Index files are not part of it: they are made from the rows.",
		Example: "  memista backup monday.db\n  memista backup --server http://127.0.0.1:8083 monday.db",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.With(cmd, func(s *store.Store) error {
				size, err := backup(cmd.Context(), s, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes\n", args[0], size)
				return nil
			})
		},
	}
	a.AddServer(cmd)
	return cmd
}

// backup writes a copy to a new file at path.
func backup(ctx context.Context, s *store.Store, path string) (int64, error) {
	if s.File != nil {
		return s.File.BackupTo(ctx, path) // without a second copy
	}
	return writeNew(path, func(w io.Writer) (int64, error) { return s.Backup(ctx, w) })
}

// writeNew has write make the file at path, which appears when it is whole and on the
// disk. One that is there already stays.
func writeNew(path string, write func(io.Writer) (int64, error)) (int64, error) {
	if err := diskfile.CheckFree(path); err != nil {
		return 0, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // for nobody else's eyes
	if err != nil {
		return 0, err
	}
	size, err := write(file)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = diskfile.PutNew(file.Name(), path)
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(file.Name()))
	}
	return size, nil
}
