// Package sqlitefile opens SQLite files of other programs to be read, and never writes to them
// or beside them.
package sqlitefile

import (
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// DriverName is the SQL driver of this build.
const DriverName = driverName

// File is an opened file, of which DB reads. It has one connection.
type File struct {
	DB        *sql.DB
	temporary string // where the copy is, if one was needed
}

// Open opens the file at path. A file without a log cannot change by being read as immutable;
// with a log a copy of both is opened, for reading the original would write beside it. What is
// no SQLite file is found out by the first query.
func Open(path string) (*File, error) {
	f := &File{}
	options := "mode=ro&immutable=1"
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		if path, err = f.copy(path); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		options = "mode=rw"
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: options}
	if f.DB, err = sql.Open(DriverName, uri.String()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.DB.SetMaxOpenConns(1)
	return f, nil
}

func (f *File) copy(path string) (string, error) {
	dir, err := os.MkdirTemp("", "memista-import-")
	if err != nil {
		return "", err
	}
	f.temporary = dir
	to := filepath.Join(dir, "copy.db")
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(to+suffix, path+suffix); err != nil {
			return "", err
		}
	}
	return to, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close() // the copy has failed already
		return err
	}
	return out.Close()
}

// Close closes the file and removes the copy, if there is one. It may be called twice.
func (f *File) Close() error {
	var err error
	if f.DB != nil {
		err = f.DB.Close()
		f.DB = nil
	}
	if f.temporary != "" {
		err = errors.Join(err, os.RemoveAll(f.temporary))
		f.temporary = ""
	}
	return err
}
