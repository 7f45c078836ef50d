package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.ChunkRepository = (*Store)(nil)

// Options are the choices for Open. The zero value is right for a server.
type Options struct {
	// Durability is "full" (the default: every acknowledged write has been fsynced) or
	// "normal" (a crash of the machine, not of the process, may lose the last ones).
	Durability string
	// SecureDelete overwrites what is deleted with zeros, so that it is gone from the file
	// with the next checkpoint and not only from view.
	SecureDelete bool
	// Readers is the number of read-only connections; 0 means 2. More cost memory, and
	// time after each change of the schema.
	Readers int
	// WriterCacheKiB and ReaderCacheKiB bound the page caches of the connections, which
	// grow to that only in use; 0 means 4096 and 2048.
	WriterCacheKiB, ReaderCacheKiB int
	// MaxDatabases is how many databases there may be before no more are made; 0 is no
	// bound.
	MaxDatabases int
	// FullTextHelp says in the error of a build without FTS5 how to get one with it; ""
	// means in terms of go build.
	FullTextHelp string
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	pageSize   int
	migrations []string
	idle       time.Duration
	pause      time.Duration
	room       func(dir string) (bytes int64, known bool)
	driver     func(uri string) (driver.Conn, error)
	fullText   bool // the driver has FTS5
}

// withDefaults returns a copy of o with every zero replaced.
func (o *Options) withDefaults() (Options, error) {
	var out Options
	if o != nil {
		out = *o
	}
	if out.Durability == "" {
		out.Durability = "full"
	}
	if out.Durability != "full" && out.Durability != "normal" {
		return out, domain.Errorf(domain.ErrInvalid, "unknown durability %q: use full or normal", out.Durability)
	}
	defaultTo(&out.Readers, 2)
	defaultTo(&out.WriterCacheKiB, 4096)
	defaultTo(&out.ReaderCacheKiB, 2048)
	defaultTo(&out.pageSize, pageSize)
	defaultTo(&out.idle, idleAfter)
	defaultTo(&out.pause, faultPause)
	if out.Now == nil {
		out.Now = time.Now
	}
	if out.room == nil {
		out.room = roomAt
	}
	if out.driver == nil {
		out.driver, out.fullText = openDriver, HasFullText
	}
	if out.migrations == nil {
		out.migrations = migrations[:]
	}
	return out, nil
}

func defaultTo[T int | time.Duration](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}

func (o *Options) cacheKiB(r role) int {
	if r == writing {
		return o.WriterCacheKiB
	}
	return o.ReaderCacheKiB
}

// synchronous returns the value of the pragma for the durability.
func (o *Options) synchronous() int64 {
	if o.Durability == "normal" {
		return 1
	}
	return 2
}

// Store is a ChunkRepository in one SQLite file, or in memory. It is safe for concurrent
// use.
type Store struct {
	options Options
	at      location
	file    os.FileInfo     // of at when it was opened; nil in memory
	claim   *datafile.Claim // nil in memory
	readers chan *conn
	texts   chan *conn // that search texts; nil in it: one that is not open yet
	writer  *writer
	fts     bool // SQLite has FTS5
	health  health
	copying atomic.Bool // a backup is being made or read
	moments moments

	preparing preparations

	refreshing atomic.Bool // readers are being brought to the schema of now

	// gate keeps readers of a store in memory, which has no write-ahead log, away while
	// a transaction runs. It is nil for a file.
	gate *sync.RWMutex

	mu      sync.RWMutex // guards closed, and calls from growing once it is true
	closed  bool
	calls   sync.WaitGroup // calls under way
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
	if err := checkLibrary(LibraryVersion()); err != nil {
		return nil, err
	}
	at, err := locate(path)
	if err != nil {
		return nil, err
	}
	s := &Store{options: options, at: at, fts: options.fullText}
	if at.path == "" {
		s.gate = new(sync.RWMutex)
	} else if s.claim, err = own(at.path); err != nil {
		if _, ours := errors.AsType[*domain.Error](err); ours {
			return nil, err
		}
		return nil, fmt.Errorf("open %s: %w", s.name(), systemError(err))
	}
	start := s.start
	if s.WriteProtected() {
		start = s.startSealed
	}
	if err := start(); err != nil {
		if primaryCode(err) == codeNotADB {
			err = notOurs(at.path)
		}
		return nil, errors.Join(fmt.Errorf("open %s: %w", s.name(), classify(err)), s.unlock())
	}
	return s, nil
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
	sweepBackups(path) // a backup that was cut off just before its end has two names
	if err := claim.CheckNames(); err != nil {
		return nil, errors.Join(err, claim.Close())
	}
	return claim, nil
}

// start opens the connections and starts the writer.
func (s *Store) start() error {
	c, err := s.openConn(writing)
	if err != nil {
		return err
	}
	if err := s.prepareFile(c); err != nil {
		return errors.Join(err, c.close())
	}
	if s.at.path != "" {
		if s.file, err = os.Stat(s.at.path); err != nil {
			return errors.Join(err, c.close())
		}
	}
	if err := s.openReaders(); err != nil {
		return errors.Join(err, c.close())
	}
	pending, err := pendingDrops(c)
	if err != nil {
		return errors.Join(err, s.closeReaders(), c.close())
	}
	s.writer = newWriter(s, c)
	s.writer.counts.pending.Store(pending)
	go s.writer.run()
	s.refresh()
	return nil
}

// openReaders opens the connections that read.
func (s *Store) openReaders() error {
	s.moments.reshaped() // to readers, of which none has read the schema yet
	s.readers = make(chan *conn, s.options.Readers)
	s.texts = make(chan *conn, textReaders)
	for range s.options.Readers {
		r, err := s.openConn(reading)
		if err != nil {
			return errors.Join(err, s.closeReaders())
		}
		s.readers <- r
	}
	for range textReaders {
		s.texts <- nil
	}
	return nil
}

// syncs reports whether a commit waits for an fsync.
func (s *Store) syncs() bool { return s.at.path != "" && s.options.synchronous() == 2 }

// name is how the store is called in messages.
func (s *Store) name() string {
	if s.at.path == "" {
		return "in memory"
	}
	return s.at.path
}

// enter registers a call, which leave ends, or returns ErrClosed.
func (s *Store) enter() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return fmt.Errorf("store %s: %w", s.name(), domain.ErrClosed)
	}
	s.calls.Add(1)
	return nil
}

func (s *Store) leave() { s.calls.Done() }

// Close waits for the calls under way, moves the write-ahead log into the file and
// releases both. Later calls return ErrClosed. Close may be called twice.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.calls.Wait()
		// The writer's connection goes last: only one that may write can take the
		// write-ahead log away.
		err = errors.Join(s.closeReaders(), s.writer.stop(), s.unlock())
	})
	return err
}

func (s *Store) closeReaders() error {
	var errs []error
	for len(s.readers) > 0 {
		errs = append(errs, (<-s.readers).close())
	}
	for len(s.texts) > 0 {
		if c := <-s.texts; c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(errs...)
}

func (s *Store) unlock() error {
	if s.claim == nil {
		return nil
	}
	return s.claim.Close()
}

// readTexts calls fn with a read-only connection that searches texts.
func (s *Store) readTexts(ctx context.Context, fn func(*conn) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	var c *conn
	select {
	case c = <-s.texts:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.texts <- c }()
	if c == nil {
		var err error
		if c, err = s.openConn(reading); err != nil {
			return classify(err)
		}
	}
	return classify(s.using(c, fn))
}

// using calls fn with a reader.
func (s *Store) using(c *conn, fn func(*conn) error) error {
	if s.gate != nil {
		s.gate.RLock()
		defer s.gate.RUnlock()
	}
	return fn(c)
}
