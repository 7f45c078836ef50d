package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/diskfile"
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
// and each of its databases begins a new life, so that no index file that lies about is
// ever taken for one of them.
//
// It returns ErrConflict if there is a file at to (unless Force is set), ErrForeignFile
// if that file or the backup is none of memista's, ErrLocked if either is in use,
// ErrCorrupt if the backup is damaged, ErrNewerSchema and ErrOriginalFormat as Open does.
// On error the file at to is as it was.
func Restore(ctx context.Context, from, to string, o RestoreOptions) (Restored, error) {
	from, err := datafile.Resolve(from) // its log lies beside what a link leads to
	if err != nil {
		return Restored{}, err
	}
	at, err := locate(to)
	if err != nil {
		return Restored{}, err
	}
	if err := checkSource(from, at.path); err != nil {
		return Restored{}, err
	}
	target, err := datafile.Replace(at.path)
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
func restore(ctx context.Context, from string, at location, target *datafile.Claim, o RestoreOptions) (Restored, error) {
	if err := checkTarget(at.path, target, o.Force); err != nil {
		return Restored{}, err
	}
	sweepBackups(at.path)
	if err := target.CheckNames(); err != nil {
		return Restored{}, err
	}
	var digits [8]byte
	if _, err := rand.Read(digits[:]); err != nil {
		return Restored{}, err
	}
	temporary := at.path + backupMark + hex.EncodeToString(digits[:]) + backupEnd
	defer sweepBackups(at.path) // of what is left if this fails
	if err := copyWithLog(ctx, from, temporary); err != nil {
		return Restored{}, err
	}
	out, err := adopt(ctx, from, temporary)
	if err != nil {
		return Restored{}, err
	}
	return out, replaceFile(temporary, at, target)
}

// checkSource refuses what cannot be a backup for the store's file at to.
func checkSource(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() < smallestFile {
		return domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file", from)
	}
	if there, err := os.Stat(to); err == nil && os.SameFile(info, there) {
		return domain.Errorf(domain.ErrInvalid, "%s is the data file itself: choose another one to restore from, or another DATABASE_PATH", from)
	}
	return nil
}

// checkTarget refuses to replace a file, or with force one that is not ours. A log
// without its file would be taken for that of the new one.
func checkTarget(path string, target *datafile.Claim, force bool) error {
	for _, name := range []string{path, path + "-wal", path + "-journal"} {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if !force {
			return domain.Errorf(domain.ErrConflict, "%s exists: choose another DATABASE_PATH, move it away, or give --force to replace it", name)
		}
	}
	ours, err := isOurs(path, target)
	if err == nil && !ours {
		return domain.Errorf(domain.ErrForeignFile, "%s is not known to be a memista data file, so it is not replaced: move it away", path)
	}
	return err
}

// isOurs reports whether the file at path is one of memista's, or has nothing in it. Its
// mark may be in the log still.
func isOurs(path string, target *datafile.Claim) (bool, error) {
	ours, err := bearsMark(target)
	if ours || err != nil {
		return ours, err
	}
	if _, err := os.Lstat(path + "-wal"); err != nil {
		return false, nil //nolint:nilerr // without a log the file is all there is
	}
	c, err := openDriver(location{path: path}.uri(reading))
	if err != nil {
		return false, nil //nolint:nilerr // what SQLite cannot open bears no mark
	}
	raw := newConn(c)
	mark, _, err := raw.integer("PRAGMA application_id")
	return err == nil && mark == applicationID, raw.close()
}

// bearsMark reports whether the head of a SQLite file has our application id, or whether
// there is nothing in it.
func bearsMark(target *datafile.Claim) (bool, error) {
	var head [72]byte
	n, err := target.ReadAt(head[:], 0)
	switch {
	case errors.Is(err, fs.ErrNotExist), n == 0 && errors.Is(err, io.EOF):
		return true, nil
	case n == 0 && err != nil:
		return false, err
	case n < len(head):
		return false, nil // what is too short to be ours is not
	}
	return string(head[:16]) == "SQLite format 3\x00" && binary.BigEndian.Uint32(head[68:]) == applicationID, nil
}

// copyWithLog copies a file, and the write-ahead log that may lie beside it.
func copyWithLog(ctx context.Context, from, to string) error {
	if err := copyFile(ctx, from, to); err != nil {
		return err
	}
	err := copyFile(ctx, from+"-wal", to+"-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyFile copies a file to a new one.
func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return systemError(err)
	}
	for err == nil && ctx.Err() == nil {
		_, err = io.CopyN(out, in, 8<<20)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(ctx.Err(), systemError(err), systemError(out.Close()))
}

// adopt checks the copy at path of the backup called name and makes it a file of new
// lives, complete in itself and durable.
func adopt(ctx context.Context, name, path string) (Restored, error) {
	out := Restored{}
	c, err := openDriver(location{path: path}.uri(writing))
	if err == nil {
		raw := newConn(c)
		out, err = renew(ctx, raw, name)
		err = errors.Join(err, raw.close())
	}
	if err != nil {
		if primaryCode(err) == codeNotADB {
			err = domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file", name)
		}
		return Restored{}, fmt.Errorf("restore %s: %w", name, classify(err))
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Restored{}, err
	}
	return out, errors.Join(systemError(file.Sync()), file.Close())
}

// renew is adopt on the connection c.
func renew(ctx context.Context, c *conn, name string) (Restored, error) {
	version, err := identify(c, name, int64(len(migrations)))
	if err == nil && version == 0 {
		err = domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file", name)
	}
	if err != nil {
		return Restored{}, err
	}
	if problems, err := checkPages(ctx, c); err != nil || len(problems) > 0 {
		return Restored{}, errors.Join(err, fmt.Errorf("%w: %v", domain.ErrCorrupt, problems))
	}
	if err := migrate(c, version, migrations[:]); err != nil {
		return Restored{}, err
	}
	// What a saved index file is brought up to date from goes with the life it is of.
	if err := c.script("BEGIN IMMEDIATE; UPDATE databases SET incarnation = randomblob(16); DELETE FROM changes; COMMIT"); err != nil {
		return Restored{}, err
	}
	if mode, err := c.text("PRAGMA journal_mode = DELETE"); err != nil || mode != "delete" {
		return Restored{}, errors.Join(fmt.Errorf("journal mode is %q, not delete", mode), err)
	}
	var out Restored
	err = c.query("SELECT count(*), coalesce(sum(chunks), 0) FROM databases", func(row []driver.Value) error {
		out.Databases, _ = row[0].(int64)
		out.Chunks, _ = row[1].(int64)
		return nil
	})
	return out, err
}

// maxPageProblems is how many problems of pages are told.
const maxPageProblems = 20

// checkPages returns what is wrong with the pages of the file behind c.
func checkPages(ctx context.Context, c *conn) ([]string, error) {
	var problems []string
	err := c.queryUnder(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxPageProblems), func(row []driver.Value) error {
		text, _ := row[0].(string)
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "ok" && !strings.HasPrefix(line, "***") {
				problems = append(problems, line)
			}
		}
		return nil
	})
	return problems, err
}

// replaceFile gives the finished file the name of the store's. What stood there goes in
// the same moment; its log, which would be taken for the new one's, goes before.
func replaceFile(temporary string, at location, target *datafile.Claim) error {
	if _, err := os.Lstat(at.path + "-wal"); err == nil {
		// If it can be moved into its file, a crash between here and the end loses nothing.
		if c, err := openDriver(at.uri(writing)); err == nil {
			old := newConn(c)
			_ = old.query("PRAGMA wal_checkpoint(TRUNCATE)", nil) // a damaged file is replaced all the same
			_ = old.close()
		}
	}
	for _, end := range []string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(at.path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if there, err := os.Stat(at.path); err == nil { // whoever could read the old one can read this
		if err := os.Chmod(temporary, there.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := target.LetGo(); err != nil { // a file that is open cannot be replaced everywhere
		return err
	}
	if err := os.Rename(temporary, at.path); err != nil {
		return systemError(err)
	}
	return systemError(diskfile.SyncDir(filepath.Dir(at.path)))
}
