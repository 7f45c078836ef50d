package backup

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// checkSource refuses what cannot be a backup for the store's file at to.
func checkSource(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() < conn.SmallestFile {
		return domain.Errorf(domain.ErrForeignFile, "%s is not a memista data file", from)
	}
	if there, err := os.Stat(to); err == nil && os.SameFile(info, there) {
		return domain.Errorf(domain.ErrInvalid, "%s is the data file itself: choose another one to restore from, or another path", from)
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
			return domain.Errorf(domain.ErrConflict, "%s exists: choose another path, move it away, or have it replaced", name)
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
	c, err := conn.OpenDriver(conn.Location{Path: path}.URI(conn.Reading))
	if err != nil {
		return false, nil //nolint:nilerr // what SQLite cannot open bears no mark
	}
	raw := conn.New(c)
	mark, _, err := raw.Integer("PRAGMA application_id")
	return err == nil && mark == schema.ApplicationID, raw.Close()
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
	return string(head[:16]) == "SQLite format 3\x00" && binary.BigEndian.Uint32(head[68:]) == schema.ApplicationID, nil
}

// copyWithLog copies a file, and the write-ahead log that may be beside it.
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
		return conn.SystemError(err)
	}
	for err == nil && ctx.Err() == nil {
		_, err = io.CopyN(out, in, 8<<20)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(ctx.Err(), conn.SystemError(err), conn.SystemError(out.Close()))
}
