package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Search is one or more queries against one database.
type Search struct {
	Database string
	Queries  []Query
	Fields   domain.Fields // what the hits carry
}

// Query asks for the K chunks nearest to Embedding.
type Query struct {
	Embedding []float32
	K         int
	MinScore  *float32 // hits below are left out; nil: none are
	Ef        int      // beam width of a graph; 0: as the database has it
	Exact     bool     // compare with every vector
}

// Found is the answer to a Search.
type Found struct {
	Hits [][]domain.Hit // one list per query, best first, the lower chunk id first among equals
	Work []domain.Work  // what each query cost
	Took Stages
}

// Stages says how long the parts of a search took, all queries together.
type Stages struct {
	Open  time.Duration // waiting for the database to be open
	Index time.Duration // finding the neighbors
	Rows  time.Duration // reading their rows
	// Rounds is how often it was searched: more than once where rows changed meanwhile.
	Rounds int
}

// Search answers all queries, side by side. Every chunk that was acknowledged before the
// call is considered; each hit agrees with its row.
func (s *Service) Search(ctx context.Context, in Search) (Found, error) {
	leave, err := s.enter()
	if err != nil {
		return Found{}, err
	}
	defer leave()
	if err := s.checkSearch(in); err != nil {
		return Found{}, err
	}
	var found Found
	err = s.with(ctx, in.Database, func(db *database) error {
		found, err = s.searchIn(ctx, db, in)
		return err
	})
	if err != nil {
		return Found{}, fmt.Errorf("search in %q: %w", in.Database, err)
	}
	return found, nil
}

// checkSearch refuses what is wrong with a search whatever its database.
func (s *Service) checkSearch(in Search) error {
	if err := domain.CheckID(in.Database); err != nil {
		return err
	}
	if len(in.Queries) == 0 {
		return domain.Errorf(domain.ErrInvalid, "Embeddings array cannot be empty")
	}
	if len(in.Queries) > s.limits.Queries {
		return domain.Errorf(domain.ErrTooLarge, "%d queries in one search, at most %d are allowed", len(in.Queries), s.limits.Queries)
	}
	for i := range in.Queries {
		q := &in.Queries[i]
		if q.K < 1 || q.K > s.limits.Results {
			return domain.Errorf(domain.ErrInvalid, "num_results must be between 1 and %d, got %d", s.limits.Results, q.K)
		}
		if q.Ef < 0 || q.Ef > maxEf {
			return domain.Errorf(domain.ErrInvalid, "ef must be between 1 and %d, got %d", maxEf, q.Ef)
		}
		if len(q.Embedding) == 0 {
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty"), queryPlace(i))
		}
	}
	return nil
}

// maxEf bounds the beam of one query: above it the exact search is the better tool.
const maxEf = 100_000

func queryPlace(i int) string { return fmt.Sprintf("embeddings[%d]", i) }

// searchIn searches db and hydrates the neighbors. Where rows were changed while it
// searched, it searches again on the state that has the change, so that no hit is one
// that is deleted and every score is that of the row beside it.
func (s *Service) searchIn(ctx context.Context, db *database, in Search) (Found, error) {
	began := time.Now()
	if err := db.wait(ctx); err != nil {
		return Found{}, err
	}
	took := Stages{Open: time.Since(began)}
	if err := checkQueries(in.Queries, db.info.Load().Settings); err != nil {
		return Found{}, err
	}
	const rounds = 3 // then rows that change faster than we look are settled one by one
	for round := 1; ; round++ {
		info := *db.info.Load()
		began = time.Now()
		near, work, err := s.neighbors(ctx, db, in.Queries)
		if err != nil {
			return Found{}, err
		}
		s.counts.searched(work)
		found := time.Now()
		rows, err := s.hydrate(ctx, info, near, in.Fields)
		took.add(found.Sub(began), time.Since(found))
		if errors.Is(err, domain.ErrNotFound) {
			return Found{}, s.waitForRows(ctx, db) // dropped meanwhile
		}
		if err != nil {
			return Found{}, err
		}
		if rows.agree(info.Sequence) {
			return Found{Hits: rows.hits(info.Metric, near, in.Queries), Work: work, Took: took}, nil
		}
		if round == rounds {
			hits, err := s.settle(ctx, info, near, in)
			return Found{Hits: hits, Work: work, Took: took}, err
		}
		s.counts.repeats.Add(1)
		if err := s.waitForRows(ctx, db); err != nil {
			return Found{}, err
		}
	}
}

// add notes a round.
func (t *Stages) add(index, rows time.Duration) {
	t.Index += index
	t.Rows += rows
	t.Rounds++
}

// checkQueries refuses vectors that do not fit the dimension and metric of set.
func checkQueries(queries []Query, set domain.Settings) error {
	for i := range queries {
		v := queries[i].Embedding
		if set.Dims != 0 && len(v) != set.Dims {
			return domain.At(domain.DimensionMismatch(set.Dims, len(v)), queryPlace(i))
		}
		if err := set.Metric.CheckVector(v); err != nil {
			return domain.At(err, queryPlace(i))
		}
	}
	return nil
}

// neighbors asks the projection for the neighbors of every query.
func (s *Service) neighbors(ctx context.Context, db *database, queries []Query) ([][]domain.Neighbor, []domain.Work, error) {
	s.searches.touch()
	near, work := make([][]domain.Neighbor, len(queries)), make([]domain.Work, len(queries))
	if db.projection.Load() == nil {
		return near, work, nil // no vector was ever stored
	}
	one := func(ctx context.Context, i int) (err error) {
		q := &queries[i]
		near[i], work[i], err = db.search(ctx, ports.Query{Vector: q.Embedding, K: q.K, Ef: q.Ef, Exact: q.Exact})
		return err
	}
	if len(queries) == 1 {
		return near, work, one(ctx, 0)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range queries {
		g.Go(func() error { return one(ctx, i) })
	}
	return near, work, g.Wait()
}

// waitForRows returns when the projection of db has every change that is in the rows now, or
// with an error when db was dropped.
func (s *Service) waitForRows(ctx context.Context, db *database) error {
	now, err := s.repo.Find(ctx, db.id)
	if err != nil {
		return err
	}
	if !now.SameLife(*db.info.Load()) {
		// The name has a new life in the rows; the news that ours has ended is on the way.
		return db.waitSequence(ctx, math.MaxInt64)
	}
	return db.waitSequence(ctx, now.Sequence)
}
