// Package clustered is the use cases over a cluster of another system: a usecase.Backend whose
// chunks lie, and are searched, in a ports.Cluster. It keeps nothing itself, so that several
// processes serve the same databases. What it cannot promise it refuses.
package clustered

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/app/clustered/ids"
	"github.com/memista/memista/internal/app/clustered/lease"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/app/intake"
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/moving"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/app/rerank"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Service is made of. Cluster is needed.
type Config struct {
	Cluster   ports.Cluster // closed by Service.Close
	Limits    domain.Limits
	Databases int // most databases there may be; 0: no bound
	// Embedders and Reranker are as in app.Config.
	Embedders ports.Embedders
	Reranker  ports.Reranker
	Now       func() time.Time             // nil: time.Now
	Random    func(n int64) int64          // nil: rand.Int64N
	Report    func(what string, err error) // is told of faults that no call returns; may be nil
	// Lease has writes of chunks that are there made under a lease on their database, which one
	// process at a time has: so they can depend on what is stored.
	Lease bool
}

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	moving.None
	cluster ports.Cluster
	catalog *catalog.Catalog
	names   *collections.Collections
	query   *query.Searcher // for what it refuses
	embed   intake.Embedding
	rank    intake.Reranking
	jobs    *jobs.List
	ids     *ids.IDs
	limits  domain.Limits
	now     func() time.Time
	random  func(int64) int64
	report  func(string, error)
	leases  *lease.Leases

	mu     sync.RWMutex // guards closed; calls under way hold it shared
	closed bool
	ctx    context.Context // of work in the background; ends with Close
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// New returns a Service over c. It asks the cluster for nothing yet.
func New(c Config) (*Service, error) {
	if c.Cluster == nil {
		return nil, errors.New("clustered: a cluster is needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Int64N
	}
	if c.Report == nil {
		c.Report = func(string, error) {}
	}
	s := &Service{
		None:    moving.None{Reason: "a cluster does not tell what changes in a database, and keeps no writers out"},
		cluster: c.Cluster, embed: intake.Embedding{Source: c.Embedders}, jobs: new(jobs.List),
		limits: c.Limits.WithDefaults(), now: c.Now, random: c.Random, report: c.Report, ids: ids.New(c.Cluster, c.Now),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.query = query.New(nil, nil, s.limits, s.now)
	s.rank = intake.Reranking{Ranker: rerank.New(c.Reranker), Check: s.query.Check, Results: s.limits.Results}
	s.catalog = catalog.New(catalog.Config{Cluster: c.Cluster, Now: c.Now, Number: s.ids.One, Count: s.countAll, Most: c.Databases})
	s.names = collections.Over(collections.Config{Registry: s.catalog, Live: databases{s}, Now: c.Now, Choose: s.chooseSettings, Shared: true})
	if c.Lease {
		s.leases = lease.New(c.Cluster)
	}
	s.work.Go(s.sweep)
	return s, nil
}

// Collections are the databases as other surfaces know them.
func (s *Service) Collections() *collections.Collections { return s.names }

// Capabilities is what a cluster can do, of what some backends cannot.
func (s *Service) Capabilities() capability.Set {
	set := capability.Of(capability.Exact, capability.FullText)
	if s.leases != nil {
		set = set.With(capability.CompareAndSet)
	}
	return set
}

// Limits returns the limits in force.
func (s *Service) Limits() domain.Limits { return s.limits }

// Heavily runs fn. Searches are the work of other machines, so that nothing has to be left to
// them on this one.
func (s *Service) Heavily(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn()
}

// enter is a call under way until leave is called.
func (s *Service) enter() (leave func(), err error) {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return nil, domain.ErrClosed
	}
	return s.mu.RUnlock, nil
}

// Close waits for calls under way and lets the cluster go.
func (s *Service) Close() error {
	err := errors.Join(s.embed.Close(), s.rank.Ranker.Close())
	s.stop()
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return err
	}
	s.work.Wait()
	if s.leases != nil {
		s.leases.Close()
	}
	return errors.Join(err, s.cluster.Close())
}

// on calls fn with the database that name stands for, itself or by an alias, which has that
// number unless it is 0. If that is not there any more fn is called with the one that is.
func on[T any](ctx context.Context, s *Service, name string, number int64, fn func(e *catalog.Entry) (T, error)) (out T, err error) {
	leave, err := s.enter()
	if err != nil {
		return out, err
	}
	defer leave()
	e, err := s.catalog.Resolve(ctx, name)
	for err == nil {
		if err = e.CheckNumber(number); err != nil {
			return out, err
		}
		if out, err = fn(e); !errors.Is(err, domain.ErrNotFound) {
			return out, err
		}
		if _, unknown := s.catalog.Fresh(ctx); unknown != nil {
			return out, err
		}
		now, gone := s.catalog.Resolve(ctx, name)
		if gone != nil {
			return out, gone
		}
		if now.Number == e.Number {
			return out, err
		}
		e, err = now, nil
	}
	return out, err
}

// databases are what the collections are.
type databases struct{ s *Service }

// Enter implements collections.Databases.
func (d databases) Enter() (leave func(), err error) { return d.s.enter() }

// FindLive implements collections.Databases.
func (d databases) FindLive(ctx context.Context, id string) (domain.Database, error) {
	e, err := d.s.catalog.Find(ctx, id)
	if err != nil {
		return domain.Database{}, err
	}
	list, err := d.s.catalog.Counted(ctx, []*catalog.Entry{e})
	if err != nil {
		return domain.Database{}, err
	}
	return list[0], nil
}

// Describe implements collections.Databases.
func (d databases) Describe(ctx context.Context, id string) (domain.Database, error) {
	e, err := d.s.catalog.Find(ctx, id)
	if err != nil {
		return domain.Database{}, err
	}
	return e.Database, nil
}

// Dropped implements collections.Databases.
func (databases) Dropped(domain.Database) {}

// lease waits for the lease on a database, where leases are on and chunks that are there may be
// written. Writes under it are made with ctx; done gives it back.
func (s *Service) lease(ctx context.Context, e *catalog.Entry, needed bool) (under context.Context, done func(), err error) {
	if s.leases == nil || !needed {
		return ctx, func() {}, nil
	}
	return s.leases.Take(ctx, e.Number)
}
