package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/adapters/sqlite/backup"
	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/embedcache"
	"github.com/memista/memista/internal/adapters/sqlite/feed"
	"github.com/memista/memista/internal/adapters/sqlite/fts"
	"github.com/memista/memista/internal/adapters/sqlite/health"
	"github.com/memista/memista/internal/adapters/sqlite/reembed"
	"github.com/memista/memista/internal/adapters/sqlite/registry"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var (
	_ ports.ChunkRepository  = (*Store)(nil)
	_ ports.KeyReader        = (*Store)(nil)
	_ ports.EmbeddingKeeper  = (*Store)(nil)
	_ ports.CollectionKeeper = (*Store)(nil)
	_ ports.FeedKeeper       = (*Store)(nil)
)

// Driver names the SQLite driver of this build.
const Driver = conn.Driver

// HasFullText reports whether the SQLite of this build has FTS5, which full text needs.
const HasFullText = conn.HasFullText

// LibraryVersion returns the version of the SQLite library in this build.
func LibraryVersion() string { return conn.LibraryVersion() }

// Store is a ChunkRepository in one SQLite file, or in memory. It is safe for concurrent
// use.
type Store struct {
	*reembed.Embeddings // of models that are to take the place of others

	options Options
	file    conn.File
	opened  os.FileInfo     // the file when it was opened; nil in memory
	claim   *datafile.Claim // nil in memory
	calls   *conn.Calls     // in progress
	pool    *conn.Pool
	writer  *commit.Writer
	backups *backup.Source
	texts   *fts.Indexes
	dropped *dropped
	cached  *embedcache.Cache

	collections *registry.Registry
	feeds       *feed.Feeds

	health  health.Problems
	closing sync.Once
}

// Open opens the store in the file at path, and makes it and its directory if they are
// not there. The empty path is a store in memory that ends with Close, and holds at most
// 1 GiB.
//
// Where the file may not be written, the store reads it, and every write returns
// ErrWriteProtected.
//
// It returns ErrLocked if another store holds the file, by whatever name, ErrConflict if
// the file has other names that are not links to this one, ErrForeignFile if the file is
// not memista's, ErrOriginalFormat if the original memista wrote it, ErrNewerSchema if a
// newer one did; the file is then left as it is.
func Open(ctx context.Context, path string, o *Options) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	options, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := conn.CheckLibrary(LibraryVersion()); err != nil {
		return nil, err
	}
	at, err := conn.Locate(path)
	if err != nil {
		return nil, err
	}
	s := newStore(options, at)
	if !at.InMemory() {
		if s.claim, err = own(at.Path); err != nil {
			if _, ours := errors.AsType[*domain.Error](err); ours {
				return nil, err
			}
			return nil, fmt.Errorf("open %s: %w", at.Name(), conn.SystemError(err))
		}
	}
	start := s.start
	if s.WriteProtected() {
		start = s.startSealed
	}
	if err := start(); err != nil {
		if conn.PrimaryCode(err) == conn.CodeNotADB {
			err = conn.NotOurs(at.Path)
		}
		return nil, errors.Join(fmt.Errorf("open %s: %w", at.Name(), conn.Classify(err)), s.unlock())
	}
	return s, nil
}

// newStore returns a store that has nothing open yet.
func newStore(o Options, at conn.Location) *Store {
	return &Store{
		options: o,
		file: conn.File{Location: at, Settings: conn.Settings{
			Driver: o.driver, WriterCacheKiB: o.WriterCacheKiB, ReaderCacheKiB: o.ReaderCacheKiB,
			SecureDelete: o.SecureDelete, Synchronous: o.synchronous(),
		}},
		calls:   conn.NewCalls(at.Name()),
		texts:   fts.New(o.fullText, o.SecureDelete),
		dropped: newDropped(),
		cached:  embedcache.New(o.EmbeddingCache, o.forget),
	}
}

// own claims the data file at path.
func own(path string) (*datafile.Claim, error) {
	claim, err := datafile.Own(path)
	if err != nil {
		return nil, err
	}
	if !claim.Writable() {
		return claim, nil
	}
	backup.Sweep(path) // a backup that was cut off just before its end has two names
	if err := claim.CheckNames(); err != nil {
		return nil, errors.Join(err, claim.Close())
	}
	return claim, nil
}

// Close waits for the calls in progress, moves the write-ahead log into the file and
// releases both. Later calls return ErrClosed. Close may be called twice.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		_ = s.cached.Close() // what cannot be written is lost, and is embedded again
		s.calls.Close()
		// The writer's connection goes last: only one that may write can take the
		// write-ahead log away.
		err = errors.Join(s.pool.Close(), s.writer.Stop(), s.unlock())
	})
	return err
}

// EmbeddingStore returns where embeddings of texts are kept; see ports.EmbeddingKeeper.
func (s *Store) EmbeddingStore() ports.EmbeddingStore {
	if s.options.EmbeddingCache == 0 || s.file.InMemory() || s.WriteProtected() {
		return nil
	}
	return s.cached
}

// Collections returns the registry of what databases are called by other surfaces; see
// ports.CollectionKeeper.
func (s *Store) Collections() ports.Collections { return s.collections }

// Feeds returns what lets databases leave for another store; see ports.FeedKeeper.
func (s *Store) Feeds() ports.Feeds { return s.feeds }

func (s *Store) unlock() error {
	if s.claim == nil {
		return nil
	}
	return s.claim.Close()
}

// read calls fn with a reader that sees all that was acknowledged.
func (s *Store) read(ctx context.Context, fn func(*conn.Conn) error) error {
	return s.pool.Read(ctx, "", fn)
}

// readOf is read for a statement about one database, which is known to be damaged from
// then on if the statement finds it so. It sees all that was acknowledged about that
// database, and maybe an earlier state of others.
func (s *Store) readOf(ctx context.Context, id string, fn func(*conn.Conn) error) error {
	return s.observed(id, s.pool.Read(ctx, id, fn))
}
