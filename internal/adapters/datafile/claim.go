package datafile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/gofrs/flock"

	"github.com/memista/memista/internal/domain"
)

// LockEnd is what the name of the lock file has more than the data file's.
const LockEnd = ".lock"

// Claim is the right to a data file, until Close. It is safe for concurrent use.
type Claim struct {
	path     string
	writable bool

	mu   sync.Mutex   // guards name, file and info
	name *flock.Flock // on the lock file; nil if there is none
	file *os.File     // the data file; nil if it was not there, or was let go
	info os.FileInfo  // of file

	kept []*os.File // more descriptors of it, which must not be closed before; guarded by claims.mu
}

// claims are the files that this process has: descriptors of these must not be opened
// and closed.
var claims struct {
	mu   sync.Mutex // guards held, and is held while a file is looked up, opened and added
	held map[*Claim]struct{}
}

// errTaken says that somebody else has the lock.
var errTaken = errors.New("taken")

// Own claims the resolved path for a store, and makes the file, for nobody else's eyes,
// if it is not there. Where it cannot be written the claim is one for reading, which
// others may have as well; Writable tells. It returns ErrLocked if another has the file.
func Own(path string) (*Claim, error) {
	c := &Claim{path: path, writable: writable(path)}
	if !c.writable {
		err := c.share()
		if errors.Is(err, fs.ErrNotExist) {
			err = domain.Errorf(domain.ErrNotFound, "there is no data file %s, and none can be made: nothing may be written there", path)
		}
		return c, c.orClose(err)
	}
	if err := c.lockName(); err != nil {
		return nil, err
	}
	return c, c.orClose(c.own())
}

func (c *Claim) own() error {
	made, err := os.OpenFile(c.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil { // a new file: nobody can have it
		err = made.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return c.lockFile(os.O_RDWR)
}

// Replace claims the resolved path for somebody who puts another file there. There need
// not be one yet.
func Replace(path string) (*Claim, error) {
	c := &Claim{path: path, writable: true}
	if err := c.lockName(); err != nil {
		return nil, err
	}
	err := c.lockFile(os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return c, c.orClose(err)
}

// Share claims the file at the resolved path for reading, together with others who only
// read. It makes no file.
func Share(path string) (*Claim, error) {
	c := &Claim{path: path}
	return c, c.orClose(c.share())
}

func (c *Claim) share() error {
	if _, err := os.Lstat(c.path + LockEnd); err == nil {
		lock := flock.New(c.path + LockEnd)
		held, err := lock.TryRLock()
		switch {
		case err == nil && !held:
			return c.taken()
		case err == nil:
			c.name = lock
		case !unwritable(err): // else the lock on the file itself has to do
			return fmt.Errorf("lock the data file: %w", err)
		}
	}
	return c.lockFile(os.O_RDONLY)
}

// orClose gives everything back if err is one.
func (c *Claim) orClose(err error) error {
	if err != nil {
		return errors.Join(err, c.Close())
	}
	return nil
}

func (c *Claim) taken() error {
	return domain.Errorf(domain.ErrLocked, "%s is in use by another memista: stop that one, or choose another path", c.path)
}

// lockName takes the lock beside the file.
func (c *Claim) lockName() error {
	lock := flock.New(c.path + LockEnd)
	held, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock the data file: %w", err)
	}
	if !held {
		return c.taken()
	}
	c.name = lock
	return nil
}

// lockFile opens the file with flag and locks it.
func (c *Claim) lockFile(flag int) error {
	claims.mu.Lock()
	defer claims.mu.Unlock()
	info, err := os.Stat(c.path)
	if err != nil {
		return err
	}
	if c.refusing(info) != nil {
		return c.taken()
	}
	file, err := os.OpenFile(c.path, flag, 0)
	if err != nil {
		return err
	}
	c.file = file // from here on Close closes it
	if c.info, err = file.Stat(); err != nil {
		return err
	}
	if other := c.refusing(c.info); other != nil { // it was put there this moment
		other.kept = append(other.kept, file)
		c.file = nil
		return c.taken()
	}
	if err := lockFar(file, c.writable); err != nil {
		if errors.Is(err, errTaken) {
			err = c.taken()
		}
		return err
	}
	if claims.held == nil {
		claims.held = map[*Claim]struct{}{}
	}
	claims.held[c] = struct{}{}
	return nil
}

// refusing returns the claim of this process that keeps c from the file, or nil; claims.mu
// is held.
func (c *Claim) refusing(info os.FileInfo) *Claim {
	for other := range claims.held {
		if (other.writable || c.writable) && os.SameFile(other.info, info) {
			return other
		}
	}
	return nil
}

// Writable reports whether the file can be written, and the files that SQLite keeps
// beside it made.
func (c *Claim) Writable() bool { return c.writable }

// ReadAt reads from the file, which must not be opened and closed for that. It returns
// fs.ErrNotExist if there is none.
func (c *Claim) ReadAt(p []byte, offset int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return 0, fs.ErrNotExist
	}
	return c.file.ReadAt(p, offset)
}

// LetGo gives back the lock on the file itself, so that another can take its place. The
// one on its name stays.
func (c *Claim) LetGo() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	claims.mu.Lock()
	defer claims.mu.Unlock()
	delete(claims.held, c)
	errs := []error{c.file.Close()} // which gives back the lock
	for _, file := range c.kept {
		errs = append(errs, file.Close())
	}
	c.file, c.kept = nil, nil
	return errors.Join(errs...)
}

// Close gives back all that is claimed. It may be called twice.
func (c *Claim) Close() error {
	err := c.LetGo()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.name == nil {
		return err
	}
	lock := c.name
	c.name = nil
	return errors.Join(err, lock.Close())
}

// CheckNames returns ErrConflict for a file that has another name, beside which the log of
// SQLite may lie, or will be looked for.
func (c *Claim) CheckNames() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	links, mounted := names(c.file)
	switch {
	case links > 1:
		return domain.Errorf(domain.ErrConflict, "%s has %d names (hard links), and the log with what was written last lies beside the one that was used last: remove the other names, or use a copy", c.path, links)
	case mounted:
		return domain.Errorf(domain.ErrConflict, "%s is mounted by itself, and the log with what was written last would lie beside it, outside of what is mounted: mount its directory instead", c.path)
	}
	return nil
}

// unwritable reports whether err says that nothing may be written there.
func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnly)
}
