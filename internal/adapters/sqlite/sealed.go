package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strconv"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.WriteProtected = (*Store)(nil)

// sealed is how a file is read that may not be written, nor files made beside it, which
// SQLite needs for its log. Nobody writes to it: the claim keeps writers out.
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

// WriteProtected reports whether the file cannot be written; see ports.WriteProtected.
func (s *Store) WriteProtected() bool { return s.claim != nil && !s.claim.Writable() }

// writeProtected is the error of every write to such a file.
func writeProtected() error {
	return domain.Errorf(domain.ErrWriteProtected, "%s", domain.Problem{Kind: domain.ErrWriteProtected}.Message())
}

// startSealed is start for a file that may not be written.
func (s *Store) startSealed() error {
	var err error
	if s.at.sealed, err = sealOf(s.at.path); err != nil {
		return err
	}
	c, err := s.openConn(reading)
	if err != nil {
		return err
	}
	if err := errors.Join(s.identifySealed(c), c.close()); err != nil {
		return err
	}
	if s.file, err = os.Stat(s.at.path); err != nil {
		return err
	}
	if err := s.openReaders(); err != nil {
		return err
	}
	s.writer = newWriter(s, nil)
	s.writer.keeper.stop()
	s.writer.counts.readOnly.Store(true)
	s.health.note(domain.ErrWriteProtected, "", s.options.Now())
	return nil
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

// identifySealed refuses a file that would have to be changed before it can be read.
func (s *Store) identifySealed(c *conn) error {
	newest := int64(len(s.options.migrations))
	version, err := identify(c, s.at.path, newest)
	switch {
	case err != nil:
		return err
	case version == 0:
		return domain.Errorf(domain.ErrWriteProtected, "%s is empty and may not be written", s.at.path)
	case version < newest:
		return domain.Errorf(domain.ErrWriteProtected, "%s has schema version "+strconv.FormatInt(version, 10)+" of an older memista and may not be written: open it once where it may", s.at.path)
	}
	return nil
}
