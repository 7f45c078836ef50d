package datafile

import (
	"os"
	"path/filepath"
	"strings"
)

// OwnsDirectory reports whether the data file at path, which exists, is the only one in its
// directory. Every file with a lock beside it counts as another data file, except files of
// keys. No file is opened for that: closing one that a store of this process has open would
// drop its locks. Links do not count, because index files are stored where the file itself
// is.
func OwnsDirectory(path string) bool {
	own, err := Resolve(path)
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
		locked, ok := strings.CutSuffix(filepath.Join(dir, e.Name()), LockEnd)
		if !ok || filepath.Ext(locked) == ".keys" || sameFile(locked, own) {
			continue
		}
		if _, err := os.Lstat(locked); err == nil {
			return false
		}
	}
	return true
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}
