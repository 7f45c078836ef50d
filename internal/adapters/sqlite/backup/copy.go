package backup

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/domain"
)

// copyBeside makes a whole and durable copy under a temporary name beside path.
func (s *Source) copyBeside(ctx context.Context, path string) (temporary string, size int64, err error) {
	if err := s.Calls.Enter(); err != nil {
		return "", 0, err
	}
	defer s.Calls.Leave()
	if err := ctx.Err(); err != nil {
		return "", 0, err
	}
	if temporary, err = temporaryName(path); err != nil {
		return "", 0, err
	}
	// SQLite takes an empty file for none, and would make one that others may read.
	file, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, conn.SystemError(err)
	}
	spread := spreadSyncs(file)
	err = s.copyInto(ctx, temporary)
	if serr := spread(); err == nil {
		err = conn.SystemError(serr)
	}
	if err == nil {
		err = conn.SystemError(file.Sync())
	}
	if err == nil {
		size = sizeOf(temporary)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, errors.Join(err, os.Remove(temporary))
	}
	return temporary, size, nil
}

// syncEvery is how often a copy that is being written is moved to the disk.
const syncEvery = 20 * time.Millisecond

// spreadSyncs moves to the disk what has been written to file so far, again and again
// until stop is called: one sync at the end would have the commits of that moment wait for
// all of it. DESIGN.md has the figures. The error of a sync counts: the next one may not
// return it again.
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

// copyInto writes one snapshot of the store into the empty file at path, over a connection
// of its own.
func (s *Source) copyInto(ctx context.Context, path string) error {
	c, err := conn.OpenDriver(s.File.URI(conn.Reading))
	if err != nil {
		return conn.Classify(err)
	}
	from := conn.New(c)
	err = s.File.Configure(from, conn.Copying)
	if err == nil {
		err = s.checkRoom(from, path)
	}
	if err == nil {
		err = s.Pool.Using(from, func(from *conn.Conn) error { return vacuumInto(ctx, from, s.File.Sibling(path)) })
	}
	err = errors.Join(conn.Classify(err), from.Close())
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// vacuumInto copies the database behind c into the empty file called name. It stops when
// ctx ends.
func vacuumInto(ctx context.Context, c *conn.Conn, name string) error {
	_, err := c.Raw().(driver.ExecerContext).ExecContext(ctx, "VACUUM INTO ?", []driver.NamedValue{{Ordinal: 1, Value: name}})
	return err
}

// checkRoom refuses a copy that would fill the disk it is written to: the store's own
// file may be on it. The log grows concurrently, so an eighth must be left.
func (s *Source) checkRoom(c *conn.Conn, path string) error {
	var pages [3]int64
	for i, name := range [...]string{"page_count", "freelist_count", "page_size"} {
		n, _, err := c.Integer("PRAGMA " + name)
		if err != nil {
			return err
		}
		pages[i] = n
	}
	need := (pages[0] - pages[1]) * pages[2]
	room, known := s.Free(filepath.Dir(path))
	if known && room < need+need/8 {
		return domain.Errorf(domain.ErrDiskFull, "a backup needs about %d MiB beside the data file or where it is written, there are %d: free some space", (need+need/8)>>20+1, room>>20)
	}
	return nil
}

// sizeOf asks for the size by name; the file is not opened.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
