//go:build usearch && cgo

package usearch

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// searcher holds what one search needs, so that searches do not allocate. There are as
// many as the graph has threads: to have one is the right to search.
type searcher struct {
	l2        bool
	query     []float32 // padded
	keys      []uint64
	distances []float32
	slots     []uint32
	scores    []float32
	gather    simd.Gather
	top       topList
	bits      bitmap
}

// scoreBatch is how many rows are scored at once between two looks at the context.
const scoreBatch = simd.SlabRows

func newSearcher(p *plan, r *rows) *searcher {
	s := &searcher{
		l2:     p.Metric == domain.L2,
		query:  make([]float32, r.stride),
		slots:  make([]uint32, 0, scoreBatch+simd.GroupRows),
		scores: make([]float32, scoreBatch+simd.GroupRows),
	}
	s.gather.Set(r.layout(), 1, 0)
	return s
}

// room makes place for n results of the graph.
func (s *searcher) room(n int) ([]uint64, []float32) {
	if cap(s.keys) < n {
		s.keys, s.distances = make([]uint64, n), make([]float32, n)
	}
	return s.keys[:n], s.distances[:n]
}

// flush scores the rows in s.slots exactly and keeps the best.
func (s *searcher) flush(r *rows) {
	if len(s.slots) == 0 {
		return
	}
	if s.l2 {
		s.gather.L2(s.query, r.table, s.slots, s.scores, nil)
	} else {
		s.gather.Dot(s.query, r.table, s.slots, s.scores, nil)
	}
	for i, slot := range s.slots {
		s.top.offer(domain.Neighbor{ID: r.ids[slot], Distance: s.distance(s.scores[i])})
	}
	s.slots = s.slots[:0]
}

// distance makes a distance of what the kernel gives.
func (s *searcher) distance(score float32) float32 {
	if s.l2 {
		return score
	}
	return 1 - score
}

// score scores the vector of id, if there is one, now or with the next flush.
func (s *searcher) score(r *rows, id int64) bool {
	slot, ok := r.slot(id)
	if !ok {
		return false
	}
	if s.slots = append(s.slots, slot); len(s.slots) == scoreBatch {
		s.flush(r)
	}
	return true
}

// scoreAll scores every vector, slab by slab as they lie in memory.
func (s *searcher) scoreAll(ctx context.Context, r *rows) error {
	for first := 0; first < len(r.ids); first += simd.SlabRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		ids := r.ids[first:min(first+simd.SlabRows, len(r.ids))]
		slab := r.slabs[first/simd.SlabRows]
		if s.l2 {
			simd.L2Block(s.query, slab, r.stride, s.scores[:len(ids)])
		} else {
			simd.DotBlock(s.query, slab, r.stride, s.scores[:len(ids)])
		}
		for i, id := range ids {
			if id != 0 {
				s.top.offer(domain.Neighbor{ID: id, Distance: s.distance(s.scores[i])})
			}
		}
	}
	return nil
}

// topList keeps the k nearest of what it is offered, in a heap with the farthest first.
type topList struct {
	k    int
	list []domain.Neighbor
}

func (t *topList) reset(k int) { t.k, t.list = k, t.list[:0] }

func (t *topList) offer(n domain.Neighbor) {
	if len(t.list) < t.k {
		t.list = append(t.list, n)
		t.up(len(t.list) - 1)
		return
	}
	if n.Less(t.list[0]) {
		t.list[0] = n
		t.down()
	}
}

func (t *topList) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.list[parent].Less(t.list[i]) {
			return
		}
		t.list[parent], t.list[i] = t.list[i], t.list[parent]
		i = parent
	}
}

func (t *topList) down() {
	for i := 0; ; {
		far := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.list); child++ {
			if t.list[far].Less(t.list[child]) {
				far = child
			}
		}
		if far == i {
			return
		}
		t.list[i], t.list[far] = t.list[far], t.list[i]
		i = far
	}
}

// sorted appends the neighbors to into, nearest first.
func (t *topList) sorted(into []domain.Neighbor) []domain.Neighbor {
	slices.SortFunc(t.list, func(a, b domain.Neighbor) int {
		if a.Less(b) {
			return -1
		}
		return 1
	})
	return append(into, t.list...)
}
