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
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// graphEngine is the exact index under another name, so that a test of the way from tail
// to graph can compare every answer with the truth.
type graphEngine struct{ flat.Engine }

func (graphEngine) Name() string { return "graph" }

// openStore opens the store in a file of t's, closed at its end.
func openStore(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatalf("sqlite.Open: %v", err)
	}
	return store
}

// newService returns a service over repo that gives a graph to databases above flatMax.
func newService(t *testing.T, repo ports.ChunkRepository, flatMax int) *app.Service {
	t.Helper()
	s, err := app.New(app.Config{
		Repository: repo, Flat: flat.Engine{}, Engines: []ports.Engine{graphEngine{}},
		FlatMax: func(int) int { return flatMax },
	})
	if err != nil {
		t.Fatalf("app.New: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func open(t *testing.T) *app.Service {
	t.Helper()
	return newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 1<<30)
}

func chunk(text string, v ...float32) domain.Chunk { return domain.Chunk{Text: text, Embedding: v} }

func insert(t *testing.T, s *app.Service, db string, chunks ...domain.Chunk) []int64 {
	t.Helper()
	ids, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: db, Chunks: chunks})
	if err != nil {
		t.Fatalf("Insert: %v", err)
	}
	return ids
}

func search(t *testing.T, s *app.Service, db string, k int, v ...float32) []domain.Hit {
	t.Helper()
	found, err := s.Search(t.Context(), app.Search{
		Database: db, Queries: []app.Query{{Embedding: v, K: k}}, Fields: domain.DefaultFields,
	})
	if err != nil {
		t.Fatalf("Search: %v", err)
	}
	return found.Hits[0]
}

func TestInsertThenSearch(t *testing.T) {
	s := open(t)
	ids := insert(t, s, "a", chunk("east", 1, 0), chunk("north", 0, 1), chunk("north-east", 0.6, 0.6))
	if want := []int64{1, 2, 3}; !slices.Equal(ids, want) {
		t.Fatalf("Insert = %v; want %v", ids, want)
	}
	got := search(t, s, "a", 2, 1, 0)
	want := []domain.Hit{
		{Chunk: domain.Chunk{ID: 1, Text: "east", Sequence: 1}, Score: 1, Distance: 0},
		{Chunk: domain.Chunk{ID: 3, Text: "north-east", Sequence: 3}, Score: 0.6, Distance: 0.4},
	}
	near := cmp.Comparer(func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 })
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("Search (-want +got):\n%s", diff)
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	for round := 1; round <= 3; round++ {
		store := openStore(t, path)
		s, err := app.New(app.Config{Repository: store, Flat: flat.Engine{}})
		if err != nil {
			t.Fatal(err)
		}
		insert(t, s, "a", chunk(fmt.Sprint("round ", round), float32(round), 1))
		if hits := search(t, s, "a", 10, 1, 1); len(hits) != round {
			t.Errorf("round %d: %d hits", round, len(hits))
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
		}
		if _, err := s.Databases(t.Context()); !errors.Is(err, domain.ErrClosed) {
			t.Errorf("Databases after Close: %v; want ErrClosed", err)
		}
	}
}

func TestBadInsertStoresNothing(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	good := chunk("good", 1, 2)
	for name, tc := range map[string]struct {
		db     string
		chunks []domain.Chunk
		kind   error
		says   string
	}{
		"no chunks":        {"a", nil, domain.ErrInvalid, "Chunks array cannot be empty"},
		"empty id":         {"", []domain.Chunk{good}, domain.ErrInvalid, "database_id"},
		"path as id":       {"../a", []domain.Chunk{good}, domain.ErrInvalid, "database_id"},
		"hidden id":        {".a", []domain.Chunk{good}, domain.ErrInvalid, "dot"},
		"quote in id":      {`a"; DROP TABLE databases; --`, []domain.Chunk{good}, domain.ErrInvalid, "database_id"},
		"long id":          {strings.Repeat("a", 129), []domain.Chunk{good}, domain.ErrInvalid, "129"},
		"empty embedding":  {"a", []domain.Chunk{good, chunk("bad")}, domain.ErrInvalid, "chunks[1]"},
		"dims in batch":    {"a", []domain.Chunk{good, chunk("bad", 1, 2, 3)}, domain.ErrDimension, "expected 2, got 3 (chunks[1])"},
		"NaN":              {"a", []domain.Chunk{good, chunk("bad", 1, nan)}, domain.ErrNotFinite, "chunks[1]"},
		"infinity":         {"a", []domain.Chunk{good, chunk("bad", inf, 1)}, domain.ErrNotFinite, "chunks[1]"},
		"overflowing":      {"a", []domain.Chunk{good, chunk("bad", 3e38, 3e38)}, domain.ErrNotFinite, "chunks[1]"},
		"zero in cosine":   {"cos", []domain.Chunk{good, chunk("bad", 0, 0)}, domain.ErrZeroVector, "chunks[1]"},
		"dims of database": {"cos", []domain.Chunk{chunk("bad", 1)}, domain.ErrDimension, "expected 2, got 1"},
		"key twice": {"a", []domain.Chunk{
			{Key: "k", Embedding: []float32{1, 2}}, {Key: "k", Embedding: []float32{1, 2}},
		}, domain.ErrInvalid, "chunks[0]"},
		"key not UTF-8": {"a", []domain.Chunk{{Key: "\xff", Embedding: []float32{1, 2}}}, domain.ErrInvalid, "UTF-8"},
		"case only":     {"COS", []domain.Chunk{good}, domain.ErrConflict, "cos"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			if _, _, err := s.Create(t.Context(), "cos", domain.Settings{Dims: 2, Metric: domain.Cosine}); err != nil {
				t.Fatal(err)
			}
			_, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: tc.db, Chunks: tc.chunks})
			if !errors.Is(err, tc.kind) || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("Insert: %v; want %v that says %q", err, tc.kind, tc.says)
			}
			all, err := s.Databases(t.Context())
			if err != nil || len(all) != 1 || all[0].Chunks != 0 {
				t.Errorf("Databases = %+v, %v; want the empty cos alone", all, err)
			}
		})
	}
}

func TestBadSearch(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("x", 1, 2))
	one := func(q app.Query) app.Search { return app.Search{Database: "a", Queries: []app.Query{q}} }
	for name, tc := range map[string]struct {
		in   app.Search
		kind error
	}{
		"no queries":      {app.Search{Database: "a"}, domain.ErrInvalid},
		"unknown":         {app.Search{Database: "b", Queries: one(app.Query{Embedding: []float32{1}, K: 1}).Queries}, domain.ErrNotFound},
		"k 0":             {one(app.Query{Embedding: []float32{1, 2}}), domain.ErrInvalid},
		"k too large":     {one(app.Query{Embedding: []float32{1, 2}, K: 10_001}), domain.ErrInvalid},
		"negative ef":     {one(app.Query{Embedding: []float32{1, 2}, K: 1, Ef: -1}), domain.ErrInvalid},
		"wrong dims":      {one(app.Query{Embedding: []float32{1}, K: 1}), domain.ErrDimension},
		"empty embedding": {one(app.Query{K: 1}), domain.ErrInvalid},
		"NaN":             {one(app.Query{Embedding: []float32{1, float32(math.NaN())}, K: 1}), domain.ErrNotFinite},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := s.Search(t.Context(), tc.in); !errors.Is(err, tc.kind) {
				t.Errorf("Search: %v; want %v", err, tc.kind)
			}
		})
	}
}

func TestDropAndAgain(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("old", 1, 0))
	if existed, err := s.Drop(t.Context(), "a"); err != nil || !existed {
		t.Fatalf("Drop = %v, %v", existed, err)
	}
	if existed, err := s.Drop(t.Context(), "a"); err != nil || existed {
		t.Fatalf("second Drop = %v, %v", existed, err)
	}
	_, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 1}}})
	if !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Search after Drop: %v; want ErrNotFound", err)
	}
	ids := insert(t, s, "a", chunk("new", 1, 0, 0))
	if !slices.Equal(ids, []int64{1}) {
		t.Errorf("ids after Drop = %v; want [1]", ids)
	}
	if hits := search(t, s, "a", 10, 1, 0, 0); len(hits) != 1 || hits[0].Text != "new" {
		t.Errorf("hits = %+v; want the new chunk alone", hits)
	}
}

func TestDeleteAndReplace(t *testing.T) {
	s := open(t)
	ids := insert(t, s, "a", domain.Chunk{Key: "k", Text: "one", Embedding: []float32{1, 0}}, chunk("two", 0.9, 0))
	again := insert(t, s, "a", domain.Chunk{Key: "k", Text: "uno", Embedding: []float32{0.5, 0}})
	if again[0] != ids[0] {
		t.Errorf("replaced chunk has id %d; want %d", again[0], ids[0])
	}
	if hits := search(t, s, "a", 5, 1, 0); len(hits) != 2 || hits[0].Text != "two" || hits[1].Text != "uno" {
		t.Errorf("hits after replace = %+v", hits)
	}
	if n, err := s.Delete(t.Context(), "a", []int64{ids[1], 99}); err != nil || n != 1 {
		t.Errorf("Delete = %d, %v; want 1", n, err)
	}
	if hits := search(t, s, "a", 5, 1, 0); len(hits) != 1 || hits[0].Text != "uno" {
		t.Errorf("hits after delete = %+v", hits)
	}
	if _, err := s.Chunk(t.Context(), "a", app.Ref{ID: ids[1]}, 0); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Chunk of a deleted id: %v; want ErrNotFound", err)
	}
}

// meddler changes the rows behind a search, between index and rows.
type meddler struct {
	ports.ChunkRepository
	mu     sync.Mutex
	before func() // called before Chunks
}

func (m *meddler) Chunks(ctx context.Context, d domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
	m.mu.Lock()
	before := m.before
	m.mu.Unlock()
	if before != nil && sel.IDs != nil {
		before()
	}
	return m.ChunkRepository.Chunks(ctx, d, sel, f)
}

func (m *meddler) set(before func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = before
}

func TestRowsChangeUnderASearch(t *testing.T) {
	setup := func(t *testing.T) (*meddler, *app.Service) {
		m := &meddler{ChunkRepository: openStore(t, filepath.Join(t.TempDir(), "memista.db"))}
		s := newService(t, m, 1<<30)
		insert(t, s, "a", domain.Chunk{Key: "near", Text: "near", Embedding: []float32{1, 0}}, chunk("mid", 0.5, 0), chunk("far", 0.1, 0))
		search(t, s, "a", 1, 1, 0)
		return m, s
	}
	times := func(n int, fn func(i int)) func() {
		i := 0
		return func() {
			if i++; i <= n {
				fn(i)
			}
		}
	}
	for _, n := range []int{1, 1000} {
		t.Run(fmt.Sprint("deleted ", n), func(t *testing.T) {
			m, s := setup(t)
			m.set(times(1, func(int) {
				if _, err := s.Delete(t.Context(), "a", []int64{1}); err != nil {
					t.Error(err)
				}
			}))
			hits := search(t, s, "a", 2, 1, 0)
			if len(hits) != 2 || hits[0].Text != "mid" || hits[1].Text != "far" {
				t.Errorf("hits = %+v; want mid and far", hits)
			}
		})
		t.Run(fmt.Sprint("replaced ", n), func(t *testing.T) {
			m, s := setup(t)
			var writers sync.WaitGroup
			defer writers.Wait()
			replace := func(i int) {
				v := []float32{-1, float32(i)}
				if _, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{{Key: "near", Text: "moved", Embedding: v}}}); err != nil {
					t.Error(err)
				}
			}
			m.set(times(n, func(i int) {
				if i < app.Rounds {
					replace(i)
					return
				}
				writers.Go(func() { replace(i) }) // the last round makes writers wait
			}))
			hits := search(t, s, "a", 3, 1, 0)
			if len(hits) != 3 {
				t.Errorf("%d hits; want 3", len(hits))
			}
			for _, h := range hits {
				if h.Text == "moved" && h.Distance != 2 || h.Text == "near" {
					t.Errorf("hit %+v does not agree with its row", h)
				}
			}
		})
		t.Run(fmt.Sprint("dropped and made again ", n), func(t *testing.T) {
			m, s := setup(t)
			m.set(times(1, func(int) {
				if _, err := s.Drop(t.Context(), "a"); err != nil {
					t.Error(err)
				}
				insert(t, s, "a", chunk("new life", 0, 1))
			}))
			if hits := search(t, s, "a", 3, 1, 0); len(hits) != 1 || hits[0].Text != "new life" {
				t.Errorf("hits = %+v; want those of the new life", hits)
			}
		})
	}
}

// TestWritersWaitForTheLastRound deletes what a search has found, in every round: only
// while nobody writes can it find k.
func TestWritersWaitForTheLastRound(t *testing.T) {
	const k = 3
	m := &meddler{ChunkRepository: openStore(t, filepath.Join(t.TempDir(), "memista.db"))}
	s := newService(t, m, 1<<30)
	for i := range k + app.Rounds {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(-i), 0))
	}
	var round int64
	var writers sync.WaitGroup
	defer writers.Wait()
	m.set(func() {
		round++
		id := round // the nearest one
		deleted := make(chan struct{})
		writers.Go(func() {
			defer close(deleted)
			if _, err := s.Delete(t.Context(), "a", []int64{id}); err != nil {
				t.Error(err)
			}
		})
		waiting := time.Duration(math.MaxInt64)
		if round == app.Rounds {
			waiting = 200 * time.Millisecond // the delete comes after the search, if it waits
		}
		select {
		case <-deleted:
		case <-time.After(waiting):
		}
	})
	hits := search(t, s, "a", k, 1, 0)
	if len(hits) != k || hits[0].ID != app.Rounds {
		t.Errorf("Search(k=%d) = %+v; want as many, from %d on", k, hits, app.Rounds)
	}
	if round != app.Rounds {
		t.Errorf("%d rounds; want %d", round, app.Rounds)
	}
}

// TestModel compares the service with a map under random operations, on both sides of
// the switch from tail to graph, with restarts.
func TestModel(t *testing.T) {
	const seed = 7
	for _, flatMax := range []int{20, 1 << 30} {
		t.Run(fmt.Sprint("flatMax ", flatMax), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, uint64(flatMax)))
			path := filepath.Join(t.TempDir(), "memista.db")
			m := newModel(t, rng, func() *app.Service { return newService(t, openStore(t, path), flatMax) })
			for range 1500 {
				m.step()
			}
			m.fill(30)
			waitFor(t, "the tail to drain", func() bool {
				d, err := m.s.Database(t.Context(), "m")
				return err == nil && (flatMax > 20 || d.Plan == domain.PlanGraph && d.Tail.Len == 0 && d.Graph.Len == len(m.want))
			})
			m.search()
		})
	}
}

type model struct {
	t    *testing.T
	rng  *rand.Rand
	open func() *app.Service
	s    *app.Service
	want map[int64][]float32
}

func newModel(t *testing.T, rng *rand.Rand, open func() *app.Service) *model {
	return &model{t: t, rng: rng, open: open, s: open(), want: map[int64][]float32{}}
}

func (m *model) vector() []float32 {
	v := make([]float32, 8)
	for i := range v {
		v[i] = float32(m.rng.IntN(64)) / 16
	}
	return v
}

func (m *model) step() {
	switch op := m.rng.IntN(100); {
	case op < 40:
		m.insert()
	case op < 55:
		m.delete()
	case op < 98:
		m.search()
	case op < 99:
		if err := m.s.Close(); err != nil {
			m.t.Fatal(err)
		}
		m.s = m.open()
	default:
		if _, err := m.s.Drop(m.t.Context(), "m"); err != nil {
			m.t.Fatal(err)
		}
		clear(m.want)
	}
}

func (m *model) insert() {
	chunks := make([]domain.Chunk, 1+m.rng.IntN(12))
	seen := map[string]bool{}
	for i := range chunks {
		key := fmt.Sprint(m.rng.IntN(200))
		if seen[key] {
			key = ""
		}
		seen[key] = true
		chunks[i] = domain.Chunk{Key: key, Embedding: m.vector()}
	}
	ids, err := m.s.Insert(m.t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "m", Chunks: chunks})
	if err != nil {
		m.t.Fatal(err)
	}
	for i, id := range ids {
		m.want[id] = chunks[i].Embedding
	}
}

// fill inserts until at least n chunks are there.
func (m *model) fill(n int) {
	for len(m.want) < n {
		m.insert()
	}
}

// waitFor polls until done, for at most a minute.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

func (m *model) delete() {
	var ids []int64
	for id := range m.want {
		if ids = append(ids, id); len(ids) == 5 {
			break
		}
	}
	if len(ids) == 0 {
		return
	}
	n, err := m.s.Delete(m.t.Context(), "m", ids)
	if err != nil || n != len(ids) {
		m.t.Fatalf("Delete = %d, %v; want %d", n, err, len(ids))
	}
	for _, id := range ids {
		delete(m.want, id)
	}
}

func (m *model) search() {
	q, k := m.vector(), 1+m.rng.IntN(20)
	found, err := m.s.Search(m.t.Context(), app.Search{Database: "m", Queries: []app.Query{{Embedding: q, K: k}}})
	if errors.Is(err, domain.ErrNotFound) && len(m.want) == 0 {
		return
	}
	if err != nil {
		m.t.Fatal(err)
	}
	var want, got []domain.Neighbor
	for id, v := range m.want {
		want = append(want, domain.Neighbor{ID: id, Distance: domain.InnerProduct.Distance(q, v)})
	}
	slices.SortFunc(want, domain.Neighbor.Compare)
	want = want[:min(k, len(want))]
	for _, h := range found.Hits[0] {
		got = append(got, domain.Neighbor{ID: h.ID, Distance: h.Distance})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Fatalf("Search(k=%d) (-want +got):\n%s", k, diff)
	}
}

// plan waits for database id to be served by a plan, with nothing left to move.
func plan(t *testing.T, s *app.Service, id string, want domain.Plan) {
	t.Helper()
	waitFor(t, "plan "+string(want), func() bool {
		d, err := s.Database(t.Context(), id)
		return err == nil && d.Open && d.Plan == want && (want == domain.PlanFlat || d.Tail.Len == 0)
	})
}

func TestGrowsAndShrinks(t *testing.T) {
	s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 20)
	for round := range 3 {
		var ids []int64
		for i := range 100 {
			ids = append(ids, insert(t, s, "a", chunk(fmt.Sprint(round, " ", i), float32(i), 1))...)
		}
		plan(t, s, "a", domain.PlanGraph)
		if hits := search(t, s, "a", 100, 1, 0); len(hits) != 100 || hits[0].ID != ids[99] {
			t.Fatalf("round %d: %d hits, the first %+v", round, len(hits), hits[0])
		}
		if _, err := s.Delete(t.Context(), "a", ids[5:]); err != nil {
			t.Fatal(err)
		}
		plan(t, s, "a", domain.PlanFlat)
		if hits := search(t, s, "a", 100, 1, 0); len(hits) != 5 || hits[0].ID != ids[4] {
			t.Fatalf("round %d, small again: %+v", round, hits)
		}
		if _, err := s.Delete(t.Context(), "a", ids[:5]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAcknowledgedIsFound has writers that search for what they have just stored, while
// others write, replace, delete and drop.
func TestAcknowledgedIsFound(t *testing.T) {
	for _, flatMax := range []int{50, 1 << 30} {
		t.Run(fmt.Sprint("flatMax ", flatMax), func(t *testing.T) {
			s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), flatMax)
			var wg sync.WaitGroup
			for w := range 8 {
				wg.Go(func() { storeAndFind(t, s, w) })
			}
			wg.Go(func() {
				for range 10 {
					if err := s.Rebuild(t.Context(), "a"); err != nil && !errors.Is(err, domain.ErrBusy) && !errors.Is(err, domain.ErrNotFound) {
						t.Error(err)
					}
				}
			})
			wg.Go(func() {
				for range 20 {
					insert(t, s, "other", chunk("x", 1, 2, 3))
					if _, err := s.Drop(t.Context(), "other"); err != nil {
						t.Error(err)
					}
				}
			})
			wg.Wait()
		})
	}
}

// storeAndFind inserts and replaces chunks in a direction of its own and expects to find
// each at once, and a deleted one no more.
func storeAndFind(t *testing.T, s *app.Service, w int) {
	v := func(x float32) []float32 {
		v := make([]float32, 8)
		v[w] = x
		return v
	}
	for i := range 60 {
		key := fmt.Sprintf("%d-%d", w, i)
		var id int64
		for version := range 3 {
			text := fmt.Sprint(key, " version ", version)
			in := app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{{Key: key, Text: text, Embedding: v(float32(1 + 1000*i + version))}}}
			ids, err := s.Insert(t.Context(), in)
			if err != nil {
				t.Error(err)
				return
			}
			id = ids[0]
			found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: v(1), K: 1}}, Fields: domain.DefaultFields})
			if err != nil || len(found.Hits[0]) != 1 || found.Hits[0][0].Text != text {
				t.Errorf("after Insert of %q: Search = %+v, %v", text, found.Hits, err)
				return
			}
		}
		if i%3 != 0 {
			continue
		}
		if n, err := s.Delete(t.Context(), "a", []int64{id}); err != nil || n != 1 {
			t.Errorf("Delete(%d) = %d, %v", id, n, err)
			return
		}
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: v(1), K: 1}}, Fields: domain.DefaultFields})
		if err != nil || len(found.Hits[0]) == 1 && found.Hits[0][0].ID == id {
			t.Errorf("after Delete(%d): Search = %+v, %v", id, found.Hits, err)
			return
		}
	}
}
