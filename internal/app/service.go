package app

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/memista/memista/internal/app/change"
	"github.com/memista/memista/internal/app/check"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/app/intake"
	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/listing"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/moving"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/app/reembed"
	"github.com/memista/memista/internal/app/rerank"
	"github.com/memista/memista/internal/app/tuning"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Service is made of. Repository and Flat are needed.
type Config struct {
	Repository ports.ChunkRepository // closed by Service.Close
	Flat       ports.BufferEngine    // exact index: small databases, and the tail of others
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
	// OwnsFiles says that no other service keeps its files there: those of databases that do
	// not exist are removed at the start.
	OwnsFiles bool
	Limits    Limits
	Lifecycle live.Lifecycle
	Tail      live.Buffer
	// Embedders make embeddings of texts; nil: nothing does. Service.Close closes them.
	Embedders ports.Embedders
	// Reranker ranks the first hits of searches again that ask for it; nil: nothing does.
	// Service.Close closes it.
	Reranker ports.Reranker
	// Now is the clock by which chunks expire; nil is time.Now.
	Now func() time.Time
	// Random returns a number from 0 to below n, each as likely as any other, and is safe for
	// concurrent use; nil is rand.Int64N.
	Random func(n int64) int64
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
	live    *live.Registry
	query   *query.Searcher
	recall  *recall.Meter
	tuner   *tuning.Tuner
	check   *check.Checker
	jobs    *jobs.List
	reembed *reembed.Runner
	embed   intake.Embedding
	rank    intake.Reranking
	names   *collections.Collections
	lister  *listing.Lister
	limits  Limits
	now     func() time.Time
	random  func(int64) int64

	change *change.Changer
	copies backupCounts

	*moving.Mover // takes databases to other servers, and in
}

// New returns a Service over c. It touches nothing yet: databases open at first use.
func New(c Config) (*Service, error) {
	if c.Repository == nil || c.Flat == nil {
		return nil, errors.New("app: a repository and a flat engine are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Report == nil {
		c.Report = func(string, error) {}
	}
	if c.Random == nil {
		c.Random = rand.Int64N
	}
	s := &Service{
		repo: c.Repository, jobs: new(jobs.List), embed: intake.Embedding{Source: c.Embedders}, limits: c.Limits.WithDefaults(), now: c.Now, random: c.Random,
	}
	var err error
	s.live, err = live.New(live.Config{
		Repository: c.Repository, Flat: c.Flat, Engines: c.Engines, Engine: c.Engine, FlatMax: c.FlatMax,
		Files: c.Files, OwnsFiles: c.OwnsFiles, Lifecycle: c.Lifecycle, Buffer: c.Tail, Jobs: s.jobs, Now: c.Now, Report: c.Report,
	})
	if err != nil {
		return nil, err
	}
	s.reembed = reembed.New(reembed.Config{Live: s.live, Repository: s.repo, Jobs: s.jobs, Open: s.embed.Open, MaxDims: s.limits.Dims, Now: s.now})
	s.check = check.New(s.live, s.repo, s.now)
	s.names = collections.Over(collections.Config{Registry: registryOf(c.Repository), Live: s.live, Now: s.now, Choose: s.chooseSettings})
	s.query = query.New(s.live, s.repo, s.limits, s.now)
	s.rank = intake.Reranking{Ranker: rerank.New(c.Reranker), Check: s.query.Check, Results: s.limits.Results}
	s.recall = recall.New(recall.Config{Live: s.live, Query: s.query, Limits: s.limits, Random: s.random})
	s.tuner = tuning.New(tuning.Config{Live: s.live, Meter: s.recall, Now: s.now, Report: c.Report})
	if !s.live.WriteProtected() {
		s.live.Background(s.tuner.Run)
	}
	s.change = change.New(change.Config{
		Live: s.live, Repository: s.repo, Query: s.query, Limits: s.limits, Now: s.now,
		Embed: s.embedDocuments, Complete: s.completeSettings,
	})
	s.Mover = moving.Over(c.Repository, moving.Config{
		Live: s.live, Limits: s.limits, Forget: s.names.Forget, Check: s.checkShape, CheckVectors: intake.CheckVectors,
	})
	s.lister = listing.New(listing.Config{Live: s.live, Query: s.query, Keys: s.repo, Limits: s.limits, Now: s.now})
	return s, nil
}

// registryOf returns the registry of repo; nil if it has none.
func registryOf(repo ports.ChunkRepository) ports.Collections {
	if k, ok := repo.(ports.CollectionKeeper); ok {
		return k.Collections()
	}
	return nil
}

// Collections are the databases as other surfaces know them.
func (s *Service) Collections() *collections.Collections { return s.names }

// through calls fn with the id of the database that name stands for: its own, or that of which
// it is an alias. If the name leads elsewhere by then, because the alias was moved and the
// database of before was dropped, or the name became an alias, fn is called again.
func through[T any](ctx context.Context, s *Service, name string, fn func(database string) (T, error)) (out T, err error) {
	id, err := s.names.Database(ctx, name)
	for err == nil {
		out, err = fn(id)
		if !errors.Is(err, domain.ErrNotFound) && !errors.Is(err, domain.ErrConflict) {
			break
		}
		now, unknown := s.names.Database(ctx, name)
		if unknown != nil || now == id {
			break
		}
		id, err = now, nil
	}
	if errors.Is(err, domain.ErrNotFound) {
		err = cmp.Or(s.names.Unknown(), err)
	}
	return out, err
}

// Limits returns the limits in force.
func (s *Service) Limits() Limits { return s.limits }

// Close waits for calls under way, saves what the graphs have, within Lifecycle.CloseTime,
// and closes the databases and the repository. Later calls return ErrClosed. Close may be
// called twice.
//
// The embedders and the reranker close first: a call under way that waits for one, which can
// take minutes while a provider is down, ends with ErrClosed and has stored nothing.
func (s *Service) Close() error {
	return errors.Join(s.embed.Close(), s.rank.Ranker.Close(), s.live.Close())
}

// Heavily runs fn, which keeps a core busy for milliseconds and waits for nothing: the
// decoding of a large insert. While somebody searches, such work and the indexer together
// leave one core free, for which fn may have to wait; if ctx ends meanwhile, fn is not
// run and Heavily returns ctx.Err().
func (s *Service) Heavily(ctx context.Context, fn func() error) error {
	g := s.live.Governor()
	g.Enter()
	defer g.Leave()
	return g.Throttle(ctx, fn)
}

// Engines returns the names of the engines a database can have, the default of this
// build first.
func (s *Service) Engines() []string { return s.live.Engines().Names() }

// The types of what a Service is asked and answers that are declared below it.
type (
	// Lifecycle says how long databases stay open and how much memory they may take.
	Lifecycle = live.Lifecycle
	// Tail bounds the vectors of a database that its graph does not have yet.
	Tail = live.Buffer
	// IndexInfo describes the index of a database.
	IndexInfo = live.IndexInfo
	// Part sums up the tails, or the graphs, of several databases.
	Part = live.Part

	// Change is a change of chunks by a function of what they are.
	Change = change.Change
	// Search is one or more queries against one database.
	Search = query.Search
	// Query asks for the chunks nearest to a vector, or with some words.
	Query = query.Query
	// Groups asks for the best chunks of each of the best values of a field.
	Groups = query.Groups
	// Group is a value and the best chunks that have it.
	Group = query.Group
	// Found is the answer to a Search.
	Found = query.Found

	// RecallAsk says what recall to measure.
	RecallAsk = recall.Ask
	// RecallReport is what a measurement of recall has found.
	RecallReport = recall.Report
	// RecallPoint is what searches with one beam width find.
	RecallPoint = recall.Point

	// Job describes a long piece of work on one database.
	Job = jobs.Job
	// JobState says how far a job has come.
	JobState = jobs.State
	// ImportProgress is what a caller tells of its import.
	ImportProgress = jobs.ImportProgress

	// Changes asks for what changed in a database.
	Changes = moving.Changes
	// ChangePage is a part of what changed in a database.
	ChangePage = moving.ChangePage
	// Load makes a database what another one is.
	Load = moving.Load
	// Loaded is what has come of a Load.
	Loaded = moving.Loaded
)

// DefaultK is how many hits a query gets that does not say.
const DefaultK = query.DefaultK

// The states of a job; only the first may change.
const (
	JobRunning  = jobs.Running
	JobDone     = jobs.Done
	JobFailed   = jobs.Failed
	JobCanceled = jobs.Canceled
)

// The kinds of jobs; see package jobs.
const (
	KindRebuild    = jobs.KindRebuild
	KindCompaction = jobs.KindCompaction
	KindAlter      = jobs.KindAlter
	KindImport     = jobs.KindImport
	KindReembed    = jobs.KindReembed
)

// JobNotFound is the ErrNotFound for a job.
func JobNotFound(id int64) error { return jobs.NotFound(id) }
