package app_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// diverse returns the ids that maximal marginal relevance picks of candidates, best first, as
// its formula says.
func diverse(m domain.Metric, candidates []domain.Hit, n int, diversity float64) (ids []int64) {
	var picked []domain.Hit
	for len(picked) < n && len(picked) < len(candidates) {
		var best *domain.Hit
		most := math.Inf(-1)
		for i := range candidates {
			c := &candidates[i]
			if slices.Contains(ids, c.ID) {
				continue
			}
			worth := float64(c.Score)
			if len(picked) > 0 {
				near := math.Inf(-1)
				for _, p := range picked {
					near = max(near, float64(m.Score(m.Distance(c.Embedding, p.Embedding))))
				}
				worth = (1-diversity)*worth - diversity*near
			}
			if worth > most {
				best, most = c, worth
			}
		}
		picked, ids = append(picked, *best), append(ids, best.ID)
	}
	return ids
}

func TestDiverseHitsAgainstTheFormula(t *testing.T) {
	s := open(t)
	rng := rand.New(rand.NewPCG(3, 4))
	const dims = 6
	vector := func() []float32 {
		v := make([]float32, dims)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	filters := make([]*filterlang.Filter, 2)
	f, err := filterlang.Parse([]byte(`{"even":true}`))
	if err != nil {
		t.Fatal(err)
	}
	filters[1] = &f
	for _, metric := range domain.Metrics {
		db := "db-" + string(metric)
		chunks := make([]domain.Chunk, 300)
		for i := range chunks {
			chunks[i] = chunk(fmt.Sprint(i), vector()...)
			chunks[i].Metadata = *metadata(t, fmt.Sprintf(`{"even":%v}`, i%2 == 0))
		}
		if _, err := s.Insert(t.Context(), app.Insert{Metric: metric, Database: db, Chunks: chunks}); err != nil {
			t.Fatal(err)
		}
		moved := 0
		for range 40 {
			q := app.Query{Embedding: vector(), K: 1 + rng.IntN(20), Offset: rng.IntN(10), Filter: filters[rng.IntN(2)], Exact: rng.IntN(2) == 0,
				MMR: &domain.MMR{Diversity: float64(rng.IntN(5)) / 4, Candidates: []int{0, 1, 60}[rng.IntN(3)]}}
			wide := q
			wide.MMR, wide.Offset, wide.K = nil, 0, max(q.Offset+q.K, q.MMR.Candidates)
			if q.MMR.Candidates == 0 {
				wide.K = 100
			}
			found, err := s.Search(t.Context(), app.Search{Database: db, Queries: []app.Query{q, wide}, Fields: domain.DefaultFields | domain.FieldEmbedding})
			if err != nil {
				t.Fatal(err)
			}
			all := found.Hits[1]
			want := diverse(metric, all, q.Offset+q.K, q.MMR.Diversity)[q.Offset:]
			if got := hitIDs(found.Hits[0]); !slices.Equal(got, want) {
				t.Fatalf("%s: Search(k %d, offset %d, %+v) = %v; want %v", metric, q.K, q.Offset, *q.MMR, got, want)
			}
			for _, h := range found.Hits[0] {
				if at := slices.IndexFunc(all, func(a domain.Hit) bool { return a.ID == h.ID }); all[at].Score != h.Score || h.Text == "" {
					t.Errorf("%s: hit %+v; want the score of the search, %v", metric, h, all[at].Score)
				}
			}
			if !slices.Equal(want, hitIDs(all)[q.Offset:q.Offset+q.K]) {
				moved++
			}
		}
		if moved < 10 {
			t.Errorf("%s: only %d of 40 queries had other hits for it", metric, moved)
		}
	}
}

func TestDiverseHitsCarryWhatWasAsked(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("1", 1, 0), chunk("2", 0.99, 0), chunk("3", 0, 1))
	ask := func(q app.Query) ([]domain.Hit, error) {
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}, Fields: domain.FieldText})
		if err != nil {
			return nil, err
		}
		return found.Hits[0], nil
	}
	hits, err := ask(app.Query{Embedding: []float32{1, 0.5}, K: 2, MMR: &domain.MMR{Diversity: 0.6}})
	if err != nil || len(hits) != 2 || hits[0].ID != 1 || hits[1].ID != 3 || hits[0].Embedding != nil || hits[0].Text != "1" {
		t.Errorf("Search = %+v, %v; want 1 and 3, with their text alone", hits, err)
	}
	least := float32(0.9)
	hits, err = ask(app.Query{Embedding: []float32{1, 0.5}, K: 3, MinScore: &least, MMR: &domain.MMR{Diversity: 1}})
	if err != nil || !slices.Equal(hitIDs(hits), []int64{1, 2}) {
		t.Errorf("Search with a least score = %+v, %v; want 1 and 2", hits, err)
	}
	for name, q := range map[string]app.Query{
		"above 1":         {K: 1, MMR: &domain.MMR{Diversity: 1.1}},
		"below 0":         {K: 1, MMR: &domain.MMR{Diversity: -0.1}},
		"NaN":             {K: 1, MMR: &domain.MMR{Diversity: math.NaN()}},
		"many candidates": {K: 1, MMR: &domain.MMR{Diversity: 0.5, Candidates: domain.MaxMMRCandidates + 1}},
		"k above":         {K: domain.MaxMMRCandidates + 1, MMR: &domain.MMR{Diversity: 0.5}},
		"words":           {K: 1, Text: "word", MMR: &domain.MMR{Diversity: 0.5}},
		"reranking":       {K: 1, Rerank: &domain.Rerank{}, MMR: &domain.MMR{Diversity: 0.5}},
	} {
		q.Embedding = []float32{1, 0}
		if _, err := ask(q); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: Search = %v; want ErrInvalid", name, err)
		}
	}
}

func TestDiverseHitsAreBoundedInAll(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("1", 1, 0), chunk("2", 0, 1))
	ask := func(n, k, offset, candidates int, diversity float64) error {
		in := app.Search{Database: "a", Fields: domain.FieldText}
		for range n {
			in.Queries = append(in.Queries, app.Query{Embedding: []float32{1, 0}, K: k, Offset: offset, MMR: &domain.MMR{Diversity: diversity, Candidates: candidates}})
		}
		_, err := s.Search(t.Context(), in)
		return err
	}
	if err := errors.Join(ask(2, 600, 400, 1000, 0.5), ask(80, 25, 0, 1000, 0.5), ask(90, 1000, 0, 1000, 0)); err != nil {
		t.Errorf("Search with as much as is allowed: %v", err)
	}
	for _, err := range []error{ask(3, 600, 400, 1000, 0.5), ask(81, 25, 0, 1000, 0.5)} {
		if !errors.Is(err, domain.ErrTooLarge) || !strings.Contains(err.Error(), "candidates × (offset + k)") || !strings.Contains(err.Error(), "2000000") {
			t.Errorf("Search with more than is allowed = %v; want ErrTooLarge that says what is", err)
		}
	}
}

// restless is a repository that writes before it reads the rows of hits, so that these are never
// those that were found, until writers are kept out.
type restless struct {
	ports.ChunkRepository
	write func()
	reads atomic.Int32
	last  atomic.Bool // the rows of the last round were read
}

func (r *restless) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	if sel.IDs == nil {
		return r.ChunkRepository.Chunks(ctx, db, sel, fields)
	}
	n := int(r.reads.Add(1))
	if n < query.Rounds {
		r.write()
	}
	list, err := r.ChunkRepository.Chunks(ctx, db, sel, fields)
	r.last.Store(n == query.Rounds)
	return list, err
}

// picking is a context that calls ask once, when it is looked at after the rows were read: before
// a hit is picked.
type picking struct {
	context.Context
	repo *restless
	ask  func()
}

func (p picking) Err() error {
	if p.repo.last.CompareAndSwap(true, false) {
		p.ask()
	}
	return p.Context.Err()
}

// TestDiverseHitsArePickedBesideWriters has the last round of a search, which keeps writers out,
// find the candidates. While hits are picked of them a writer must get through.
func TestDiverseHitsArePickedBesideWriters(t *testing.T) {
	repo := &restless{ChunkRepository: openStore(t, filepath.Join(t.TempDir(), "memista.db"))}
	s := newService(t, repo, 1<<30)
	insert(t, s, "a", domain.Chunk{Key: "k", Text: "1", Embedding: []float32{1, 0}}, chunk("2", 0, 1))
	repo.write = func() { insert(t, s, "a", domain.Chunk{Key: "k", Text: "again", Embedding: []float32{1, 0}}) }
	picked := false
	var calls sync.WaitGroup
	ctx := picking{t.Context(), repo, func() {
		picked = true
		written := make(chan struct{})
		calls.Go(func() {
			defer close(written)
			insert(t, s, "a", chunk("3", 1, 1))
		})
		select {
		case <-written:
		case <-time.After(10 * time.Second):
			t.Error("a writer waits while hits are picked")
		}
	}}
	found, err := s.Search(ctx, app.Search{
		Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 2, MMR: &domain.MMR{Diversity: 0.5}}}, Fields: domain.DefaultFields,
	})
	calls.Wait()
	if err != nil || !picked || len(found.Hits[0]) != 2 || found.Hits[0][0].Text != "again" || found.Explain[0].Rounds != query.Rounds {
		t.Errorf("Search = %+v, %v, a writer came: %v; want two hits of the last round", found, err, picked)
	}
}

// BenchmarkDiverse searches with and without maximal marginal relevance.
func BenchmarkDiverse(b *testing.B) {
	const n, dims = 1000, 768
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "memista.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	s, err := app.New(app.Config{Repository: store, Flat: flat.Engine{}, Engines: []ports.Engine{graphEngine{}}, FlatMax: func(int) int { return 1 << 30 }})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		v := make([]float32, dims)
		for j := range v {
			v[j] = float32(rng.NormFloat64())
		}
		chunks[i] = chunk("", v...)
	}
	for _, metric := range domain.Metrics {
		if _, err := s.Insert(b.Context(), app.Insert{Metric: metric, Database: string(metric), Chunks: chunks}); err != nil {
			b.Fatal(err)
		}
		for _, of := range []struct{ k, candidates int }{{10, 100}, {100, 1000}, {1000, 1000}} {
			for _, m := range []*domain.MMR{nil, {Diversity: 0.5, Candidates: of.candidates}} {
				b.Run(fmt.Sprintf("%s/k=%d/candidates=%d/mmr=%v", metric, of.k, of.candidates, m != nil), func(b *testing.B) {
					for b.Loop() {
						if _, err := s.Search(b.Context(), app.Search{Database: string(metric), Queries: []app.Query{{Embedding: chunks[0].Embedding, K: of.k, MMR: m}}}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
