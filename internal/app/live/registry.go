package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/memista/memista/internal/app/engines"
	"github.com/memista/memista/internal/app/governor"
	"github.com/memista/memista/internal/app/indexing"
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/keylock"
	"github.com/memista/memista/internal/app/named"
	"github.com/memista/memista/internal/app/orphans"
	"github.com/memista/memista/internal/app/sweep"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Registry is made of. Repository, Flat and Jobs are needed.
type Config struct {
	Repository ports.ChunkRepository // closed by Registry.Close
	Flat       ports.BufferEngine    // exact index: small databases, and the buffer of others
	// Engines are the graph engines of this build, the default first. Without any, every
	// database is searched exactly.
	Engines []ports.Engine
	// Engine names the engine of databases that name none; "" is the first of Engines.
	// "flat" keeps them exact.
	Engine string
	// FlatMax is up to how many vectors of a dimension a database is searched exactly;
	// nil is the measured default.
	FlatMax func(dims int) int
	// Files keeps graphs in files; nil: they are in memory only.
	Files ports.IndexFiles
	// OwnsFiles says that nothing else keeps its files there: those of databases that do not
	// exist are removed at the start.
	OwnsFiles bool
	Lifecycle Lifecycle
	Buffer    Buffer
	Jobs      *jobs.List // lists rebuilds, alterations and compactions
	// Now is the clock by which chunks expire; nil is time.Now.
	Now func() time.Time
	// Report, if not nil, is notified of faults that no call returns: an index that could
	// not follow its rows and will be built again.
	Report func(database string, err error)
}

// Registry holds the databases that are open, and opens others when they are needed. It is
// safe for concurrent use.
type Registry struct {
	repo       ports.ChunkRepository
	engines    *engines.Set
	files      engines.Files
	readOnly   bool // nothing can be written, neither rows nor index files
	lifecycle  Lifecycle
	buffer     Buffer
	jobs       *jobs.List
	report     func(database string, err error)
	now        func() time.Time
	finishTime time.Duration // how long Close may go on indexing

	indexing   *indexing.Indexer
	named      named.Indexes // of vectors beside the embeddings
	graphLocks keylock.Locks // by database: held while its graph takes vectors in, is begun, saved or abandoned
	gates      keylock.Gates // for writers
	counts     counts
	sweeper    *sweep.Sweeper
	evicting   sync.Mutex // held while databases are closed to free memory

	ctx  context.Context // ends when Close begins; background loads run under it
	stop context.CancelFunc
	work sync.WaitGroup // background loads and calls under way

	mu     sync.Mutex           // guards open and closed
	open   map[string]*Database // by id
	closed bool
}

// New returns a Registry over c. It touches nothing yet: databases open at first use.
func New(c Config) (*Registry, error) {
	if c.Report == nil {
		c.Report = func(string, error) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	set, err := engines.New(c.Flat, c.Engines, c.Engine, c.FlatMax)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Registry{
		repo: c.Repository, engines: set, files: engines.Files{Set: set, IndexFiles: c.Files}, lifecycle: c.Lifecycle, buffer: c.Buffer.withDefaults(),
		jobs: c.Jobs, report: c.Report, now: c.Now, finishTime: finishTime,
		indexing: &indexing.Indexer{Engines: set, Governor: governor.New()},
		ctx:      ctx, stop: stop, open: map[string]*Database{},
	}
	r.named = named.Indexes{Indexing: r.indexing, New: r.newIndex, Background: r.Background, Report: r.report}
	r.readOnly = c.Repository.WriteProtected()
	r.sweeper = &sweep.Sweeper{Repository: r.repo, Write: r.Write, Now: r.now}
	r.Background(r.maintain)
	if !r.readOnly {
		r.Background(r.sweeper.Run)
	}
	if c.Files != nil && c.OwnsFiles && !r.readOnly {
		r.Background(orphans.Remover{All: r.files.All, Catalog: r.repo, Lock: r.graphLocks.Lock, Report: r.report}.Remove)
	}
	return r, nil
}

// Close waits for calls under way, saves what the graphs have, within Lifecycle.CloseTime,
// and closes the databases and the repository. Later calls of Enter return ErrClosed. Close
// may be called twice.
func (r *Registry) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		r.work.Wait()
		return nil
	}
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.work.Wait()

	// No one else has r.open any more: calls and background work have ended.
	r.saveAll()
	err := r.repo.Close()
	for id, db := range r.open {
		err = errors.Join(err, db.close())
		delete(r.open, id)
	}
	return err
}

// Engines chooses the engines of databases.
func (r *Registry) Engines() *engines.Set { return r.engines }

// WriteProtected reports whether nothing can be written, neither rows nor index files.
func (r *Registry) WriteProtected() bool { return r.readOnly }

// Governor is what heavy work of callers asks for a place.
func (r *Registry) Governor() *governor.Governor { return r.indexing.Governor }
