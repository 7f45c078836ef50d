package app_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// station is a data directory whose service can be stopped and started.
type station struct {
	t        *testing.T
	dir      string
	alone    bool
	exact    ports.BufferEngine // nil: flat
	graphs   ports.Engine       // nil: hnsw, counted
	opened   *counting
	mu       sync.Mutex
	reported []error
}

// counting is the hnsw engine, and counts how it came to its indexes.
type counting struct {
	hnsw.Engine
	mu       sync.Mutex
	made     int
	restored int
}

func (c *counting) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	c.mu.Lock()
	c.made++
	c.mu.Unlock()
	return c.Engine.New(s)
}

func (c *counting) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	ix, snap, err := c.Engine.Open(path, s, life)
	if err == nil {
		c.mu.Lock()
		c.restored++
		c.mu.Unlock()
	}
	return ix, snap, err
}

func (st *station) start() *app.Service {
	st.t.Helper()
	st.opened = &counting{}
	graphs := st.graphs
	if graphs == nil {
		graphs = st.opened
	}
	exact := st.exact
	if exact == nil {
		exact = flat.Engine{}
	}
	s, err := app.New(app.Config{
		Repository: openStore(st.t, filepath.Join(st.dir, "memista.db")), Flat: exact,
		Engines: []ports.Engine{graphs}, FlatMax: func(int) int { return 100 }, Files: indexdir.Dir(st.dir), OwnsFiles: st.alone,
		Report: func(id string, err error) {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.reported = append(st.reported, fmt.Errorf("%s: %w", id, err))
		},
	})
	if err != nil {
		st.t.Fatal(err)
	}
	return s
}

func (st *station) stop(s *app.Service) {
	st.t.Helper()
	if err := s.Close(); err != nil {
		st.t.Fatalf("Close: %v", err)
	}
}

func (st *station) reports() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return fmt.Sprint(errors.Join(st.reported...))
}

// grow inserts n chunks in directions of their own, remembers them in m, and checks that
// all are found.
func (m *model) grow(n int) {
	m.t.Helper()
	m.growQuietly(n)
	m.all() // which opens the database, if nobody has
}

// growQuietly is grow without the check.
func (m *model) growQuietly(n int) {
	m.t.Helper()
	if n == 0 {
		return
	}
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i].Embedding = m.vector()
	}
	ids, err := m.s.Insert(m.t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "m", Chunks: chunks})
	if err != nil {
		m.t.Fatal(err)
	}
	for i, id := range ids {
		m.want[id] = chunks[i].Embedding
	}
}

// all checks that a search for everything finds every chunk, with the right distance.
func (m *model) all() {
	m.t.Helper()
	q := m.vector()
	found, err := m.s.Search(m.t.Context(), app.Search{Database: "m", Queries: []app.Query{{Embedding: q, K: len(m.want) + 10, Exact: true}}})
	if err != nil {
		m.t.Fatal(err)
	}
	if len(found.Hits[0]) != len(m.want) {
		got := map[int64]bool{}
		for _, h := range found.Hits[0] {
			got[h.ID] = true
		}
		var missing []int64
		for id := range m.want {
			if !got[id] {
				missing = append(missing, id)
			}
		}
		info, err := m.s.Database(m.t.Context(), "m")
		m.t.Fatalf("%d hits; want %d; missing %v of %+v, %v", len(found.Hits[0]), len(m.want), missing, info, err)
	}
	for _, h := range found.Hits[0] {
		v, live := m.want[h.ID]
		if d := domain.InnerProduct.Distance(q, v); !live || d-h.Distance > 1e-4 || h.Distance-d > 1e-4 {
			m.t.Fatalf("hit %d at %v; want one that is live (%v) at %v", h.ID, h.Distance, live, d)
		}
	}
}

func TestGraphSurvivesARestart(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rand.New(rand.NewPCG(3, 4)), st.start)
	m.grow(500)
	plan(t, m.s, "m", domain.PlanGraph)
	for round := range 4 {
		st.stop(m.s)
		if _, err := os.Stat(filepath.Join(st.dir, "m.hnsw")); err != nil {
			t.Fatal(err)
		}
		// One start changes rows without ever opening the index: what it did is replayed.
		m.s = st.start()
		if round%2 == 1 {
			m.delete()
			m.grow(30)
			m.insert()
		}
		m.all()
		if st.opened.restored != 1 || st.opened.made != 0 {
			t.Errorf("round %d: %d restored, %d made; want the file to be used", round, st.opened.restored, st.opened.made)
		}
		plan(t, m.s, "m", domain.PlanGraph)
		m.all()
	}
	st.stop(m.s)
	if got := st.reports(); got != "<nil>" {
		t.Errorf("reported: %s", got)
	}
}

func TestDoubtfulIndexFileIsMadeAnew(t *testing.T) {
	file := "m.hnsw"
	for name, harm := range map[string]func(t *testing.T, st *station, m *model){
		"missing": func(t *testing.T, st *station, _ *model) { remove(t, filepath.Join(st.dir, file)) },
		"torn": func(t *testing.T, st *station, _ *model) {
			if err := os.Truncate(filepath.Join(st.dir, file), 9000); err != nil {
				t.Fatal(err)
			}
		},
		"flipped": func(t *testing.T, st *station, _ *model) {
			spoil(t, filepath.Join(st.dir, file), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		},
		"of an earlier life": func(t *testing.T, st *station, m *model) {
			old, err := os.ReadFile(filepath.Join(st.dir, file))
			if err != nil {
				t.Fatal(err)
			}
			m.s = st.start()
			if _, err := m.s.Drop(t.Context(), "m"); err != nil {
				t.Fatal(err)
			}
			clear(m.want)
			m.grow(500)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			spoil(t, filepath.Join(st.dir, file), func([]byte) []byte { return old })
		},
		"newer than the rows": func(t *testing.T, st *station, m *model) {
			rows := copyOf(t, filepath.Join(st.dir, "memista.db"))
			want := map[int64][]float32{}
			for id, v := range m.want {
				want[id] = v
			}
			m.s = st.start()
			m.grow(200)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			spoil(t, filepath.Join(st.dir, "memista.db"), func([]byte) []byte { return rows })
			m.want = want
		},
		"of rows that took another way": func(t *testing.T, st *station, m *model) {
			rows := copyOf(t, filepath.Join(st.dir, "memista.db"))
			want := map[int64][]float32{}
			for id, v := range m.want {
				want[id] = v
			}
			m.s = st.start()
			m.grow(200)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			newer := copyOf(t, filepath.Join(st.dir, file))
			spoil(t, filepath.Join(st.dir, "memista.db"), func([]byte) []byte { return rows })
			m.want = want
			m.s = st.start()
			m.grow(300)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			spoil(t, filepath.Join(st.dir, file), func([]byte) []byte { return newer })
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := &station{t: t, dir: t.TempDir()}
			m := newModel(t, rand.New(rand.NewPCG(5, 6)), st.start)
			m.grow(500)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			harm(t, st, m)
			m.s = st.start()
			m.all()
			plan(t, m.s, "m", domain.PlanGraph)
			m.all()
			if st.opened.restored != 0 && name != "newer than the rows" && name != "of rows that took another way" || st.opened.made != 1 {
				t.Errorf("%d restored, %d made; want the graph to be made anew", st.opened.restored, st.opened.made)
			}
			st.stop(m.s)
			m.s = st.start()
			m.all()
			if st.opened.restored != 1 {
				t.Errorf("the new file was not used")
			}
			st.stop(m.s)
		})
	}
}

// TestNoGraphNoFile has a database become too small for the graph it has in a file.
func TestNoGraphNoFile(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	s := st.start()
	ids := make([]int64, 0, 500)
	for i := range 500 {
		ids = append(ids, insert(t, s, "m", chunk("x", float32(i), 1))...)
	}
	plan(t, s, "m", domain.PlanGraph)
	st.stop(s)
	file := filepath.Join(st.dir, "m.hnsw")
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	s = st.start()
	search(t, s, "m", 1, 1, 0)
	if _, err := s.Delete(t.Context(), "m", ids[10:]); err != nil {
		t.Fatal(err)
	}
	plan(t, s, "m", domain.PlanFlat)
	waitFor(t, "the file to go", func() bool {
		_, err := os.Stat(file)
		return errors.Is(err, os.ErrNotExist)
	})
	for i := range 500 { // it has one again
		insert(t, s, "m", chunk("y", float32(i), 1))
	}
	plan(t, s, "m", domain.PlanGraph)
	st.stop(s)
	s = st.start()
	if hits := search(t, s, "m", 600, 1, 0); len(hits) != 510 || st.opened.restored != 1 {
		t.Errorf("%d hits, %d index files used; want 510 and the new file", len(hits), st.opened.restored)
	}
	st.stop(s)
	if got := st.reports(); got != "<nil>" {
		t.Errorf("reported: %s", got)
	}
}

func TestForeignIndexFileIsLeftAlone(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	foreign := []byte(strings.Repeat("vectors of somebody else ", 1000))
	path := filepath.Join(st.dir, "m.hnsw")
	if err := os.WriteFile(path, foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	m := newModel(t, rand.New(rand.NewPCG(7, 8)), st.start)
	m.grow(500)
	plan(t, m.s, "m", domain.PlanGraph)
	m.all()
	st.stop(m.s)
	if got := st.reports(); !strings.Contains(got, "not a memista file") {
		t.Errorf("reported %s; want that the index could not be saved", got)
	}
	m.s = st.start()
	m.all()
	if _, err := m.s.Drop(t.Context(), "m"); err != nil {
		t.Fatal(err)
	}
	st.stop(m.s)
	if got := copyOf(t, path); string(got) != string(foreign) {
		t.Error("the foreign file was changed")
	}
}

func TestDropRemovesTheIndexFile(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rand.New(rand.NewPCG(9, 10)), st.start)
	m.grow(500)
	plan(t, m.s, "m", domain.PlanGraph)
	st.stop(m.s)
	m.s = st.start()
	if _, err := m.s.Drop(t.Context(), "m"); err != nil {
		t.Fatal(err)
	}
	st.stop(m.s)
	if _, err := os.Stat(filepath.Join(st.dir, "m.hnsw")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Stat of the index file of a dropped database: %v", err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func copyOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spoil replaces the bytes of a file.
func spoil(t *testing.T, path string, fn func([]byte) []byte) {
	t.Helper()
	if err := os.WriteFile(path, fn(copyOf(t, path)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStatisticsOfAGraphThatWasKept(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	s := st.start()
	r := rand.New(rand.NewPCG(5, 5))
	chunks := make([]domain.Chunk, 300)
	for i := range chunks {
		chunks[i].Embedding = []float32{r.Float32(), r.Float32()}
	}
	insert(t, s, "d", chunks...)
	search(t, s, "d", 1, 1, 0)
	if err := s.Rebuild(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	st.stop(s)
	s = st.start()
	defer st.stop(s)
	info, err := s.Database(t.Context(), "d")
	if err != nil || info.Open || info.IndexFile == 0 || info.Searched != 0 {
		t.Errorf("before its first use: %+v, %v; want a file and nothing in memory", info, err)
	}
	search(t, s, "d", 1, 1, 0)
	info, err = s.Database(t.Context(), "d")
	if err != nil || info.Searched != 300 || info.Indexed != 300 || info.Saved != 300 || info.IndexFile == 0 {
		t.Errorf("after its first use: %+v, %v; want everything searched, indexed and saved up to 300", info, err)
	}
}
