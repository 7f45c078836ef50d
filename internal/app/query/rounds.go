package query

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/domain"
)

// Rounds is how often a search is made. The last time no one writes, so that rows which
// change faster than we look cannot keep it from finding k.
const Rounds = 4

// searchIn searches db and hydrates the neighbors. Where rows were changed while it
// searched, it searches again on the state that has the change, so that no hit is one
// that is deleted or that the filter does not select, every score is that of the row
// beside it, and none is missing.
func (s *Searcher) searchIn(ctx context.Context, db *live.Database, in Search, began time.Time) (answer, error) {
	if err := db.Wait(ctx); err != nil {
		return answer{}, err
	}
	opened := time.Since(began)
	embedder, plans, err := s.prepare(ctx, db, &in)
	if err != nil {
		return answer{}, err
	}
	for round := 1; ; round++ {
		if round == Rounds {
			defer s.live.PauseWrites(in.Database)()
			if err := db.Wait(ctx); err != nil {
				return answer{}, err // taken out of use before that, so it may lack changes
			}
		}
		// The order matters: what the filter selects is found out after the sequence was
		// read, so it is right for every row that has not changed since that sequence.
		info := db.State()
		if info.Embedder != embedder {
			return answer{}, live.ErrAltered
		}
		a := attempt{info: info, at: s.now(), explain: make([]domain.Explain, len(in.Queries)), plans: plans}
		a.spaces, err = spacesOf(in.Queries, &info.Settings)
		if err == nil {
			err = s.neighbors(ctx, db, &a, in.Queries)
		}
		if errors.Is(err, domain.ErrNotFound) {
			return answer{}, s.live.WaitForRows(ctx, db) // dropped concurrently
		}
		if err != nil {
			return answer{}, err
		}
		s.counts.searched(a.explain)
		hydrating := time.Now()
		rows, err := s.hydrate(ctx, db, &a, in.Fields, s.limits.Answer)
		if errors.Is(err, domain.ErrNotFound) {
			return answer{}, s.live.WaitForRows(ctx, db) // dropped concurrently
		}
		if err != nil {
			return answer{}, err
		}
		a.times(round, opened, time.Since(hydrating))
		if in.Fields.Has(domain.FieldEmbedding) && !db.SameModel(embedder) {
			return answer{}, live.ErrAltered // the embeddings in the rows may be others than were searched
		}
		if !a.short && rows.agreeWith(&a, in.Queries) {
			hits, err := rows.hits(&a, in.Queries, s.limits.Answer)
			return a.answer(hits), err
		}
		if round == Rounds {
			hits, err := s.rescore(ctx, db, &a, in)
			return a.answer(hits), err
		}
		s.counts.repeats.Add(1)
		if err := s.live.WaitForRows(ctx, db); err != nil {
			return answer{}, err
		}
	}
}

// prepare gives in all of its vectors and says how its words are looked for. The vectors are
// those of the embedder that is returned.
func (s *Searcher) prepare(ctx context.Context, db *live.Database, in *Search) (domain.Embedder, []*fusedPlan, error) {
	info, err := s.settle(ctx, db, in)
	if err != nil {
		return domain.Embedder{}, nil, err
	}
	plans, err := s.fusedPlans(in, &info.Settings)
	if err == nil && plans != nil {
		err = s.checkFullText(in.Queries, info)
	}
	return info.Embedder, plans, err
}

// settle gives in all of its vectors, of the model that db has by the description returned.
func (s *Searcher) settle(ctx context.Context, db *live.Database, in *Search) (domain.Database, error) {
	info := db.State()
	if err := info.CheckNumber(in.Number); err != nil {
		return info, cmp.Or(s.live.WaitForRows(ctx, db), err) // it may be a life that has just ended
	}
	if in.Embedder != (domain.Embedder{}) && in.Embedder != info.Embedder {
		return info, ErrOtherModel
	}
	stored, err := s.resolveStored(ctx, db, in)
	if err != nil {
		return info, err
	}
	if stored && !db.SameModel(info.Embedder) {
		return info, live.ErrAltered // the vectors of stored chunks may be of either
	}
	return info, checkQueries(in, &info.Settings)
}

// attempt is one attempt at an answer.
type attempt struct {
	info    domain.Database
	at      time.Time // when it began: what expires later may still be found
	near    [][]domain.Neighbor
	explain []domain.Explain
	spaces  []space          // of the queries that are for named vectors; nil: none is
	plans   []*fusedPlan     // of the queries with words or a sparse vector; nil: none has
	fused   [][]domain.Fused // what near is the ids of, for those queries
	weights []sparse.Weights // of the queries with a sparse vector; nil: none has a plan
	short   bool             // fewer neighbors were found than a filter selected: some have gone
}

// answer is what an attempt has found.
type answer struct {
	Found
	of *attempt
}

func (a *attempt) answer(hits [][]domain.Hit) answer {
	return answer{Found{Hits: hits, Explain: a.explain}, a}
}

func (a *attempt) times(round int, opened, rows time.Duration) {
	for i := range a.explain {
		e := &a.explain[i]
		e.Rounds, e.Times.Open, e.Times.Rows = round, opened, rows
	}
}

// checkQueries refuses vectors that do not fit the dimension and metric of set.
func checkQueries(in *Search, set *domain.Settings) error {
	spaces, err := spacesOf(in.Queries, set)
	if err != nil {
		return err
	}
	a := attempt{spaces: spaces}
	a.info.Settings = *set
	for i := range in.Queries {
		set := a.set(i)
		v := in.Queries[i].Embedding
		if len(v) == 0 {
			continue // by words only
		}
		if set.Dims != 0 && len(v) != set.Dims {
			return domain.At(domain.DimensionMismatch(set.Dims, len(v)), Place(i))
		}
		if err := set.Metric.CheckVector(v); err != nil {
			return domain.At(err, Place(i))
		}
	}
	return nil
}

// neighbors asks the index for the neighbors of every query.
func (s *Searcher) neighbors(ctx context.Context, db *live.Database, a *attempt, queries []Query) error {
	s.live.Governor().NoteSearch()
	a.near, a.fused = make([][]domain.Neighbor, len(queries)), make([][]domain.Fused, len(queries))
	if !db.HasVectors() && a.plans == nil && a.spaces == nil {
		return nil // no vector was ever stored
	}
	if a.plans != nil {
		a.weights = make([]sparse.Weights, len(queries))
	}
	allow, err := s.allowed(ctx, db, a, queries)
	if err != nil {
		return err
	}
	short := make([]bool, len(queries))
	one := func(ctx context.Context, i int) (err error) {
		var among *Selection
		if allow != nil {
			among = allow[i]
		}
		short[i], err = s.paged(ctx, db, a, i, &queries[i], among)
		return err
	}
	if len(queries) == 1 {
		err = one(ctx, 0)
	} else {
		err = sideBySide(ctx, len(queries), one)
	}
	a.short = slices.Contains(short, true)
	return err
}

// sideBySide calls one for every number below n, as many at a time as there are cores.
func sideBySide(ctx context.Context, n int, one func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error { return one(ctx, i) })
	}
	return g.Wait()
}
