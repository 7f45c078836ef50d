package backup

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/adapters/sqlite/check"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// RestoreOptions are the choices for Restore.
type RestoreOptions struct {
	// Force replaces a memista file that is there.
	Force bool
}

// Restored says what Restore has put in place.
type Restored struct {
	Databases, Chunks int64
}

// Restore puts the backup in the file from in place as the store's file at to. The backup
// is left as it is: it is copied beside to first, checked, brought to the newest schema,
// and each of its databases begins a new life, so that no index file left there is ever
// taken for one of them.
//
// It returns ErrConflict if there is a file at to (unless Force is set), ErrForeignFile
// if that file or the backup is none of memista's, ErrLocked if either is in use,
// ErrCorrupt if the backup is damaged, ErrNewerSchema and ErrOriginalFormat as Open does.
// On error the file at to is as it was.
func Restore(ctx context.Context, from, to string, o RestoreOptions) (Restored, error) {
	from, err := datafile.Resolve(from) // its log is beside what a link leads to
	if err != nil {
		return Restored{}, err
	}
	at, err := conn.Locate(to)
	if err != nil {
		return Restored{}, err
	}
	if err := checkSource(from, at.Path); err != nil {
		return Restored{}, err
	}
	target, err := datafile.Replace(at.Path)
	if err != nil {
		return Restored{}, err
	}
	source, err := datafile.Share(from)
	if errors.Is(err, domain.ErrLocked) {
		err = domain.Errorf(domain.ErrLocked, "%s is in use by memista: make a copy of it with `memista backup` and restore that", from)
	}
	if err != nil {
		return Restored{}, errors.Join(err, target.Close())
	}
	out, err := restore(ctx, from, at, target, o)
	return out, errors.Join(err, source.Close(), target.Close())
}

// restore does the work of Restore, with both files claimed.
func restore(ctx context.Context, from string, at conn.Location, target *datafile.Claim, o RestoreOptions) (Restored, error) {
	if err := checkTarget(at.Path, target, o.Force); err != nil {
		return Restored{}, err
	}
	Sweep(at.Path)
	if err := target.CheckNames(); err != nil {
		return Restored{}, err
	}
	temporary, err := temporaryName(at.Path)
	if err != nil {
		return Restored{}, err
	}
	defer Sweep(at.Path) // of what is left if this fails
	if err := copyWithLog(ctx, from, temporary); err != nil {
		return Restored{}, err
	}
	out, err := adopt(ctx, from, temporary)
	if err != nil {
		return Restored{}, err
	}
	return out, replaceFile(temporary, at, target)
}

// adopt checks the copy at path of the backup called name and makes it a file of new
// lives, complete in itself and durable.
func adopt(ctx context.Context, name, path string) (Restored, error) {
	out := Restored{}
	c, err := conn.OpenDriver(conn.Location{Path: path}.URI(conn.Writing))
	if err == nil {
		raw := conn.New(c)
		out, err = renew(ctx, raw, name)
		err = errors.Join(err, raw.Close())
	}
	if err != nil {
		if conn.PrimaryCode(err) == conn.CodeNotADB {
			err = domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file", name)
		}
		return Restored{}, fmt.Errorf("restore %s: %w", name, conn.Classify(err))
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Restored{}, err
	}
	return out, errors.Join(conn.SystemError(file.Sync()), file.Close())
}

// renew is adopt on the connection c.
func renew(ctx context.Context, c *conn.Conn, name string) (Restored, error) {
	version, err := schema.Identify(c, name, int64(len(schema.Migrations())))
	if err == nil && version == 0 {
		err = domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file", name)
	}
	if err != nil {
		return Restored{}, err
	}
	if problems, err := check.Pages(ctx, c); err != nil || len(problems) > 0 {
		return Restored{}, errors.Join(err, fmt.Errorf("%w: %v", domain.ErrCorrupt, problems))
	}
	if err := schema.Migrate(c, version, schema.Migrations()); err != nil {
		return Restored{}, err
	}
	// The changes that saved index files and copies are updated from belong to the old life.
	if err := c.Script("BEGIN IMMEDIATE; UPDATE databases SET incarnation = randomblob(16), fed_until = 0; DELETE FROM changes; DROP TABLE IF EXISTS fed; DROP TABLE IF EXISTS feeds; COMMIT"); err != nil {
		return Restored{}, err
	}
	if mode, err := c.Text("PRAGMA journal_mode = DELETE"); err != nil || mode != "delete" {
		return Restored{}, errors.Join(fmt.Errorf("journal mode is %q, not delete", mode), err)
	}
	var out Restored
	err = c.Query("SELECT count(*), coalesce(sum(chunks), 0) FROM databases", func(row []driver.Value) error {
		out.Databases, _ = row[0].(int64)
		out.Chunks, _ = row[1].(int64)
		return nil
	})
	return out, err
}

// replaceFile gives the finished file the name of the store's, and replaces what was there
// atomically. The old log, which would be taken for the new one's, is removed before.
func replaceFile(temporary string, at conn.Location, target *datafile.Claim) error {
	if _, err := os.Lstat(at.Path + "-wal"); err == nil {
		// If it can be moved into its file, a crash between here and the end loses nothing.
		if c, err := conn.OpenDriver(at.URI(conn.Writing)); err == nil {
			old := conn.New(c)
			_ = old.Query("PRAGMA wal_checkpoint(TRUNCATE)", nil) // a damaged file is replaced all the same
			_ = old.Close()
		}
	}
	for _, end := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(at.Path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if there, err := os.Stat(at.Path); err == nil { // whoever could read the old one can read this
		if err := os.Chmod(temporary, there.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := target.LetGo(); err != nil { // a file that is open cannot be replaced everywhere
		return err
	}
	if err := os.Rename(temporary, at.Path); err != nil {
		return conn.SystemError(err)
	}
	return conn.SystemError(diskfile.SyncDir(filepath.Dir(at.Path)))
}
