package memista

import (
	"context"
	"errors"
	"io"

	"github.com/memista/memista/internal/app/compose"
)

// Backup writes a copy of all databases, as they are at one moment, to w and returns its
// size. Calls of every kind go on meanwhile. The copy is a SQLite file that Restore takes;
// the index files need not be kept with it. It is made on the disk of the data file first:
// too little room there is ErrDiskFull, another backup at the same time ErrBusy. After any
// other error what was written is not whole.
func (db *DB) Backup(ctx context.Context, w io.Writer) (size int64, err error) {
	file, err := db.svc.Backup(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.Copy(w, file)
}

// BackupTo is Backup to a new file at path. One that is there already is ErrConflict. On
// error there is nothing at path.
func (db *DB) BackupTo(ctx context.Context, path string) (int64, error) {
	return db.svc.BackupTo(ctx, path)
}

// RestoreOptions configure Restore. The zero value, and nil, mean the defaults.
type RestoreOptions struct {
	Force bool // replace a memista file that is there
}

// Restored says what Restore has put in place.
type Restored struct {
	Databases, Chunks int64
}

// Restore checks the backup in the file from, and puts a copy of it in place as the data
// file at to, for Open. Every database begins a new life in it, so that index files of
// before are made anew. A file that is there is ErrConflict unless opts say otherwise;
// one in use is ErrLocked; a damaged backup is ErrCorrupt. On error the file at to is as
// it was. opts may be nil.
func Restore(ctx context.Context, from, to string, opts *RestoreOptions) (Restored, error) {
	if opts == nil {
		opts = &RestoreOptions{}
	}
	got, err := compose.Restore(ctx, from, to, opts.Force)
	return Restored(got), err
}
