package sqlite

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Alone reports whether the store in the file at path, which is there, is the only one
// that has its file in that directory. Every file with a lock beside it counts as another
// store's, but for files of keys. No file is opened for that: closing one that a store of
// this process has open would drop its locks.
func Alone(path string) bool {
	own, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.Type() == fs.ModeSymlink: // to a store's file elsewhere, perhaps
			name, err = filepath.EvalSymlinks(filepath.Join(dir, name))
			if err != nil || same(name, own) {
				continue
			}
			if _, err := os.Lstat(name + ".lock"); err == nil {
				return false
			}
		case strings.HasSuffix(name, ".lock"):
			locked := strings.TrimSuffix(filepath.Join(dir, name), ".lock")
			if _, err := os.Lstat(locked); err != nil || filepath.Ext(locked) == ".keys" || same(locked, own) {
				continue
			}
			return false
		}
	}
	return true
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}
