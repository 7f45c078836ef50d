package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Backuper = (*Store)(nil)

// Names of copies that are not finished, or to be gone when they were read: the file's
// own, backupMark, random digits, backupEnd.
const (
	backupMark = ".backup-"
	backupEnd  = ".tmp"
)

// BackupTo writes a copy to a new file at path; see ports.Backuper.
func (s *Store) BackupTo(ctx context.Context, path string) (int64, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	if err := diskfile.CheckFree(path); err != nil {
		return 0, err
	}
	release, err := s.enterBackup()
	if err != nil {
		return 0, err
	}
	defer release()
	sweepBackups(path)
	temporary, size, err := s.copyBeside(ctx, path)
	if err != nil {
		return 0, err
	}
	if err := diskfile.PutNew(temporary, path); err != nil {
		return 0, errors.Join(systemError(err), os.Remove(temporary))
	}
	return size, nil
}

// Backup makes a copy beside the store's file and opens it; see ports.Backuper.
func (s *Store) Backup(ctx context.Context) (ports.BackupFile, error) {
	release, err := s.enterBackup()
	if err != nil {
		return nil, err
	}
	near := s.at.path
	if near == "" || s.WriteProtected() {
		near = filepath.Join(os.TempDir(), "memista")
	}
	path, size, err := s.copyBeside(ctx, near)
	if err != nil {
		release()
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		release()
		return nil, errors.Join(err, os.Remove(path))
	}
	_ = os.Remove(path) // where open files have no name; elsewhere Close does it
	return &backupFile{File: file, path: path, size: size, release: release}, nil
}

// enterBackup makes sure that one copy is made, or read, at a time: each takes as much
// room as the file.
func (s *Store) enterBackup() (release func(), err error) {
	if !s.copying.CompareAndSwap(false, true) {
		return nil, domain.Errorf(domain.ErrBusy, "a backup is being made already: try again when it is done")
	}
	return sync.OnceFunc(func() { s.copying.Store(false) }), nil
}

// backupFile is a finished copy that goes when it is closed.
type backupFile struct {
	*os.File
	path    string
	size    int64
	release func()
}

// Size returns the size of the copy in bytes.
func (f *backupFile) Size() int64 { return f.size }

// Close removes the copy. It may be called twice.
func (f *backupFile) Close() error {
	err := f.File.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	if rerr := os.Remove(f.path); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	f.release()
	return err
}

// copyBeside makes a whole and durable copy under a temporary name beside path.
func (s *Store) copyBeside(ctx context.Context, path string) (temporary string, size int64, err error) {
	if err := s.enter(); err != nil {
		return "", 0, err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return "", 0, err
	}
	var digits [8]byte
	if _, err := rand.Read(digits[:]); err != nil {
		return "", 0, err
	}
	temporary = path + backupMark + hex.EncodeToString(digits[:]) + backupEnd
	// SQLite takes an empty file for none, and would make one that others may read.
	file, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, systemError(err)
	}
	spread := spreadSyncs(file)
	err = s.copyInto(ctx, temporary)
	if serr := spread(); err == nil {
		err = systemError(serr)
	}
	if err == nil {
		err = systemError(file.Sync())
	}
	if err == nil {
		size = fileSize(temporary)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, errors.Join(err, os.Remove(temporary))
	}
	return temporary, size, nil
}

// syncEvery is how often a copy that is being written is moved to the disk.
const syncEvery = 20 * time.Millisecond

// spreadSyncs moves to the disk what has been written to file so far, again and again
// until stop is called: all at once, at the end, would have the commits that come just
// then wait for all of it. DESIGN.md has the figures. The error of a sync counts: the
// next one may know nothing of it.
func spreadSyncs(file *os.File) (stop func() error) {
	end, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(syncEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := file.Sync(); err != nil {
					ended <- err
					return
				}
			case <-end:
				ended <- nil
				return
			}
		}
	}()
	return func() error { close(end); return <-ended }
}

// copyInto writes all that is in the store at one moment into the empty file at path,
// over a connection of its own.
func (s *Store) copyInto(ctx context.Context, path string) error {
	c, err := openDriver(s.at.uri(reading))
	if err != nil {
		return classify(err)
	}
	from := newConn(c)
	err = s.configure(from, copying)
	if err == nil {
		err = s.checkRoom(from, path)
	}
	if err == nil {
		err = s.using(from, func(from *conn) error { return vacuumInto(ctx, from, s.at.sibling(path)) })
	}
	err = errors.Join(classify(err), from.close())
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// vacuumInto copies the database behind c into the empty file called name. It stops when
// ctx ends.
func vacuumInto(ctx context.Context, c *conn, name string) error {
	_, err := c.c.(driver.ExecerContext).ExecContext(ctx, "VACUUM INTO ?", []driver.NamedValue{{Ordinal: 1, Value: name}})
	return err
}

// sibling returns the name under which a connection to l opens the file at path. SQLite
// would look for it in memory, too, if the database is there.
func (l location) sibling(path string) string {
	if l.path != "" {
		return path
	}
	vfs := "unix"
	if runtime.GOOS == "windows" {
		vfs = "win32"
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?vfs=" + vfs
}

// checkRoom refuses a copy that would fill the disk it is written to: the store's own
// file may be on it. The log grows meanwhile, so an eighth must be left.
func (s *Store) checkRoom(c *conn, path string) error {
	var pages [3]int64
	for i, name := range [...]string{"page_count", "freelist_count", "page_size"} {
		n, _, err := c.integer("PRAGMA " + name)
		if err != nil {
			return err
		}
		pages[i] = n
	}
	need := (pages[0] - pages[1]) * pages[2]
	room, known := s.options.room(filepath.Dir(path))
	if known && room < need+need/8 {
		return domain.Errorf(domain.ErrDiskFull, "a backup needs about %d MiB beside the data file or where it is written, there are %d: free some space", (need+need/8)>>20+1, room>>20)
	}
	return nil
}

// sweepBackups removes what a crash left of copies of the file at path.
func sweepBackups(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return // whoever needs the directory will say so
	}
	for _, e := range entries {
		if e.Type().IsRegular() && isBackupLeft(e.Name(), filepath.Base(path)) {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name())) // if it cannot go now, the next sweep tries again
		}
	}
}

// isBackupLeft reports whether name is that of an unfinished copy of the file called
// base, or of a file that SQLite keeps beside one.
func isBackupLeft(name, base string) bool {
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

// systemError adds the kind to an error of the system.
func systemError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", domain.ErrDiskFull, err)
	}
	return err
}
