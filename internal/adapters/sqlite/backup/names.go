package backup

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// Names of copies that are not finished, or are removed when they were read: the file's
// own, backupMark, random digits, backupEnd.
const (
	backupMark = ".backup-"
	backupEnd  = ".tmp"
)

// temporaryName returns a new name for a copy that is not finished, beside path.
func temporaryName(path string) (string, error) {
	var digits [8]byte
	if _, err := rand.Read(digits[:]); err != nil {
		return "", err
	}
	return path + backupMark + hex.EncodeToString(digits[:]) + backupEnd, nil
}

// Sweep removes what a crash left of copies of the file at path.
func Sweep(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return // whoever needs the directory will say so
	}
	for _, e := range entries {
		if e.Type().IsRegular() && isLeftover(e.Name(), filepath.Base(path)) {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name())) // if it cannot go now, the next sweep tries again
		}
	}
}

// isLeftover reports whether name is that of an unfinished copy of the file called
// base, or of a file that SQLite keeps beside one.
func isLeftover(name, base string) bool {
	rest, ours := strings.CutPrefix(name, base+backupMark)
	if !ours {
		return false
	}
	for _, of := range []string{"-journal", "-wal", "-shm"} {
		rest = strings.TrimSuffix(rest, of)
	}
	digits, ours := strings.CutSuffix(rest, backupEnd)
	raw, err := hex.DecodeString(digits)
	return ours && err == nil && len(raw) == 8
}
