package app_test

import (
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

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	sparseindex "github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// sparseSettings declares bm25, by idf, and plain.
func sparseSettings(t *testing.T) domain.Settings {
	t.Helper()
	n, err := domain.NewSparseNames(map[string]domain.SparseModifier{"bm25": domain.SparseIDF, "plain": domain.SparseNone})
	if err != nil {
		t.Fatal(err)
	}
	return domain.Settings{Metric: domain.InnerProduct, Sparse: n, OptionalEmbeddings: true}
}

// sparseVector draws few of some indices.
func sparseVector(r *rand.Rand) domain.SparseVector {
	v := domain.SparseVector{Indices: []uint32{}, Values: []float32{}}
	for index := range uint32(12) {
		if r.IntN(int(index)+2) == 0 {
			v.Indices, v.Values = append(v.Indices, index*1000), append(v.Values, float32(r.IntN(7)-1))
		}
	}
	return v
}

// bySparse asks for the k best by a sparse vector.
func bySparse(t *testing.T, s *app.Service, q app.Query) []domain.Hit {
	t.Helper()
	found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}, Fields: domain.WholeChunk})
	if err != nil {
		t.Fatalf("Search(%+v) = %v", q, err)
	}
	return found.Hits[0]
}

// sparseModel is what a database with sparse vectors should hold, by chunk id.
type sparseModel map[int64]domain.Chunk

// answer is what a sparse query should find.
func (m sparseModel) answer(q *app.Query, idf bool, now time.Time) (matches []domain.SparseMatch) {
	all, with := 0, map[uint32]int{}
	for _, c := range m {
		if v := c.Sparse[q.Sparse.Name]; len(v.Indices) > 0 && !c.Expired(now) {
			all++
			for _, index := range v.Indices {
				with[index]++
			}
		}
	}
	for id, c := range m {
		if c.Expired(now) || q.Filter != nil && !q.Filter.Matches(&c) {
			continue
		}
		sum, hit := 0.0, false
		for i, index := range q.Sparse.Vector.Indices {
			at := slices.Index(c.Sparse[q.Sparse.Name].Indices, index)
			if at < 0 {
				continue
			}
			weight := float64(q.Sparse.Vector.Values[i])
			if idf {
				n := float64(with[index])
				weight *= math.Log((float64(all)-n+0.5)/(n+0.5) + 1)
			}
			sum, hit = sum+weight*float64(c.Sparse[q.Sparse.Name].Values[at]), true
		}
		if hit {
			matches = append(matches, domain.SparseMatch{ID: id, Score: float32(sum)})
		}
	}
	slices.SortFunc(matches, domain.SparseMatch.Compare)
	return matches[min(q.Offset, len(matches)):min(q.Offset+q.K, len(matches))]
}

func TestSparseSearchesFindWhatIsThere(t *testing.T) {
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
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	w := sparseWorker{T: t, r: r, now: now, model: sparseModel{}}
	for step := range 600 {
		w.change(s, step)
		switch r.IntN(40) {
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
		}
		w.search(s, step)
	}
}

// sparseWorker changes a database and its model alike.
type sparseWorker struct {
	*testing.T
	r     *rand.Rand
	now   *clock
	model sparseModel
}

// change does one thing to the database a.
func (w *sparseWorker) change(s *app.Service, step int) {
	w.Helper()
	r := w.r
	switch what := r.IntN(10); {
	case what < 5:
		var put []domain.Chunk
		for i := range 1 + r.IntN(5) {
			c := domain.Chunk{Text: fmt.Sprint(step, i), Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"n":%d}`, r.IntN(5))}, Sparse: domain.SparseVectors{}}
			if r.IntN(2) == 0 {
				c.Embedding = []float32{r.Float32(), r.Float32()}
			}
			if r.IntN(3) == 0 {
				c.Key = fmt.Sprintf("k%d-%d", i, r.IntN(30))
			}
			for _, name := range []string{"bm25", "plain"} {
				if r.IntN(4) > 0 {
					c.Sparse[name] = sparseVector(r)
				}
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
	case what < 7 && len(w.model) > 0:
		id := slices.Sorted(maps.Keys(w.model))[r.IntN(len(w.model))]
		m := domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"n":%d}`, r.IntN(5))}
		c, err := s.Patch(w.Context(), "a", app.Ref{ID: id}, app.Patch{Metadata: &m})
		old := w.model[id]
		if errors.Is(err, domain.ErrNotFound) && old.Expired(w.now.Now()) {
			return
		}
		if diff := cmp.Diff(map[string]domain.SparseVector(old.Sparse), map[string]domain.SparseVector(c.Sparse)); len(old.Sparse) > 0 && diff != "" || err != nil {
			w.Fatalf("Patch of chunk %d = %v; want the same sparse vectors (-want +got):\n%s", id, err, diff)
		}
		old.Metadata = m
		w.model[id] = old
	case what < 9 && len(w.model) > 0:
		id := slices.Sorted(maps.Keys(w.model))[r.IntN(len(w.model))]
		if _, err := s.Delete(w.Context(), "a", []int64{id}); err != nil {
			w.Fatal(err)
		}
		delete(w.model, id)
	default:
		w.now.turn(time.Duration(r.IntN(10)) * time.Second)
	}
}

// search asks the database a and its model the same.
func (w *sparseWorker) search(s *app.Service, step int) {
	w.Helper()
	r, idf := w.r, w.r.IntN(2) == 0
	q := app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: sparseVector(r)}, K: 1 + r.IntN(10), Offset: r.IntN(3)}
	if idf {
		q.Sparse.Name = "bm25"
	}
	if r.IntN(2) == 0 {
		f, err := filterlang.Parse(fmt.Appendf(nil, `{"n":{"$lte":%d}}`, r.IntN(5)))
		if err != nil {
			w.Fatal(err)
		}
		q.Filter = &f
	}
	want := w.model.answer(&q, idf, w.now.Now())
	var got []domain.SparseMatch
	for _, h := range bySparse(w.T, s, q) {
		got = append(got, domain.SparseMatch{ID: h.ID, Score: h.Score})
		if h.Text != w.model[h.ID].Text || h.Places.Sparse.Score != h.Score || h.Distance != 0 {
			w.Errorf("step %d: hit %+v; want that of %+v", step, h, w.model[h.ID])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
		w.Fatalf("step %d: Search(%+v) (-want +got):\n%s", step, q.Sparse, diff)
	}
}

// TestSparseHitsAgreeWithTheirRows searches while others write: what was acknowledged is
// found, what was deleted is not, each hit has the score of the vector in its row, and k
// chunks come back where so many match.
func TestSparseHitsAgreeWithTheirRows(t *testing.T) {
	s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 1<<30)
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	const writers, searchers, k = 3, 3, 10
	fixed := make([]domain.Chunk, 2*k)
	for i := range fixed {
		fixed[i] = domain.Chunk{Text: "fixed", Sparse: domain.SparseVectors{"plain": {Indices: []uint32{0}, Values: []float32{-1000}}}}
	}
	insert(t, s, "a", fixed...)
	var stop atomic.Bool
	var writing, searching sync.WaitGroup
	for n := range writers {
		writing.Go(func() { writeSparse(t, s, n) })
	}
	for n := range searchers {
		searching.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 9))
			f, _ := filterlang.Parse([]byte(`{"n":{"$exists":false}}`))
			for rounds := 0; !stop.Load() || rounds < 20; rounds++ {
				q := app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: domain.SparseVector{Indices: []uint32{0, 1000}, Values: []float32{1, r.Float32()}}}, K: k}
				if r.IntN(3) == 0 {
					q.Filter = &f
				}
				hits := bySparse(t, s, q)
				if len(hits) != k {
					t.Errorf("%d hits; want %d", len(hits), k)
				}
				for _, h := range hits {
					sum := 0.0
					for i, index := range h.Sparse["plain"].Indices {
						if at := slices.Index(q.Sparse.Vector.Indices, index); at >= 0 {
							sum += float64(q.Sparse.Vector.Values[at]) * float64(h.Sparse["plain"].Values[i])
						}
					}
					if h.Score != float32(sum) {
						t.Errorf("chunk %d has score %g; its row comes to %g", h.ID, h.Score, float32(sum))
					}
				}
			}
		})
	}
	writing.Wait()
	stop.Store(true)
	searching.Wait()
}

// writeSparse replaces, deletes and inserts chunks, and looks for each.
func writeSparse(t *testing.T, s *app.Service, n int) {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	own := uint32(1_000_000 + n)
	find := func(want int, what string) {
		q := app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: domain.SparseVector{Indices: []uint32{own}, Values: []float32{1}}}, K: 5}
		if hits := bySparse(t, s, q); len(hits) != want {
			t.Errorf("%d hits after %s; want %d", len(hits), what, want)
		}
	}
	for i := range 120 {
		own += 10
		c := domain.Chunk{Key: fmt.Sprintf("w%d-%d", n, i%7), Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"n":1}`}}
		c.Sparse = domain.SparseVectors{"plain": {Indices: []uint32{0, 1000, own}, Values: []float32{r.Float32(), r.Float32(), 1}}}
		ids := insert(t, s, "a", c)
		find(1, "an insert")
		if i%3 == 0 {
			if _, err := s.Delete(t.Context(), "a", ids); err != nil {
				t.Error(err)
			}
			find(0, "a delete")
		}
	}
}

func TestSparseQueriesThatAreRefused(t *testing.T) {
	s := open(t)
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	one := domain.SparseVector{Indices: []uint32{1}, Values: []float32{1}}
	insert(t, s, "a", domain.Chunk{Text: "x", Sparse: domain.SparseVectors{"plain": one}})
	withoutWords := domain.ErrInvalid
	if !hasFullText(t, s) {
		withoutWords = domain.ErrUnsupported
	}
	for name, c := range map[string]struct {
		q    app.Query
		want error
	}{
		"a name that is not declared": {app.Query{Sparse: &domain.SparseQuery{Name: "other", Vector: one}}, domain.ErrInvalid},
		"values too few":              {app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: domain.SparseVector{Indices: []uint32{1}}}}, domain.ErrInvalid},
		"a fusion of one list":        {app.Query{Embedding: []float32{1, 1}, Fusion: domain.Fusion{SparseWeight: new(1.0)}}, domain.ErrInvalid},
		"words without full text":     {app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: one}, Text: "x"}, withoutWords},
		"an empty vector":             {app.Query{Sparse: &domain.SparseQuery{Name: "plain"}}, nil},
	} {
		c.q.K = 5
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{c.q}})
		if !errors.Is(err, c.want) || err == nil && len(found.Hits[0]) > 0 {
			t.Errorf("%s: Search = %v, %v; want %v and no hits", name, found.Hits, err, c.want)
		}
	}
	for name, v := range map[string]domain.SparseVectors{
		"a name that is not declared": {"other": one},
		"an index twice":              {"plain": {Indices: []uint32{1, 1}, Values: []float32{1, 1}}},
		"no number":                   {"plain": {Indices: []uint32{1}, Values: []float32{float32(math.NaN())}}},
	} {
		_, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{{Text: "good"}, {Text: "bad", Sparse: v}}})
		if !errors.Is(err, domain.ErrInvalid) && !errors.Is(err, domain.ErrNotFinite) {
			t.Errorf("%s: Insert = %v; want it refused", name, err)
		}
	}
	if db, err := s.Database(t.Context(), "a"); err != nil || db.Chunks != 1 {
		t.Errorf("%d chunks, %v; want nothing stored of what was refused", db.Chunks, err)
	}
}

// TestThreeListsAreFused has a chunk for each list, and one that two have.
func TestThreeListsAreFused(t *testing.T) {
	s := open(t)
	set := sparseSettings(t)
	if _, _, err := s.Create(t.Context(), "a", set); err != nil {
		t.Fatal(err)
	}
	sparse := func(x float32) domain.SparseVectors {
		return domain.SparseVectors{"plain": {Indices: []uint32{7}, Values: []float32{x}}}
	}
	insert(t, s, "a", domain.Chunk{Text: "near", Embedding: []float32{9, 0}}, domain.Chunk{Text: "both", Embedding: []float32{5, 0}, Sparse: sparse(3)}, domain.Chunk{Text: "sparse", Sparse: sparse(5)})
	q := app.Query{Embedding: []float32{1, 0}, Sparse: &domain.SparseQuery{Name: "plain", Vector: sparse(2)["plain"]}, K: 5}
	rrf := func(ranks ...int) (sum float32) {
		total := 0.0
		for _, rank := range ranks {
			total += 1 / float64(60+rank)
		}
		return float32(total)
	}
	for name, c := range map[string]struct {
		fusion domain.Fusion
		want   map[string]float32
	}{
		"by rank":            {domain.Fusion{}, map[string]float32{"both": rrf(2, 2), "near": rrf(1), "sparse": rrf(1)}},
		"without the sparse": {domain.Fusion{SparseWeight: new(0.0)}, map[string]float32{"near": rrf(1), "both": rrf(2)}},
		"by score":           {domain.Fusion{Method: domain.WeightedScores, SparseWeight: new(3.0)}, map[string]float32{"sparse": 3, "near": 1, "both": 0}},
	} {
		q.Fusion = c.fusion
		got := map[string]float32{}
		for _, h := range bySparse(t, s, q) {
			got[h.Text] = h.Score
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: q.Embedding, Sparse: q.Sparse, K: 5}}})
	want := domain.SparseWork{Name: "plain", Entries: 1, Visited: 2, Found: 2, Fusion: domain.ReciprocalRank, VectorWeight: 1, TextWeight: 1, SparseWeight: 1}
	if diff := cmp.Diff(want, found.Explain[0].Sparse); err != nil || diff != "" {
		t.Errorf("Explain, %v (-want +got):\n%s", err, diff)
	}
}

func TestModifiersCanBeChanged(t *testing.T) {
	s := open(t)
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	v := domain.SparseVector{Indices: []uint32{1}, Values: []float32{1}}
	insert(t, s, "a", domain.Chunk{Text: "x", Sparse: domain.SparseVectors{"plain": v}})
	q := app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: v}, K: 1}
	if got := bySparse(t, s, q)[0].Score; got != 1 {
		t.Errorf("score = %g; want 1", got)
	}
	n, err := domain.NewSparseNames(map[string]domain.SparseModifier{"bm25": domain.SparseIDF, "plain": domain.SparseIDF, "more": ""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Alter(t.Context(), "a", domain.Alteration{Sparse: &n}); err != nil {
		t.Fatal(err)
	}
	if got, want := bySparse(t, s, q)[0].Score, float32(sparseindex.IDF(1, 1)); got != want {
		t.Errorf("score by idf = %g; want %g", got, want)
	}
	insert(t, s, "a", domain.Chunk{Text: "y", Sparse: domain.SparseVectors{"more": v}})
	q.Sparse.Name = "more"
	if hits := bySparse(t, s, q); len(hits) != 1 || hits[0].Text != "y" {
		t.Errorf("hits by the name that was added = %+v; want y", hits)
	}
}

// TestSparseVectorsThatChangeInTheLastRound changes the vectors of a chunk when a search has
// found it for the last time: it is scored by those in its row, and left out without any.
func TestSparseVectorsThatChangeInTheLastRound(t *testing.T) {
	m := &meddled{Memory: repotest.NewMemory()}
	s := newService(t, m, 1<<30)
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	of := func(key string, x float32) domain.Chunk {
		c := domain.Chunk{Key: key}
		if x != 0 {
			c.Sparse = domain.SparseVectors{"plain": {Indices: []uint32{7}, Values: []float32{x}}}
		}
		return c
	}
	for last, want := range map[float32]map[string]float32{2: {"other": 6, "changes": 4}, 0: {"other": 6}} {
		m.before = nil
		put(t, s, "a", of("changes", 9), of("other", 3))
		round := 0
		m.before = func() {
			switch round++; {
			case round < app.Rounds:
				put(t, s, "a", of("changes", 9+float32(round)))
			case round == app.Rounds: // nobody is told
				if _, err := m.Write(t.Context(), domain.Batch{Database: "a", Put: []domain.Chunk{of("changes", last)}}, nil); err != nil {
					t.Error(err)
				}
			}
		}
		q := app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: domain.SparseVector{Indices: []uint32{7}, Values: []float32{2}}}, K: 3}
		got := map[string]float32{}
		for _, h := range bySparse(t, s, q) {
			got[h.Key] = h.Score
		}
		if diff := cmp.Diff(want, got); diff != "" || round <= app.Rounds {
			t.Errorf("in %d rounds (-want +got):\n%s", round, diff)
		}
		// The index was not told of the last write, as no index would be.
		if err := s.Evict(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSparseVectorsCountAgainstTheMemoryBudget has the vectors of one database push it out.
func TestSparseVectorsCountAgainstTheMemoryBudget(t *testing.T) {
	s := configured(t, app.Config{Lifecycle: app.Lifecycle{MemoryBudget: 4 << 20}})
	if _, _, err := s.Create(t.Context(), "a", sparseSettings(t)); err != nil {
		t.Fatal(err)
	}
	v := domain.SparseVector{}
	for i := range uint32(100) {
		v.Indices, v.Values = append(v.Indices, i), append(v.Values, 1)
	}
	insert(t, s, "a", slices.Repeat([]domain.Chunk{{Embedding: []float32{1, 0}, Sparse: domain.SparseVectors{"plain": v}}}, 4000)...)
	insert(t, s, "b", chunk("x", 1, 0))
	search(t, s, "b", 1, 1, 0)
	search(t, s, "a", 1, 1, 0)
	if n, _ := openCount(t, s); n != 2 {
		t.Fatalf("%d databases are open before their sparse vectors are searched; want both", n)
	}
	bySparse(t, s, app.Query{Sparse: &domain.SparseQuery{Name: "plain", Vector: v}, K: 1})
	waitFor(t, "room", func() bool {
		n, _ := openCount(t, s)
		return n < 2
	})
}
