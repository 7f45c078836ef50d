//go:build unix

package faults_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// twin is what a database must hold: a map.
type twin struct {
	name   string
	metric domain.Metric
	there  bool
	rows   map[int64]domain.Chunk
	keys   map[string]int64
	ids    []int64 // of rows, in any order
}

// model performs random operations on the service and on twins, and compares.
type model struct {
	t     *testing.T
	rng   *rand.Rand
	st    *station
	twins []*twin
	next  int64

	searches, found, wanted int // of searches in graphs: hits that are right, and hits there should be
	restarts                int
}

const modelDims = 8

// TestModel performs random operations, with restarts in between, on a service over
// SQLite and graphs, and compares every answer with maps and brute force.
func TestModel(t *testing.T) {
	ops := rounds(t, 8_000, 1_000_000)
	m := &model{t: t, rng: seeded(t), st: &station{t: t, dir: t.TempDir()}}
	for _, metric := range domain.Metrics {
		m.twins = append(m.twins, &twin{name: "m-" + string(metric), metric: metric})
	}
	m.st.open()
	defer func() { m.st.close() }()
	for op := range ops {
		m.step()
		if t.Failed() {
			t.Fatalf("operation %d", op)
		}
	}
	for _, w := range m.twins {
		m.all(w)
	}
	if err := m.st.reports(); err != nil {
		t.Errorf("reported: %v", err)
	}
	recall := float64(m.found) / float64(max(m.wanted, 1))
	t.Logf("%d searches, %d restarts; mean recall of those not exact %.4f", m.searches, m.restarts, recall)
	if recall < 0.98 {
		t.Errorf("mean recall %.4f; want at least 0.98", recall)
	}
	failures := 0
	if t.Failed() {
		failures = 1
	}
	result(t, ops, "operations compared with a model", failures)
}

func (m *model) step() {
	w := m.twins[m.rng.IntN(len(m.twins))]
	switch roll := m.rng.IntN(10_000); {
	case roll < 3:
		m.restart(false)
	case roll < 6:
		m.restart(true)
	case roll < 10:
		m.drop(w)
	case !w.there:
		m.create(w)
	case roll < 20:
		m.all(w)
	case roll < 3000 && len(w.rows) < 500, len(w.rows) == 0:
		m.insert(w, m.st.svc.Insert)
	case roll < 5000:
		m.delete(w)
	case roll < 6000:
		m.get(w)
	default:
		m.search(w)
	}
}

func (m *model) create(w *twin) {
	if _, made, err := m.st.svc.Create(m.t.Context(), w.name, domain.Settings{Metric: w.metric}); err != nil || !made {
		m.t.Errorf("Create(%s) = %t, %v", w.name, made, err)
	}
	w.there, w.rows, w.keys, w.ids = true, map[int64]domain.Chunk{}, map[string]int64{}, nil
}

func (m *model) drop(w *twin) {
	existed, err := m.st.svc.Drop(m.t.Context(), w.name)
	if err != nil || existed != w.there {
		m.t.Errorf("Drop(%s) = %t, %v; want %t", w.name, existed, err, w.there)
	}
	w.there = false
}

// restart closes the service and opens it again; behind changes rows meanwhile without
// the index, as a server does that is killed before it saves one.
func (m *model) restart(behind bool) {
	m.restarts++
	m.st.close()
	if behind {
		m.behind()
	}
	m.st.open()
	m.st.verified()
}

func (m *model) behind() {
	store, err := sqlite.Open(m.t.Context(), filepath.Join(m.st.dir, "memista.db"), &sqlite.Options{Durability: "normal"})
	if err != nil {
		m.t.Fatal(err)
	}
	for range 1 + m.rng.IntN(20) {
		w := m.twins[m.rng.IntN(len(m.twins))]
		if !w.there || len(w.rows) == 0 {
			continue
		}
		if m.rng.IntN(3) == 0 {
			id := w.ids[m.rng.IntN(len(w.ids))]
			if _, err := store.Write(m.t.Context(), domain.Batch{Database: w.name, Delete: []int64{id}}, nil); err != nil {
				m.t.Error(err)
			}
			w.remove(id)
			continue
		}
		m.insert(w, func(ctx context.Context, in app.Insert) ([]int64, error) {
			c, err := store.Write(ctx, domain.Batch{Database: in.Database, Put: in.Chunks, OnConflict: in.OnConflict}, nil)
			return c.IDs, err
		})
	}
	if err := store.Close(); err != nil {
		m.t.Error(err)
	}
}

// chunk makes a chunk; one in twenty has the vector of another, so that there are ties.
func (m *model) chunk(w *twin, key string) domain.Chunk {
	m.next++
	c := content(w.name, modelDims, m.next)
	out := domain.Chunk{Key: key, Text: c.Text, Embedding: c.Embedding}
	if len(c.Metadata) > 0 {
		out.Metadata = domain.MetadataString(string(c.Metadata))
	}
	if len(w.ids) > 0 && m.rng.IntN(20) == 0 {
		out.Embedding = w.rows[w.ids[m.rng.IntN(len(w.ids))]].Embedding
	}
	return out
}

func (m *model) insert(w *twin, store func(context.Context, app.Insert) ([]int64, error)) {
	in := app.Insert{Database: w.name, OnConflict: domain.Conflict(m.rng.IntN(3))}
	conflict := false
	used := map[string]bool{}
	for range 1 + m.rng.IntN(6) {
		key := ""
		if m.rng.IntN(2) == 0 {
			key = fmt.Sprint("k", m.rng.IntN(200))
		}
		if used[key] {
			key = ""
		}
		used[key] = key != ""
		_, exists := w.keys[key]
		conflict = conflict || key != "" && exists
		in.Chunks = append(in.Chunks, m.chunk(w, key))
	}
	ids, err := store(m.t.Context(), in)
	if conflict && in.OnConflict == domain.Refuse {
		if !errors.Is(err, domain.ErrConflict) {
			m.t.Errorf("Insert of keys that exist = %v, %v; want a conflict", ids, err)
		}
		return
	}
	if err != nil || len(ids) != len(in.Chunks) {
		m.t.Errorf("Insert = %v, %v; want %d ids", ids, err, len(in.Chunks))
		return
	}
	for i, id := range ids {
		c := in.Chunks[i]
		old, exists := w.keys[c.Key]
		if exists = exists && c.Key != ""; exists && old != id {
			m.t.Errorf("Insert of key %q gave id %d; want %d", c.Key, id, old)
		}
		if exists && in.OnConflict == domain.Skip {
			continue
		}
		if _, taken := w.rows[id]; taken && !exists {
			m.t.Errorf("Insert gave id %d, which is another's", id)
		}
		w.put(id, c)
	}
}

func (w *twin) put(id int64, c domain.Chunk) {
	if _, there := w.rows[id]; !there {
		w.ids = append(w.ids, id)
	}
	w.rows[id] = c
	if c.Key != "" {
		w.keys[c.Key] = id
	}
}

func (w *twin) remove(id int64) {
	if key := w.rows[id].Key; key != "" {
		delete(w.keys, key)
	}
	delete(w.rows, id)
	at := slices.Index(w.ids, id)
	w.ids[at] = w.ids[len(w.ids)-1]
	w.ids = w.ids[:len(w.ids)-1]
}

func (m *model) delete(w *twin) {
	var ids []int64
	want := map[int64]bool{}
	for range 1 + m.rng.IntN(6) {
		id := int64(1 + m.rng.IntN(1000))
		if m.rng.IntN(4) > 0 {
			id = w.ids[m.rng.IntN(len(w.ids))]
		}
		ids = append(ids, id)
		if _, there := w.rows[id]; there {
			want[id] = true
		}
	}
	n, err := m.st.svc.Delete(m.t.Context(), w.name, ids)
	if err != nil || n != len(want) {
		m.t.Errorf("Delete(%v) = %d, %v; want %d", ids, n, err, len(want))
	}
	for id := range want {
		w.remove(id)
	}
}

func (m *model) get(w *twin) {
	id := w.ids[m.rng.IntN(len(w.ids))]
	if m.rng.IntN(5) == 0 {
		id = int64(1 + m.rng.IntN(3000))
	}
	got, err := m.st.svc.Chunk(m.t.Context(), w.name, app.Ref{ID: id}, domain.DefaultFields|domain.FieldEmbedding)
	want, there := w.rows[id]
	if !there {
		if !errors.Is(err, domain.ErrNotFound) {
			m.t.Errorf("Chunk(%d) = %+v, %v; want it not to be found", id, got, err)
		}
		return
	}
	if err != nil || got.Key != want.Key || got.Text != want.Text || got.Metadata != want.Metadata || !slices.EqualFunc(got.Embedding, want.Embedding, sameBits) {
		m.t.Errorf("Chunk(%d) = %+v, %v; want %+v", id, got, err, want)
	}
}

func (m *model) search(w *twin) {
	m.searches++
	m.next++
	q := app.Query{Embedding: content("query", modelDims, m.next).Embedding, K: 1 + m.rng.IntN(40), Exact: m.rng.IntN(2) == 0}
	near := w.near(q.Embedding)[:min(q.K, len(w.rows))]
	right := m.compare(w, q, near)
	if !q.Exact {
		m.found += right
		m.wanted += len(near)
	}
}

// all compares all rows and the index at once.
func (m *model) all(w *twin) {
	if !w.there || len(w.rows) == 0 {
		return
	}
	q := app.Query{Embedding: content("query", modelDims, m.next).Embedding, K: len(w.rows) + 10, Exact: true}
	m.compare(w, q, w.near(q.Embedding))
	info, err := m.st.svc.Database(m.t.Context(), w.name)
	if err != nil || info.Chunks != int64(len(w.rows)) {
		m.t.Errorf("Database(%s) = %+v, %v; want %d chunks", w.name, info, err, len(w.rows))
	}
}

// near returns all rows by their distance.
func (w *twin) near(q []float32) []domain.Neighbor {
	list := make([]domain.Neighbor, 0, len(w.rows))
	for id := range maps.Keys(w.rows) {
		list = append(list, domain.Neighbor{ID: id, Distance: float32(distance(string(w.metric), q, w.rows[id].Embedding))})
	}
	slices.SortFunc(list, domain.Neighbor.Compare)
	return list
}

// compare asks q and returns how many of the hits are among the nearest.
func (m *model) compare(w *twin, q app.Query, want []domain.Neighbor) (right int) {
	m.t.Helper()
	got, err := m.st.svc.Search(m.t.Context(), app.Search{Database: w.name, Queries: []app.Query{q}, Fields: domain.DefaultFields})
	if err != nil {
		m.t.Errorf("Search in %s: %v", w.name, err)
		return 0
	}
	hits := got.Hits[0]
	if len(hits) != min(len(want), q.K) {
		m.t.Errorf("Search in %s, k %d, exact %t: %d hits; want %d", w.name, q.K, q.Exact, len(hits), min(len(want), q.K))
		return 0
	}
	seen := map[int64]bool{}
	for i, h := range hits {
		row, live := w.rows[h.ID]
		if d := distance(string(w.metric), q.Embedding, row.Embedding); !live || seen[h.ID] || h.Text != row.Text || h.Key != row.Key || !near(h.Distance, d) {
			m.t.Errorf("Search in %s: hit %d (live: %t, twice: %t) %.30q at %v; want %.30q at %v", w.name, h.ID, live, seen[h.ID], h.Text, h.Distance, row.Text, d)
		}
		seen[h.ID] = true
		if i > 0 && (domain.Neighbor{ID: h.ID, Distance: h.Distance}).Less(domain.Neighbor{ID: hits[i-1].ID, Distance: hits[i-1].Distance}) {
			m.t.Errorf("Search in %s: hits %d and %d are not in order", w.name, i-1, i)
		}
		if near(h.Distance, float64(want[i].Distance)) {
			right++
		} else if q.Exact {
			m.t.Errorf("exact search in %s: hit %d is %d at %v; want %v", w.name, i, h.ID, h.Distance, want[i])
		}
	}
	return right
}
