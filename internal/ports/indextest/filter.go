package indextest

import (
	"fmt"
	"iter"
	"math"

	"github.com/memista/memista/internal/ports"
)

var filterRules = []rule{
	{name: "a filter of any size gives as many allowed hits as there are", run: filterSizes},
	{name: "a filter that excludes the nearest still fills k", run: filterFarAway},
	{name: "a filter naming ids the index does not hold passes over them", run: filterForeign, once: true},
	{name: "recall holds under filters", run: filterRecall},
}

// every returns the live ids of 1..n that leave rest when divided by step.
func every(n, step, rest int) ports.IDSet {
	var ids []int64
	for id := 1; id <= n; id++ {
		if id%step == rest {
			ids = append(ids, int64(id))
		}
	}
	return NewSet(ids...)
}

func filterSizes(s *suite) {
	const n = 1200
	vs := Clustered(s.seed, n+6, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	s.remove(ix, m, 10, 20, 30)
	for _, allow := range []ports.IDSet{
		NewSet(), NewSet(1), NewSet(10), NewSet(5000), NewSet(1, n), NewSet(10, 11, 12),
		every(n, 300, 7), every(n, 100, 0), every(n, 30, 3), every(n, 10, 0), every(n, 3, 1), every(n, 2, 0), NewSet(idsTo(n)...),
	} {
		for _, q := range vs[n:] {
			for _, k := range []int{1, k10, n} {
				s.ask(ix, m, ports.Query{Vector: q, K: k, Allow: allow})
				s.ask(ix, m, ports.Query{Vector: q, K: k, Allow: allow, Exact: true})
			}
		}
	}
}

func filterFarAway(s *suite) {
	const n = 1500
	vs := Clustered(s.seed, n+10, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	for _, q := range vs[n:] {
		truth := m.nearest(ports.Query{Vector: q, K: n})
		for _, share := range []int{2, 10, 50} {
			far := make([]int64, 0, n/share)
			for _, h := range truth[n-n/share:] {
				far = append(far, h.ID)
			}
			s.ask(ix, m, ports.Query{Vector: q, K: k10, Allow: NewSet(far...)})
		}
	}
}

func filterForeign(s *suite) {
	const n = 400
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	ids := []int64{3, 33, 333, math.MaxInt64}
	for i := range 5000 {
		ids = append(ids, int64(1000+i))
	}
	s.ask(ix, m, ports.Query{Vector: vs[n], K: k10, Allow: NewSet(ids...)})
	s.ask(ix, m, ports.Query{Vector: vs[n], K: k10, Allow: NewSet(ids[4:]...)})
	// Walking this set would take minutes: an index must look at its size first.
	q := ports.Query{Vector: vs[n], K: k10, Allow: everyID{}}
	hits := s.search(ix, q)
	q.Allow = nil
	s.checkValid(m, q, hits)
}

// everyID is a set of more ids than are worth listing.
type everyID struct{}

func (everyID) Contains(id int64) bool { return id >= 1 && id <= math.MaxInt32 }
func (everyID) Len() int               { return math.MaxInt32 }
func (everyID) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for id := int64(1); id <= math.MaxInt32 && yield(id); id++ {
		}
	}
}

func filterRecall(s *suite) {
	n := s.cfg.Size
	vs := Clustered(s.seed, n+60, 32)
	ix, m := s.filled(idsTo(n), vs[:n])
	for _, step := range []int{2, 5, 20, 100} {
		allow, sum := every(n, step, 1), 0.0
		for _, q := range vs[n:] {
			sum += s.ask(ix, m, ports.Query{Vector: q, K: k10, Allow: allow})
		}
		s.checkRecall(fmt.Sprintf("with 1 of %d allowed", step), sum/60)
	}
}
