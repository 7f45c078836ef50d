package sqlite

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/adapters/datafile"
)

// Alone reports whether the store in the file at path, which is there, is the only one
// that has its file in that directory. Every file with a lock beside it counts as another
// store's, but for files of keys. No file is opened for that: closing one that a store of
// this process has open would drop its locks. Links do not count, for index files lie
// where the file itself does.
func Alone(path string) bool {
	own, err := datafile.Resolve(path)
	if err != nil {
		return false
	}
	if _, err := os.Lstat(own); err != nil {
		return false
	}
	dir := filepath.Dir(own)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		locked, ok := strings.CutSuffix(filepath.Join(dir, e.Name()), datafile.LockEnd)
		if !ok || filepath.Ext(locked) == ".keys" || same(locked, own) {
			continue
		}
		if _, err := os.Lstat(locked); err == nil {
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
