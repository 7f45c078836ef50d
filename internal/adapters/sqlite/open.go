package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/adapters/sqlite/backup"
	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/feed"
	"github.com/memista/memista/internal/adapters/sqlite/fts"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/adapters/sqlite/reembed"
	"github.com/memista/memista/internal/adapters/sqlite/registry"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

// reserveEnd is the suffix of the file that keeps room for deletes.
const reserveEnd = ".reserve"

// start opens the connections and starts the writer.
func (s *Store) start() error {
	c, err := s.file.Open(conn.Writing)
	if err != nil {
		return err
	}
	if err := s.prepareFile(c); err != nil {
		return errors.Join(err, c.Close())
	}
	if !s.file.InMemory() {
		if s.opened, err = os.Stat(s.file.Path); err != nil {
			return errors.Join(err, c.Close())
		}
	}
	if s.pool, err = conn.OpenPool(&s.file, s.calls, s.options.Readers); err != nil {
		return errors.Join(err, c.Close())
	}
	if err := s.dropped.count(c); err != nil {
		return errors.Join(err, s.pool.Close(), c.Close())
	}
	s.connect(c)
	s.writer.Start()
	s.pool.Refresh()
	return nil
}

// startSealed is start for a file that may not be written.
func (s *Store) startSealed() error {
	if err := s.file.Seal(); err != nil {
		return err
	}
	c, err := s.file.Open(conn.Reading)
	if err != nil {
		return err
	}
	if err := errors.Join(s.identifySealed(c), c.Close()); err != nil {
		return err
	}
	if s.opened, err = os.Stat(s.file.Path); err != nil {
		return err
	}
	if s.pool, err = conn.OpenPool(&s.file, s.calls, s.options.Readers); err != nil {
		return err
	}
	s.connect(nil)
	s.health.Note(domain.ErrWriteProtected, "", s.options.Now())
	return nil
}

// connect makes the writer over c, and the source of backups.
func (s *Store) connect(c *conn.Conn) {
	purge := reembed.Purge()
	config := commit.Config{
		File: &s.file, Pool: s.pool, Calls: s.calls, Health: &s.health, InPlace: s.inPlace,
		Tasks:          append(append(maintenance.Tasks{s.dropped.purge, purge}, s.texts.Tasks()...), s.cached.Task()),
		WriteProtected: s.WriteProtected(), PageSize: s.options.pageSize, SchemaVersion: len(s.options.migrations),
		Idle: s.options.idle, Pause: s.options.pause, Now: s.options.Now,
	}
	if path := s.file.Path; path != "" && !s.WriteProtected() {
		config.Reserve = diskfile.NewReserve(path+reserveEnd, func() (int64, bool) { return s.options.free(filepath.Dir(path)) })
	}
	s.writer = commit.New(config, c)
	s.Embeddings = reembed.New(s.writer, s.pool, purge)
	s.collections = registry.New(s.writer, s.pool, registry.Databases{
		Create: s.createCounted, Drop: s.drop, Max: s.options.MaxDatabases,
		Damaged: func(id string) { s.health.Note(domain.ErrCorrupt, id, s.options.Now()) },
	})
	s.feeds = feed.New(s.writer, s.pool, selectChunks, s.options.Now)
	s.cached.Connect(s.pool, s.writer.Do, s.options.Now)
	s.backups = &backup.Source{File: &s.file, Pool: s.pool, Calls: s.calls, Free: s.options.free, WriteProtected: s.WriteProtected()}
}

// prepareFile makes a new file, or checks and migrates an old one, through the writer's
// connection.
func (s *Store) prepareFile(c *conn.Conn) error {
	version, err := schema.Identify(c, s.file.Path, int64(len(s.options.migrations)))
	if err != nil {
		return err
	}
	if version == 0 { // before the first table, and before WAL
		if err := c.Query("PRAGMA page_size = "+strconv.Itoa(s.options.pageSize), nil); err != nil {
			return err
		}
		if err := c.Query("PRAGMA auto_vacuum = INCREMENTAL", nil); err != nil {
			return err
		}
	}
	if err := s.file.MakeDurable(c); err != nil {
		return err
	}
	if err := schema.Migrate(c, version, s.options.migrations); err != nil {
		return err
	}
	if err := fts.Review(c); err != nil {
		return err
	}
	return s.cached.Prepare(c)
}

// identifySealed refuses a file that would have to be changed before it can be read.
func (s *Store) identifySealed(c *conn.Conn) error {
	newest := int64(len(s.options.migrations))
	path := s.file.Path
	version, err := schema.Identify(c, path, newest)
	switch {
	case err != nil:
		return err
	case version == 0:
		return domain.Errorf(domain.ErrWriteProtected, "%s is empty and may not be written", path)
	case version < newest:
		return domain.Errorf(domain.ErrWriteProtected, "%s has schema version "+strconv.FormatInt(version, 10)+" of an older memista and may not be written: open it once where it may", path)
	}
	return nil
}

// WriteProtected reports whether the file cannot be written; see ports.ChunkRepository.
func (s *Store) WriteProtected() bool { return s.claim != nil && !s.claim.Writable() }
