package indextest

import (
	"context"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const (
	smallDims = 16 // of rules that are not about numbers
	k10       = 10 // neighbors where the number does not matter
)

// suite is one rule being run under one metric.
type suite struct {
	testing.TB
	cfg    Config
	metric domain.Metric
	seed   uint64
	rng    *rand.Rand
	errors atomic.Int64
}

// maxErrors is how many complaints of one rule are printed: a wrong engine is often
// wrong a hundred thousand times.
const maxErrors = 20

// Errorf reports a complaint, unless there are more than enough.
func (s *suite) Errorf(format string, args ...any) {
	s.Helper()
	switch n := s.errors.Add(1); {
	case n <= maxErrors:
		s.TB.Errorf(format, args...)
	case n == maxErrors+1:
		s.TB.Errorf("further complaints are left out")
	}
}

func newSuite(t testing.TB, cfg Config, m domain.Metric) *suite {
	seed := uint64(number(t, "MEMISTA_SEED", 0, 20261122))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d, engine %s, metric %s", seed, cfg.Engine.Name(), m)
		}
	})
	return &suite{TB: t, cfg: cfg, metric: m, seed: seed, rng: rand.New(rand.NewPCG(seed, 1))}
}

// settings returns the settings for an index of the given dimension.
func (s *suite) settings(dims int) ports.IndexSettings {
	set := s.cfg.Settings
	set.Metric, set.Dims = s.metric, dims
	return set
}

// open returns an empty index that is closed when the test ends.
func (s *suite) open(dims int) ports.VectorIndex {
	s.Helper()
	ix, err := s.cfg.Engine.New(s.settings(dims))
	if err != nil {
		s.Fatalf("New(%+v): %v", s.settings(dims), err)
	}
	s.Cleanup(func() { s.close(ix) })
	return ix
}

func (s *suite) close(ix ports.VectorIndex) {
	s.Helper()
	if err := ix.Close(); err != nil {
		s.Errorf("Close: %v", err)
	}
}

// filled returns an index of vectors under ids, and the model that knows the same.
func (s *suite) filled(ids []int64, vectors [][]float32) (ports.VectorIndex, *model) {
	s.Helper()
	ix, m := s.open(len(vectors[0])), newModel(s.metric)
	s.add(ix, m, ids, vectors)
	return ix, m
}

// add stores vectors in ix and in m.
func (s *suite) add(ix ports.VectorIndex, m *model, ids []int64, vectors [][]float32) {
	s.Helper()
	if err := ix.Add(ids, vectors); err != nil {
		s.Fatalf("Add of %d vectors: %v", len(ids), err)
	}
	m.add(ids, vectors)
}

// remove takes ids out of ix and m, and checks the count.
func (s *suite) remove(ix ports.VectorIndex, m *model, ids ...int64) {
	s.Helper()
	want := m.remove(ids)
	if n, err := ix.Remove(ids); err != nil || n != want {
		s.Fatalf("Remove(%v) = %d, %v; want %d", brief(ids), n, err, want)
	}
}

// search returns the answer to q, which must be without error.
func (s *suite) search(ix ports.VectorIndex, q ports.Query) []domain.Neighbor {
	s.Helper()
	hits, work, err := ix.Search(context.Background(), q)
	if err != nil {
		s.Fatalf("Search(k=%d): %v", q.K, err)
	}
	if len(hits) > 0 && (work.Plan == "" || work.Distances < 1) {
		s.Errorf("Search(k=%d) found %d hits and tells its work as %+v; want a plan and distances", q.K, len(hits), work)
	}
	return hits
}

// ask searches ix for q and checks the answer against m: that it is valid and, where it
// must be exact, right. It returns the share of true neighbors found.
func (s *suite) ask(ix ports.VectorIndex, m *model, q ports.Query) float64 {
	s.Helper()
	hits := s.search(ix, q)
	s.checkValid(m, q, hits)
	truth := m.nearest(q)
	if s.cfg.Exact || q.Exact {
		s.checkExact(m, q, hits, truth)
	}
	return m.recall(q, hits, truth)
}

// checkValid reports what no answer may be: short, out of order, with an id twice, not
// live or not allowed, with a wrong distance.
func (s *suite) checkValid(m *model, q ports.Query, hits []domain.Neighbor) {
	s.Helper()
	if want := min(q.K, m.allowed(q.Allow)); len(hits) != want {
		s.Errorf("Search(k=%d) returns %d hits; want %d (%d live)", q.K, len(hits), want, len(m.vectors))
	}
	seen := make(map[int64]bool, len(hits))
	for i, h := range hits {
		v, live := m.vectors[h.ID]
		switch {
		case !live:
			s.Errorf("hit %d is id %d, which is not in the index", i, h.ID)
			continue
		case seen[h.ID]:
			s.Errorf("hit %d is id %d for the second time", i, h.ID)
		case q.Allow != nil && !q.Allow.Contains(h.ID):
			s.Errorf("hit %d is id %d, which is not allowed", i, h.ID)
		case i > 0 && !hits[i-1].Less(h):
			s.Errorf("hit %d %+v comes after %+v", i, h, hits[i-1])
		}
		seen[h.ID] = true
		want := distance(s.metric, q.Vector, v)
		if tol := tolerance(s.metric, q.Vector, v); !(math.Abs(float64(h.Distance)-want) <= tol) {
			s.Errorf("hit %d, id %d: distance %g; want %g ± %g", i, h.ID, h.Distance, want, tol)
		}
	}
}

// checkExact reports where hits are farther than the true neighbors by more than
// rounding explains.
func (s *suite) checkExact(m *model, q ports.Query, hits, truth []domain.Neighbor) {
	s.Helper()
	for i := range min(len(hits), len(truth)) {
		tol := 2 * tolerance(s.metric, q.Vector, m.vectors[truth[i].ID])
		if float64(hits[i].Distance)-float64(truth[i].Distance) > tol {
			s.Errorf("Search(k=%d, exact): hit %d is %+v; want one as near as %+v", q.K, i, hits[i], truth[i])
			return
		}
	}
}

// idsTo returns the ids 1..n.
func idsTo(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

// brief returns at most eight of ids, for messages.
func brief(ids []int64) []int64 { return ids[:min(len(ids), 8)] }
