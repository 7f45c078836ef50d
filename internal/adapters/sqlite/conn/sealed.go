package conn

import (
	"errors"
	"io/fs"
	"os"
	"runtime"

	"github.com/memista/memista/internal/domain"
)

// sealed is how a file is read that may not be written, and beside which no files may be
// made, which SQLite needs for its log. The claim on the file keeps writers out.
type sealed uint8

const (
	notSealed  sealed = iota
	withoutLog        // all is in the file
	withLog           // what was stored last is in the log beside it
)

// parameters are added to the name under which SQLite opens the file.
func (l sealed) parameters() string {
	switch l {
	case withoutLog:
		return "&immutable=1" // with a log it would be passed over
	case withLog: // without locks, so that every connection can have the log for itself
		vfs := "unix-none"
		if runtime.GOOS == "windows" {
			vfs = "win32-none"
		}
		return "&vfs=" + vfs + "&_locking_mode=EXCLUSIVE" // for a driver that reads while it opens
	case notSealed:
	}
	return ""
}

// Seal has the file opened as one that may not be written.
func (l *Location) Seal() (err error) {
	l.sealed, err = sealOf(l.Path)
	return err
}

// sealOf finds out how the file at path is to be read.
func sealOf(path string) (sealed, error) {
	if info, err := os.Stat(path + "-journal"); err == nil && info.Size() > 0 {
		return notSealed, domain.Errorf(domain.ErrWriteProtected, "%s has a journal of a transaction that was cut off, and may not be written: open it once where it may", path)
	}
	info, err := os.Stat(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return withoutLog, nil
	case err != nil:
		return notSealed, err
	case info.Size() == 0:
		return withoutLog, nil
	}
	return withLog, nil
}
