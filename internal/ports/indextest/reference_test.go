package indextest_test

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// fault is one way in which the reference can be spoiled.
type fault string

// reference is the simplest correct engine: a map behind a lock, searched in float64.
// With a fault it is wrong in one way.
type reference struct{ fault fault }

var (
	_ ports.FileEngine   = reference{}
	_ ports.Auditor      = (*refIndex)(nil)
	_ ports.Saver        = (*refIndex)(nil)
	_ ports.VectorReader = (*refIndex)(nil)
	_ ports.Maintainer   = (*refIndex)(nil)
)

type refIndex struct {
	fault    fault
	set      ports.IndexSettings
	mu       sync.RWMutex // guards vectors, stale, closed
	vectors  map[int64][]float32
	stale    map[int64][]float32 // what a fault leaves behind
	closed   bool
	searches atomic.Int64
	upkeep   refUpkeep
}

func (reference) Name() string      { return "reference" }
func (reference) Extension() string { return "ref" }

func (e reference) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	if m, err := domain.ParseMetric(string(s.Metric)); err != nil || m != s.Metric || s.Storage != "" {
		return nil, domain.Errorf(domain.ErrUnsupported, "no such settings")
	}
	if s.Dims < 1 {
		return nil, domain.Errorf(domain.ErrInvalid, "no dims")
	}
	return &refIndex{fault: e.fault, set: s, vectors: map[int64][]float32{}, stale: map[int64][]float32{}}, nil
}

func (x *refIndex) is(f fault) bool { return x.fault == f }

func (x *refIndex) check(v []float32) error {
	if len(v) != x.set.Dims {
		return domain.DimensionMismatch(x.set.Dims, len(v))
	}
	err := x.set.Metric.CheckVector(v)
	if x.is("accepts what is not finite") || x.is("accepts zero vectors") && v[0] == 0 {
		return nil
	}
	return err
}

func (x *refIndex) Add(ids []int64, vectors [][]float32) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed && !x.is("works when closed") {
		return domain.ErrClosed
	}
	if len(ids) != len(vectors) {
		return domain.Errorf(domain.ErrInvalid, "%d ids for %d vectors", len(ids), len(vectors))
	}
	sorted := slices.Sorted(slices.Values(ids))
	if len(slices.Compact(sorted)) != len(ids) && !x.is("accepts an id twice") || len(ids) > 0 && sorted[0] < 1 {
		return domain.Errorf(domain.ErrInvalid, "bad id")
	}
	for i, v := range vectors {
		if err := x.check(v); err != nil {
			return err
		}
		if x.is("stores half of a bad batch") {
			x.vectors[ids[i]] = slices.Clone(v)
		}
	}
	for i, id := range ids {
		x.put(id, vectors[i])
	}
	return nil
}

func (x *refIndex) put(id int64, v []float32) {
	old := x.vectors[id]
	switch {
	case x.is("keeps the caller's slices"):
		x.vectors[id] = v
		return
	case x.is("keeps the old vector beside the new") && old != nil:
		x.stale[id] = old
	case x.is("keeps the old vector") && old != nil:
		return
	case x.is("loses vectors of busy times") && len(x.vectors)%97 == 96:
		return
	case x.is("hides what is being replaced") && old != nil && id%4 == 0:
		delete(x.vectors, id)
		x.mu.Unlock()
		before := x.searches.Load()
		for i := 0; i < 2000 && x.searches.Load() == before; i++ {
			runtime.Gosched()
		}
		x.mu.Lock()
	}
	x.vectors[id] = slices.Clone(v)
}

func (x *refIndex) Remove(ids []int64) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return 0, domain.ErrClosed
	}
	n := 0
	for _, id := range ids {
		if v, ok := x.vectors[id]; ok || x.is("counts what it never held") {
			n++
			if delete(x.vectors, id); x.is("finds what is removed") && id%50 == 7 {
				x.stale[id] = v
			}
			if x.is("loses all with the entry point") && id == 1 {
				clear(x.vectors)
			}
		}
	}
	x.tendIfDue(n)
	return n, nil
}

func (x *refIndex) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	defer x.searches.Add(1)
	var none domain.Work
	if x.closed {
		return nil, none, domain.ErrClosed
	}
	if q.K < 1 {
		return nil, none, domain.Errorf(domain.ErrInvalid, "k")
	}
	if err := x.check(q.Vector); err != nil {
		return nil, none, err
	}
	if ctx.Err() != nil && !x.is("ignores the context") {
		return nil, none, ctx.Err()
	}
	hits := q.Into[:0]
	for _, m := range []map[int64][]float32{x.vectors, x.stale} {
		for id, v := range m {
			if q.Allow == nil || q.Allow.Contains(id) || x.is("ignores filters") || x.is("filters the best k only") {
				hits = append(hits, domain.Neighbor{ID: id, Distance: x.distance(q.Vector, v)})
			}
		}
	}
	hits = x.spoil(q, x.sort(hits))
	return hits, domain.Work{Plan: domain.PlanFlat, Distances: len(x.vectors)}, nil
}

func (x *refIndex) sort(hits []domain.Neighbor) []domain.Neighbor {
	slices.SortFunc(hits, func(a, b domain.Neighbor) int {
		if d := cmp.Compare(a.Distance, b.Distance); d != 0 {
			return d
		}
		if x.is("puts the higher id first") {
			return cmp.Compare(b.ID, a.ID)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return hits
}

// spoil cuts the sorted hits to k, wrongly if so told.
func (x *refIndex) spoil(q ports.Query, hits []domain.Neighbor) []domain.Neighbor {
	if x.is("misses the nearest") && len(hits) > q.K {
		hits = hits[1:]
	}
	if x.is("finds a hundred of equal ones") {
		hits = slices.DeleteFunc(hits, func(h domain.Neighbor) bool {
			return len(hits) > 100 && h.Distance == hits[100].Distance && h.ID%100 != 0
		})
	}
	if x.is("loses what lies beyond equal ones") || x.is("loses what lies beyond near ones") {
		hits = x.beyond(hits)
	}
	if x.is("pads answers") {
		for len(hits) < min(q.K, 1000) {
			hits = append(hits, domain.Neighbor{Distance: math.MaxFloat32})
		}
	}
	hits = hits[:min(q.K, len(hits))]
	if x.is("filters the best k only") && q.Allow != nil {
		hits = slices.DeleteFunc(hits, func(h domain.Neighbor) bool { return !q.Allow.Contains(h.ID) })
	}
	if x.is("answers in a slice of its own") {
		return slices.Clone(hits)
	}
	return hits
}

// beyond takes every other hit away if twenty are equally far, or nearly so.
func (x *refIndex) beyond(hits []domain.Neighbor) []domain.Neighbor {
	slack := float32(0)
	if x.is("loses what lies beyond near ones") {
		slack = 1e-3
	}
	run, crowded := 0, false
	for i := 1; i < len(hits) && !crowded; i++ {
		if run++; hits[i].Distance > hits[i-1].Distance+slack*hits[i].Distance {
			run = 0
		}
		crowded = run == 20
	}
	if !crowded {
		return hits
	}
	return slices.DeleteFunc(hits, func(h domain.Neighbor) bool { return h.ID%2 == 0 })
}

func (x *refIndex) distance(a, b []float32) float32 {
	var dot, aa, bb, l2 float64
	for i := range a {
		p, q := float64(a[i]), float64(b[i])
		dot, aa, bb, l2 = dot+p*q, aa+p*p, bb+q*q, l2+(p-q)*(p-q)
	}
	d := 1 - dot
	switch {
	case x.set.Metric == domain.L2:
		d = l2
	case x.set.Metric == domain.Cosine:
		d = 1 - dot/math.Sqrt(aa*bb)
	case x.is("takes all vectors for unit ones"):
		d = 1 - dot/math.Sqrt(aa*bb+1e-30)
	}
	if x.is("rounds distances") {
		d = math.Round(d*256) / 256
	}
	return float32(d)
}

func (x *refIndex) Contains(id int64) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, ok := x.vectors[id]
	return ok
}

func (x *refIndex) Stats() ports.IndexStats {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := len(x.vectors)
	if x.is("counts the removed") && n < 200 {
		n++
	}
	return ports.IndexStats{Engine: "reference", Kind: "f32", Len: n, Bytes: int64(n * x.set.Dims * 4)}
}

func (x *refIndex) Audit(ctx context.Context) ([]int64, error) {
	if x.is("loses what an audit finds") {
		return []int64{1}, ctx.Err()
	}
	return nil, ctx.Err()
}

func (x *refIndex) Repair(context.Context, []int64) (int, error) { return 0, nil }

func (x *refIndex) Close() error {
	x.upkeep.busy.Wait()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed && x.is("closes once") {
		return domain.ErrClosed
	}
	x.closed = true
	clear(x.vectors)
	return nil
}
