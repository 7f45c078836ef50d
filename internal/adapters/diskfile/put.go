// Package diskfile gives finished files their names, for good. Whoever writes a file that
// must not be seen half done writes it under another name first.
package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/memista/memista/internal/domain"
)

// CheckFree returns ErrConflict if something stands at path.
func CheckFree(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return taken(path)
	}
	return nil
}

// PutNew gives the finished file temporary the name path, in the same directory, durably.
// If that name is taken it is ErrConflict, and both files stay as they are.
func PutNew(temporary, path string) error {
	switch err := os.Link(temporary, path); {
	case err == nil: // and never over another file
		if err := os.Remove(temporary); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrExist):
		return taken(path)
	default: // a file system without links
		if err := CheckFree(path); err != nil {
			return err
		}
		if err := os.Rename(temporary, path); err != nil {
			return err
		}
	}
	return SyncDir(filepath.Dir(path))
}

func taken(path string) error {
	return domain.Errorf(domain.ErrConflict, "%s exists already: choose another name, or move it away", path)
}
