package app_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// optionalModel compares a database whose chunks need no embedding with what it should have.
type optionalModel struct {
	t      *testing.T
	rng    *rand.Rand
	s      *app.Service
	metric domain.Metric
	want   map[int64]domain.Chunk
}

// vector is one with a direction, one of length zero, or none.
func (m *optionalModel) vector() []float32 {
	switch m.rng.IntN(10) {
	case 0, 1, 2, 3:
		return nil
	case 4:
		return make([]float32, 6)
	}
	v := make([]float32, 6)
	for i := range v {
		v[i] = float32(m.rng.NormFloat64())
	}
	return v
}

func (m *optionalModel) chunk() domain.Chunk {
	c := object(fmt.Sprintf(`{"g":%d}`, m.rng.IntN(4)))
	c.Embedding = m.vector()
	return c
}

func (m *optionalModel) insert(n int) {
	m.t.Helper()
	chunks := make([]domain.Chunk, n)
	used := map[string]bool{}
	for i := range chunks {
		chunks[i] = m.chunk()
		if key := fmt.Sprint(m.rng.IntN(300)); !used[key] {
			chunks[i].Key, used[key] = key, true
		}
	}
	for i, id := range put(m.t, m.s, "m", chunks...) {
		chunks[i].ID = id
		m.want[id] = chunks[i]
	}
}

// one returns the id of some chunk.
func (m *optionalModel) one() int64 {
	ids := make([]int64, 0, len(m.want))
	for id := range m.want {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids[m.rng.IntN(len(ids))]
}

func (m *optionalModel) step() {
	m.t.Helper()
	switch op := m.rng.IntN(10); {
	case op < 3 || len(m.want) < 20:
		m.insert(1 + m.rng.IntN(20))
	case op < 5:
		id := m.one()
		v := m.vector()
		for v == nil {
			v = m.vector()
		}
		if _, err := m.s.Patch(m.t.Context(), "m", app.Ref{ID: id}, app.Patch{Embedding: v}); err != nil {
			m.t.Fatal(err)
		}
		c := m.want[id]
		c.Embedding = v
		m.want[id] = c
	case op < 6:
		id := m.one()
		if n, err := m.s.Delete(m.t.Context(), "m", []int64{id}); err != nil || n != 1 {
			m.t.Fatal(n, err)
		}
		delete(m.want, id)
	default:
		m.check()
	}
}

// check asks for the nearest, with and without a filter.
func (m *optionalModel) check() {
	m.t.Helper()
	q := []float32{1, 2, 3, -1, -2, float32(m.rng.NormFloat64())}
	query := app.Query{Embedding: q, K: 1 + m.rng.IntN(60), Exact: true}
	if m.rng.IntN(3) > 0 {
		query.Filter = filter(m.t, fmt.Sprintf(`{"g":{"$in":[%d,%d]}}`, m.rng.IntN(4), m.rng.IntN(4)))
	}
	set := domain.Settings{OptionalEmbeddings: true, Metric: m.metric}
	var want []int64
	selected := 0
	for id, c := range m.want {
		if query.Filter != nil && !query.Filter.Matches(&c) {
			continue
		}
		selected++
		if set.Searchable(c.Embedding) {
			want = append(want, id)
		}
	}
	slices.SortFunc(want, func(a, b int64) int {
		near := func(id int64) float32 { return m.metric.Distance(q, m.want[id].Embedding) }
		return cmp.Or(cmp.Compare(near(a), near(b)), cmp.Compare(a, b))
	})
	want = want[:min(query.K, len(want))]
	found, err := m.s.Search(m.t.Context(), app.Search{Database: "m", Queries: []app.Query{query}})
	if err != nil {
		m.t.Fatal(err)
	}
	if diff := gocmp.Diff(want, hitIDs(found.Hits[0])); diff != "" {
		m.t.Fatalf("Search(k=%d, filter=%v) of %d (-want +got):\n%s", query.K, query.Filter != nil, len(m.want), diff)
	}
	if r := found.Explain[0].Rounds; r != 1 {
		m.t.Fatalf("Search took %d rounds; want 1, as nobody writes", r)
	}
	if n, err := m.s.Count(m.t.Context(), "m", query.Filter); err != nil || int(n) != selected {
		m.t.Fatalf("Count = %d, %v; want %d", n, err, selected)
	}
}

// stored compares all rows.
func (m *optionalModel) stored() {
	m.t.Helper()
	page, err := m.s.List(m.t.Context(), app.List{Database: "m", Limit: 10_000, Fields: domain.DefaultFields | domain.FieldEmbedding})
	if err != nil {
		m.t.Fatal(err)
	}
	got := map[int64]domain.Chunk{}
	for _, c := range page.Chunks {
		c.Sequence = 0
		got[c.ID] = c
	}
	if diff := gocmp.Diff(m.want, got); diff != "" {
		m.t.Fatalf("List (-want +got):\n%s", diff)
	}
}

// TestOptionalEmbeddingsAgainstAModel writes, patches and deletes chunks with and without
// embedding, and restarts with the graph in its file.
func TestOptionalEmbeddingsAgainstAModel(t *testing.T) {
	const seed = 11
	for _, metric := range domain.Metrics {
		t.Run(string(metric), func(t *testing.T) {
			st := &station{t: t, dir: t.TempDir()}
			m := &optionalModel{t: t, rng: rand.New(rand.NewPCG(seed, 1)), s: st.start(), metric: metric, want: map[int64]domain.Chunk{}}
			createOptional(t, m.s, "m", domain.Settings{Metric: metric})
			put(t, m.s, "m", domain.Chunk{})
			m.want[1] = domain.Chunk{ID: 1}
			for range 10 {
				m.insert(50)
			}
			for round := range 6 {
				for range 40 {
					m.step()
				}
				m.stored()
				plan(t, m.s, "m", domain.PlanGraph)
				m.check()
				st.stop(m.s)
				m.s = st.start()
				if round%2 == 1 {
					m.insert(30) // before the index is read
				}
				m.check()
				if st.opened.restored != 1 || st.opened.made != 0 {
					t.Errorf("round %d: %d restored, %d made; want the file to be used", round, st.opened.restored, st.opened.made)
				}
			}
			if report := verify(t, m.s, false); len(report.Findings)+len(report.Notes) > 0 {
				t.Errorf("Verify = %+v; want nothing", report)
			}
			if err := m.s.Rebuild(t.Context(), "m"); err != nil {
				t.Fatal(err)
			}
			m.check()
			st.stop(m.s)
			if got := st.reports(); got != "<nil>" {
				t.Errorf("reported: %s", got)
			}
		})
	}
}
