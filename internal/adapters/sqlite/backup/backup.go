package backup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Source is an open store that copies are made of.
type Source struct {
	File  *conn.File
	Pool  *conn.Pool
	Calls *conn.Calls
	// Free returns how many bytes can still be written in the file system of dir.
	Free func(dir string) (bytes int64, known bool)
	// WriteProtected says that nothing can be written beside the data file.
	WriteProtected bool

	copying atomic.Bool // a copy is being made or read
}

// To writes a copy to a new file at path; see ports.Backuper.
func (s *Source) To(ctx context.Context, path string) (int64, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	if err := diskfile.CheckFree(path); err != nil {
		return 0, err
	}
	release, err := s.begin()
	if err != nil {
		return 0, err
	}
	defer release()
	Sweep(path)
	temporary, size, err := s.copyBeside(ctx, path)
	if err != nil {
		return 0, err
	}
	if err := diskfile.PutNew(temporary, path); err != nil {
		return 0, errors.Join(conn.SystemError(err), os.Remove(temporary))
	}
	return size, nil
}

// Open makes a copy beside the store's file and opens it; see ports.Backuper.
func (s *Source) Open(ctx context.Context) (ports.BackupFile, error) {
	release, err := s.begin()
	if err != nil {
		return nil, err
	}
	near := s.File.Path
	if near == "" || s.WriteProtected {
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
	_ = os.Remove(path) // where the system lets open files be removed; elsewhere Close does it
	return &tempCopy{File: file, path: path, size: size, release: release}, nil
}

// begin makes sure that one copy is made, or read, at a time: each takes as much
// room as the file.
func (s *Source) begin() (release func(), err error) {
	if !s.copying.CompareAndSwap(false, true) {
		return nil, domain.Errorf(domain.ErrBusy, "a backup is being made already: try again when it is done")
	}
	return sync.OnceFunc(func() { s.copying.Store(false) }), nil
}

// tempCopy is a finished copy that is removed when it is closed.
type tempCopy struct {
	*os.File
	path    string
	size    int64
	release func()
}

// Size returns the size of the copy in bytes.
func (f *tempCopy) Size() int64 { return f.size }

// Close removes the copy. It may be called twice.
func (f *tempCopy) Close() error {
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
