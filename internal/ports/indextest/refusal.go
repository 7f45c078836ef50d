package indextest

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var refusalRules = []rule{
	{name: "wrong dims are ErrDimension and store nothing", run: wrongDims},
	{name: "a component that is not finite is ErrNotFinite and harms nothing", run: notFinite},
	{name: "a vector whose length overflows is ErrNotFinite and harms nothing", run: overflowing},
	{name: "a zero vector is ErrZeroVector under cosine only", run: zeroVector},
	{name: "a bad id is ErrInvalid and stores nothing", run: badIDs, once: true},
	{name: "k below one is ErrInvalid", run: smallK, once: true},
}

// refused checks that the index refuses bad, alone and at any place of a batch, with
// kind, also as a query, and that it answers afterwards as before.
func refused(s *suite, kind error, bad ...[]float32) {
	s.Helper()
	const n = 300
	vs := Clustered(s.seed, n+10, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	q := ports.Query{Vector: vs[n], K: k10}
	before := s.search(ix, q)
	for _, v := range bad {
		for place := range 3 {
			batch := slices.Clone(vs[n+1 : n+4])
			batch[place] = v
			// One id is new, one replaces: neither may be half done.
			if err := ix.Add([]int64{1001, 5, 1003}, batch); !errors.Is(err, kind) {
				s.Errorf("Add with %v at place %d of 3: %v; want %v", brief32(v), place, err, kind)
			}
		}
		if err := ix.Add([]int64{7}, [][]float32{v}); !errors.Is(err, kind) {
			s.Errorf("Add of %v: %v; want %v", brief32(v), err, kind)
		}
		for _, allow := range []ports.IDSet{nil, NewSet(1, 2)} {
			if hits, _, err := ix.Search(context.Background(), ports.Query{Vector: v, K: 3, Allow: allow}); !errors.Is(err, kind) {
				s.Errorf("Search for %v = %v, %v; want %v", brief32(v), hits, err, kind)
			}
		}
	}
	if after := s.search(ix, q); !slices.Equal(before, after) {
		s.Errorf("after refused calls Search = %v; want %v as before", after, before)
	}
	if st := ix.Stats(); st.Len != n {
		s.Errorf("after refused calls Len = %d; want %d", st.Len, n)
	}
	for _, id := range []int64{1001, 1003} {
		if ix.Contains(id) {
			s.Errorf("id %d of a refused batch is in the index", id)
		}
	}
	// Every vector is still found by itself: nothing has spread.
	for i := range n {
		s.ask(ix, m, ports.Query{Vector: vs[i], K: 1, Exact: true})
	}
	s.ask(ix, m, ports.Query{Vector: vs[n], K: n})
}

func wrongDims(s *suite) {
	refused(s, domain.ErrDimension, []float32{}, nil, []float32{1}, make([]float32, smallDims-1), make([]float32, smallDims+1))
}

func notFinite(s *suite) {
	var bad [][]float32
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, at := range []int{0, smallDims - 1} {
			v := Gaussian(s.seed, 1, smallDims)[0]
			v[at] = float32(x)
			bad = append(bad, v)
		}
	}
	refused(s, domain.ErrNotFinite, bad...)
}

func overflowing(s *suite) {
	one, all := make([]float32, smallDims), make([]float32, smallDims)
	one[3] = math.MaxFloat32
	for i := range all {
		all[i] = 1e19
	}
	refused(s, domain.ErrNotFinite, one, all)
}

func zeroVector(s *suite) {
	zero, tiny := make([]float32, smallDims), make([]float32, smallDims)
	tiny[0] = math.SmallestNonzeroFloat32
	if s.metric == domain.Cosine {
		refused(s, domain.ErrZeroVector, zero, tiny)
		return
	}
	const n = 50
	vs := Clustered(s.seed, n, smallDims)
	vs[10], vs[20] = zero, tiny
	ix, m := s.filled(idsTo(n), vs)
	s.ask(ix, m, ports.Query{Vector: zero, K: n})
	s.ask(ix, m, ports.Query{Vector: vs[0], K: n})
}

func badIDs(s *suite) {
	vs := Clustered(s.seed, 4, smallDims)
	ix, m := s.filled([]int64{1, 2}, vs[:2])
	for name, ids := range map[string][]int64{
		"zero": {3, 0}, "negative": {-1, 3}, "the least": {math.MinInt64, 3}, "one twice": {3, 3}, "one twice, stored": {1, 1},
		"fewer ids than vectors": {3}, "more ids than vectors": {3, 4, 5},
	} {
		if err := ix.Add(ids, vs[2:]); !errors.Is(err, domain.ErrInvalid) {
			s.Errorf("Add with ids %v (%s): %v; want %v", ids, name, err, domain.ErrInvalid)
		}
	}
	s.ask(ix, m, ports.Query{Vector: vs[0], K: 5})
	if n, err := ix.Remove([]int64{0, -1, math.MinInt64}); n != 0 || err != nil {
		s.Errorf("Remove of ids that cannot be = %d, %v; want 0, nil", n, err)
	}
}

func smallK(s *suite) {
	vs := Clustered(s.seed, 20, smallDims)
	ix, _ := s.filled(idsTo(20), vs)
	for _, k := range []int{0, -1, math.MinInt} {
		if hits, _, err := ix.Search(context.Background(), ports.Query{Vector: vs[0], K: k}); !errors.Is(err, domain.ErrInvalid) {
			s.Errorf("Search(k=%d) = %v, %v; want %v", k, hits, err, domain.ErrInvalid)
		}
	}
}

// brief32 returns at most four components of v, for messages.
func brief32(v []float32) []float32 { return v[:min(len(v), 4)] }
