package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/app/fairlock"
	"github.com/memista/memista/internal/app/keylock"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Service is made of. Repository and Flat are needed.
type Config struct {
	Repository ports.ChunkRepository // closed by Service.Close
	Flat       ports.Engine          // exact index: small databases, and the tail of others
	// Engines are the graph engines of this build, the default first. Without any, every
	// database is searched exactly.
	Engines []ports.Engine
	// Engine names the engine of databases that name none; "" is the first of Engines.
	// "flat" keeps them exact.
	Engine string
	// FlatMax is up to how many vectors of a dimension a database is searched exactly;
	// nil is the measured default.
	FlatMax func(dims int) int
	// Dir is where graphs are kept in files; "" keeps them in memory only.
	Dir string
	// Alone says that no other service keeps its files in Dir: index files there of
	// databases that are not are removed at the start.
	Alone     bool
	Limits    Limits
	Lifecycle Lifecycle
	Tail      Tail
	// Now is the clock by which chunks expire; nil is time.Now.
	Now func() time.Time
	// Report, if not nil, is told of faults that no call returns: an index that could
	// not follow its rows and will be made anew.
	Report func(database string, err error)
}

// Limits bound what one request may ask. Zero values mean the defaults.
type Limits = domain.Limits

// DefaultLimits are the limits where nothing is configured.
func DefaultLimits() Limits { return domain.DefaultLimits() }

// Service is the application: every use case is one of its methods. It is safe for
// concurrent use.
type Service struct {
	repo    ports.ChunkRepository
	flat    ports.Engine
	engines []ports.Engine // of graphs, the default first
	auto    string         // engine of databases that name none
	flatMax func(dims int) int
	dir     string
	sealed  bool // nothing can be written, neither rows nor index files
	limits  Limits
	life    Lifecycle
	tail    Tail
	report  func(database string, err error)
	now     func() time.Time

	cores    fairlock.Lock // taken by the one indexer that is at work
	graphs   keylock.Locks // by database: held while its graph takes vectors in, is begun, saved or given up
	patching *turns
	jobs     *jobs
	searches searchClock
	calls    atomic.Int64  // under way
	heavy    chan struct{} // one element per piece of heavy work, while somebody searches
	counts   counts
	searched searchCounts
	copies   backupCounts
	// importSilence is how long an import may say nothing.
	importSilence time.Duration
	finishTime    time.Duration // how long Close may go on indexing
	evicting      sync.Mutex    // held while databases are closed to make room

	ctx  context.Context // ends when Close begins; background loads run under it
	stop context.CancelFunc
	work sync.WaitGroup // background loads and calls under way

	mu     sync.Mutex           // guards open and closed
	open   map[string]*database // by id
	closed bool
}

// New returns a Service over c. It touches nothing yet: databases open at first use.
func New(c Config) (*Service, error) {
	if c.Repository == nil || c.Flat == nil {
		return nil, errors.New("app: a repository and a flat engine are needed")
	}
	if c.FlatMax == nil {
		c.FlatMax = defaultFlatMax
	}
	if c.Report == nil {
		c.Report = func(string, error) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		repo: c.Repository, flat: c.Flat, engines: c.Engines, auto: c.Engine,
		flatMax: c.FlatMax, dir: c.Dir, life: c.Lifecycle, tail: c.Tail.withDefaults(),
		limits: c.Limits.WithDefaults(), report: c.Report, now: c.Now, patching: newTurns(), jobs: new(jobs),
		heavy:         make(chan struct{}, heavyPlaces()),
		importSilence: importSilence, finishTime: finishTime,
		ctx: ctx, stop: stop, open: map[string]*database{},
	}
	if repo, ok := c.Repository.(ports.WriteProtected); ok {
		s.sealed = repo.WriteProtected()
	}
	if s.auto == "" {
		s.auto = s.engineNames()[0]
	}
	if err := s.checkEngine(s.auto); err != nil {
		stop()
		return nil, err
	}
	s.background(s.tend)
	if !s.sealed {
		s.background(s.sweepUntil)
	}
	if c.Dir != "" && c.Alone && !s.sealed {
		s.background(s.sweepFiles)
	}
	return s, nil
}

// Limits returns the limits in force.
func (s *Service) Limits() Limits { return s.limits }

// Close waits for calls under way, saves what the graphs have, within Lifecycle.CloseTime,
// and closes the databases and the repository. Later calls return ErrClosed. Close may be
// called twice.
func (s *Service) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.work.Wait()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.work.Wait()

	// Nobody else has s.open any more: calls and background work have ended.
	s.finish()
	err := s.repo.Close()
	for id, db := range s.open {
		err = errors.Join(err, db.close())
		delete(s.open, id)
	}
	return err
}

// enter marks a call as under way until leave is called; it fails once Close has begun.
func (s *Service) enter() (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("memista: %w", domain.ErrClosed)
	}
	s.work.Add(1)
	s.calls.Add(1)
	return s.leave, nil
}

func (s *Service) leave() {
	s.calls.Add(-1)
	s.work.Done()
}

// Heavily runs fn, which keeps a core busy for milliseconds and waits for nothing: the
// decoding of a large insert. While somebody searches, such work and the indexer together
// leave one core free, for which fn may have to wait; if ctx ends meanwhile, fn is not
// run and Heavily returns ctx.Err().
func (s *Service) Heavily(ctx context.Context, fn func() error) error { return s.heavily(ctx, fn) }

// Engines returns the names of the engines a database can have, the default of this
// build first.
func (s *Service) Engines() []string { return s.engineNames() }
