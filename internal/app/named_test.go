package app_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// namedSettings declares title, by l2, and body, by the cosine.
func namedSettings(t *testing.T) domain.Settings {
	t.Helper()
	n, err := domain.NewNamedVectors(domain.NamedVector{Name: "title", Dims: 3, Metric: domain.L2}, domain.NamedVector{Name: "body", Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	return domain.Settings{Metric: domain.InnerProduct, Vectors: n, OptionalEmbeddings: true}
}

func createNamed(t *testing.T, s *app.Service) {
	t.Helper()
	if _, _, err := s.Create(t.Context(), "a", namedSettings(t)); err != nil {
		t.Fatal(err)
	}
}

// using asks the database a for what is near v under a name.
func using(t *testing.T, s *app.Service, q app.Query) []domain.Hit {
	t.Helper()
	q.K = cmp.Or(q.K, 10)
	found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}, Fields: domain.WholeChunk})
	if err != nil {
		t.Fatalf("Search(%+v) = %v", q, err)
	}
	return found.Hits[0]
}

// namedWorker changes a database and its model alike.
type namedWorker struct {
	*testing.T
	r     *rand.Rand
	now   *clock
	model map[int64]domain.Chunk
}

func (w *namedWorker) vector(dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(w.r.IntN(9) - 4)
	}
	if w.r.IntN(2) == 0 {
		v[0] += w.r.Float32()
	}
	return v
}

func (w *namedWorker) vectors() domain.Vectors {
	v := domain.Vectors{}
	if w.r.IntN(4) > 0 {
		v["title"] = w.vector(3)
	}
	if w.r.IntN(3) > 0 {
		v["body"] = w.vector(2)
	}
	return v
}

func (w *namedWorker) some() int64 {
	return slices.Sorted(maps.Keys(w.model))[w.r.IntN(len(w.model))]
}

// change does one thing to the database a.
func (w *namedWorker) change(s *app.Service, step int) {
	w.Helper()
	r := w.r
	switch what := r.IntN(10); {
	case what < 5:
		w.put(s, step)
	case what < 7 && len(w.model) > 0:
		id := w.some()
		c := w.model[id]
		var p app.Patch
		if c.Vectors = maps.Clone(c.Vectors); r.IntN(2) == 0 {
			p.Metadata = &domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"n":%d}`, r.IntN(5))}
			c.Metadata = *p.Metadata
		} else if r.IntN(2) == 0 {
			v := w.vector(3)
			p.Vectors = map[string][]float32{"title": v}
			c.Vectors["title"] = v
		} else {
			p.Vectors = map[string][]float32{"title": nil, "body": nil}
			clear(c.Vectors)
		}
		_, err := s.Patch(w.Context(), "a", app.Ref{ID: id}, p)
		if errors.Is(err, domain.ErrNotFound) && c.Expired(w.now.Now()) {
			return
		}
		if err != nil {
			w.Fatalf("step %d: Patch(%+v) = %v", step, p, err)
		}
		w.model[id] = c
	case what < 9 && len(w.model) > 0:
		id := w.some()
		if _, err := s.Delete(w.Context(), "a", []int64{id}); err != nil {
			w.Fatal(err)
		}
		delete(w.model, id)
	default:
		w.now.turn(time.Duration(r.IntN(10)) * time.Second)
	}
}

func (w *namedWorker) put(s *app.Service, step int) {
	r := w.r
	var put []domain.Chunk
	for i := range 1 + r.IntN(5) {
		c := domain.Chunk{Text: fmt.Sprint(step, i), Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"n":%d}`, r.IntN(5))}, Vectors: w.vectors()}
		if r.IntN(2) == 0 {
			c.Embedding = []float32{r.Float32(), r.Float32()}
		}
		if r.IntN(3) == 0 {
			c.Key = fmt.Sprintf("k%d-%d", i, r.IntN(30))
		}
		if r.IntN(5) == 0 {
			c.TTL = time.Duration(1+r.IntN(100)) * time.Second
		}
		put = append(put, c)
	}
	ids := insert(w.T, s, "a", put...)
	for i, c := range put {
		c.ID, c.ExpiresAt = ids[i], time.Time{}
		if c.TTL > 0 {
			c.ExpiresAt = w.now.Now().Add(c.TTL)
		}
		w.model[c.ID] = c
	}
}

// search asks the database a and its model the same.
func (w *namedWorker) search(s *app.Service, step int) {
	w.Helper()
	r := w.r
	q := app.Query{Using: "title", Embedding: w.vector(3), K: 1 + r.IntN(10), Offset: r.IntN(3), Exact: r.IntN(4) == 0}
	metric := domain.L2
	if r.IntN(2) == 0 {
		metric, q.Using, q.Embedding = domain.Cosine, "body", []float32{1, r.Float32()}
	}
	if r.IntN(2) == 0 {
		f, err := filterlang.Parse(fmt.Appendf(nil, `{"n":{"$lte":%d}}`, r.IntN(5)))
		if err != nil {
			w.Fatal(err)
		}
		q.Filter = &f
	}
	set := domain.Settings{Metric: metric, OptionalEmbeddings: true}
	var want []float32
	for _, c := range w.model {
		if v := c.Vectors[q.Using]; !c.Expired(w.now.Now()) && set.Searchable(v) && (q.Filter == nil || q.Filter.Matches(&c)) {
			want = append(want, metric.Distance(q.Embedding, v))
		}
	}
	slices.Sort(want)
	want = want[min(q.Offset, len(want)):min(q.Offset+q.K, len(want))]
	got := using(w.T, s, q)
	if len(got) != len(want) {
		w.Fatalf("step %d: Search(%+v) = %d hits; want %d", step, q, len(got), len(want))
	}
	for i, h := range got {
		c := w.model[h.ID]
		if d := metric.Distance(q.Embedding, c.Vectors[q.Using]); h.Text != c.Text || math.Abs(float64(h.Distance-d)) > 1e-5*float64(1+d) || math.Abs(float64(h.Distance-want[i])) > 1e-5*float64(1+d) || h.Score != metric.Score(h.Distance) {
			w.Fatalf("step %d: Search(%+v): hit %d is %+v at %v, by its row at %v; want one at %v", step, q, i, h.ID, h.Distance, d, want[i])
		}
	}
}

func TestNamedSearchesFindWhatIsThere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "memista.db")
	now := newClock()
	var s *app.Service
	reopen := func() {
		if s != nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		s, err = app.New(app.Config{
			Repository: openStore(t, path), Flat: flat.Engine{}, Engines: []ports.Engine{graphEngine{}},
			FlatMax: func(int) int { return 50 }, Now: now.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	t.Cleanup(func() { _ = s.Close() })
	createNamed(t, s)
	w := namedWorker{T: t, r: r, now: now, model: map[int64]domain.Chunk{}}
	m := 4
	for step := range 800 {
		w.change(s, step)
		switch r.IntN(60) {
		case 0:
			reopen()
		case 1:
			if err := s.Evict(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		case 2:
			if err := s.Rebuild(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		case 3:
			m++
			alter(t, s, "a", domain.Alteration{M: &m})
		}
		w.search(s, step)
	}
}

// TestNamedHitsAgreeWithTheirRows searches while others write: what was acknowledged is found,
// each hit has the distance of the vector in its row, and k chunks come back.
func TestNamedHitsAgreeWithTheirRows(t *testing.T) {
	for name, flatMax := range map[string]int{"exact": 1 << 30, "graph": 30} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), flatMax)
			createNamed(t, s)
			const k = 10
			fixed := make([]domain.Chunk, 2*k)
			for i := range fixed {
				fixed[i] = domain.Chunk{Text: "fixed", Vectors: domain.Vectors{"title": {1000, 0, 0}}}
			}
			insert(t, s, "a", fixed...)
			var stop atomic.Bool
			var writing, searching sync.WaitGroup
			for n := range 3 {
				writing.Go(func() { writeNamed(t, s, n) })
			}
			for range 3 {
				searching.Go(func() {
					for rounds := 0; !stop.Load() || rounds < 20; rounds++ {
						q := []float32{float32(rounds % 7), 1, 0}
						hits := using(t, s, app.Query{Using: "title", Embedding: q, K: k})
						if len(hits) != k {
							t.Errorf("%d hits; want %d", len(hits), k)
							return
						}
						for _, h := range hits {
							if d := domain.L2.Distance(q, h.Vectors["title"]); math.Abs(float64(d-h.Distance)) > 1e-5*float64(1+d) {
								t.Errorf("hit %d at %v has a row at %v", h.ID, h.Distance, d)
								return
							}
						}
					}
				})
			}
			writing.Wait()
			stop.Store(true)
			searching.Wait()
		})
	}
}

// writeNamed inserts, replaces, changes and deletes chunks, each of which it finds, or not, at once.
func writeNamed(t *testing.T, s *app.Service, n int) {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	for i := range 60 {
		key := fmt.Sprintf("%d-%d", n, i%5)
		v := []float32{float32(100 + n), float32(i), r.Float32()}
		id := insert(t, s, "a", domain.Chunk{Key: key, Text: key, Vectors: domain.Vectors{"title": v}})[0]
		at := func(want bool, after string) {
			hits := using(t, s, app.Query{Using: "title", Embedding: v, K: 1})
			if there := len(hits) == 1 && hits[0].ID == id && hits[0].Distance == 0; there != want {
				t.Errorf("chunk %d is found: %v after its %s; want %v", id, there, after, want)
			}
		}
		at(true, "insert")
		switch i % 3 {
		case 0:
			if _, err := s.Delete(t.Context(), "a", []int64{id}); err != nil {
				t.Error(err)
			}
			at(false, "delete")
		case 1:
			if _, err := s.Patch(t.Context(), "a", app.Ref{ID: id}, app.Patch{Vectors: map[string][]float32{"title": nil}}); err != nil {
				t.Error(err)
			}
			at(false, "patch")
		}
	}
}

func TestNamedVectorsAreRefused(t *testing.T) {
	s := open(t)
	createNamed(t, s)
	insert(t, s, "a", domain.Chunk{Key: "k", Text: "one", Embedding: []float32{1, 0}, Vectors: domain.Vectors{"title": {1, 2, 3}}})
	for name, c := range map[string]struct {
		v    domain.Vectors
		want error
	}{
		"an unknown name":   {domain.Vectors{"other": {1}}, domain.ErrInvalid},
		"another dimension": {domain.Vectors{"title": {1}}, domain.ErrDimension},
		"not finite":        {domain.Vectors{"title": {1, 2, float32(math.NaN())}}, domain.ErrNotFinite},
	} {
		_, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{{Text: "x", Vectors: c.v}}})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Insert = %v; want %v", name, err, c.want)
		}
		_, err = s.Patch(t.Context(), "a", app.Ref{Key: "k"}, app.Patch{Vectors: c.v})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Patch = %v; want %v", name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		q    app.Query
		want error
	}{
		"an unknown name":       {app.Query{Using: "other", Embedding: []float32{1}}, domain.ErrInvalid},
		"another dimension":     {app.Query{Using: "title", Embedding: []float32{1, 2}}, domain.ErrDimension},
		"a zero vector":         {app.Query{Using: "body", Embedding: []float32{0, 0}}, domain.ErrZeroVector},
		"near_text":             {app.Query{Using: "title", NearText: "x"}, domain.ErrInvalid},
		"no vector":             {app.Query{Using: "title", Text: "x"}, domain.ErrInvalid},
		"a chunk without it":    {app.Query{Using: "body", Like: domain.Ref{Key: "k"}}, domain.ErrInvalid},
		"the length of another": {app.Query{Embedding: []float32{1, 2, 3}}, domain.ErrDimension},
	} {
		c.q.K = 1
		if _, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{c.q}}); !errors.Is(err, c.want) {
			t.Errorf("%s: Search = %v; want %v", name, err, c.want)
		}
	}
	if hits := using(t, s, app.Query{Using: "title", Embedding: []float32{1, 2, 3}}); len(hits) != 1 || hits[0].Distance != 0 {
		t.Errorf("what is stored has changed: %+v", hits)
	}
}

func TestNamedVectorsOfOneDatabase(t *testing.T) {
	s := open(t)
	createNamed(t, s)
	ids := insert(t, s, "a",
		domain.Chunk{Text: "one", Metadata: domain.MetadataString(`{"g":"x"}`), Embedding: []float32{1, 0}, Vectors: domain.Vectors{"title": {0, 0, 0}, "body": {1, 0}}},
		domain.Chunk{Text: "two", Metadata: domain.MetadataString(`{"g":"x"}`), Vectors: domain.Vectors{"title": {1, 0, 0}, "body": {0, 1}}},
		domain.Chunk{Text: "three", Metadata: domain.MetadataString(`{"g":"y"}`), Vectors: domain.Vectors{"title": {3, 0, 0}}},
		domain.Chunk{Text: "four", Embedding: []float32{0, 1}})
	t.Run("a search for what is near a stored one leaves that out", func(t *testing.T) {
		if got := hitIDs(using(t, s, app.Query{Using: "title", Like: domain.Ref{ID: ids[0]}})); !slices.Equal(got, []int64{ids[1], ids[2]}) {
			t.Errorf("hits = %v; want 2 and 3", got)
		}
	})
	t.Run("queries of one search are for different vectors", func(t *testing.T) {
		all := filter(t, `{"g":{"$exists":true}}`)
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{
			{Embedding: []float32{1, 0}, K: 9, Filter: all}, {Using: "title", Embedding: []float32{3, 0, 0}, K: 9, Filter: all}, {Using: "body", Embedding: []float32{0, 2}, K: 1, Filter: all},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]int64{{1}, {3, 2, 1}, {2}} {
			if got := hitIDs(found.Hits[i]); !slices.Equal(got, want) {
				t.Errorf("query %d finds %v; want %v", i, got, want)
			}
		}
		if h := found.Hits[1][1]; h.Distance != 4 || h.Score != 0.2 {
			t.Errorf("hit 2 under title is at %v with the score %v; want 4 and 0.2", h.Distance, h.Score)
		}
	})
	t.Run("hits differ from each other by the vectors of the name", func(t *testing.T) {
		hits := using(t, s, app.Query{Using: "title", Embedding: []float32{0, 0, 0}, K: 2, MMR: &domain.MMR{Diversity: 1}})
		if got := hitIDs(hits); !slices.Equal(got, []int64{1, 3}) {
			t.Errorf("hits = %v; want 1 and 3", got)
		}
	})
	t.Run("groups are made of them", func(t *testing.T) {
		groups, err := s.SearchGroups(t.Context(), app.Groups{Database: "a", By: "g", Size: 1, Query: app.Query{Using: "title", Embedding: []float32{3, 0, 0}}})
		if err != nil || len(groups) != 2 || groups[0].Hits[0].ID != 3 || groups[1].Hits[0].ID != 2 {
			t.Errorf("SearchGroups = %+v, %v; want y and x", groups, err)
		}
	})
	t.Run("a drop ends them", func(t *testing.T) {
		if _, err := s.Drop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		createNamed(t, s)
		if hits := using(t, s, app.Query{Using: "title", Embedding: []float32{0, 0, 0}}); len(hits) != 0 {
			t.Errorf("hits of the life before: %+v", hits)
		}
	})
}

func TestPatchOfSparseVectors(t *testing.T) {
	s := open(t)
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	one := domain.SparseVector{Indices: []uint32{9, 2}, Values: []float32{1, 3}}
	insert(t, s, "a", domain.Chunk{Key: "k", Text: "x", Sparse: domain.SparseVectors{"bm25": one}})
	patch := func(p app.Patch) (domain.Chunk, error) { return s.Patch(t.Context(), "a", app.Ref{Key: "k"}, p) }
	got, err := patch(app.Patch{Sparse: map[string]*domain.SparseVector{"plain": &one, "bm25": nil}})
	if err != nil || len(got.Sparse) != 1 || !slices.Equal(got.Sparse["plain"].Indices, []uint32{2, 9}) {
		t.Errorf("Patch = %+v, %v; want plain alone", got.Sparse, err)
	}
	if hits := bySparse(t, s, app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: one}, K: 9}); len(hits) != 1 || hits[0].Score != 10 {
		t.Errorf("hits = %+v; want one with the score 10", hits)
	}
	if _, err = patch(app.Patch{Sparse: map[string]*domain.SparseVector{"other": &one}}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Patch of an unknown name = %v; want ErrInvalid", err)
	}
	if _, err = patch(app.Patch{Sparse: map[string]*domain.SparseVector{"plain": {Indices: []uint32{1}}}}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Patch of indices without values = %v; want ErrInvalid", err)
	}
}
