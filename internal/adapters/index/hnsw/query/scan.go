package query

import (
	"context"
	"iter"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/ports"
)

// scanBatch is how many vectors are listed and scored at a time. The kernel waits for
// memory at the start of each batch: of 10,000 scattered rows each took 34 ns with 64,
// 23 with 256 and with 1,024.
const scanBatch = 256

// exactBatch is how many originals are scored at a time: they are read twice, the second
// time from the nearest cache.
const exactBatch = 64

// scan fills the list of candidates with the nearest of all vectors, or of the allowed ones:
// by their rows, if they are many and the query is not Exact.
func (s *Searcher) scan(ctx context.Context, q ports.Query, vec []float32, p plan) error {
	g := s.G
	s.V = g.View()
	exact := q.Exact || p.scans <= exactScan
	size := g.Rescored(q.K)
	if exact {
		size = q.K
		s.SetFullQuery(vec)
	} else {
		s.SetQuery(vec, false)
	}
	s.Candidates.Reset(min(size, int(g.Used())+arrivals))
	s.Slots = walk.Grow(s.Slots, scanBatch+simd.GroupRows)
	s.Scores = walk.Grow(s.Scores, scanBatch+simd.GroupRows)
	s.ids = walk.Grow(s.ids, scanBatch)
	for slots := range slotsOf(g, q.Allow, s.ids[:scanBatch], s.Slots[:scanBatch]) {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.Known(slots)
		if !exact {
			s.Score(s.V, slots, s.Scores, nil)
			s.keepNearest(slots)
			continue
		}
		for len(slots) > 0 {
			n := min(len(slots), exactBatch)
			s.scoreExactly(vec, slots[:n])
			s.keepNearest(slots[:n])
			slots = slots[n:]
		}
	}
	return nil
}

// exactScan is up to how many vectors are compared by their originals at once: so few
// cost little, and ties then come out as by brute force.
const exactScan = 2048

// scoreExactly sets s.Scores to the distances of vec to the originals in slots.
func (s *Searcher) scoreExactly(vec []float32, slots []uint32) {
	// The kernel brings the rows in; its last bits differ from those of the one that
	// all distances shown to callers come from.
	s.ScoreFull(s.V, slots, s.Scores)
	for i, slot := range slots {
		s.Scores[i] = s.G.Exact(s.V, vec, slot)
	}
}

// keepNearest keeps among the candidates those of slots whose s.Scores are low enough. Slots
// come in the order of their ids: of equals the first one stays first.
func (s *Searcher) keepNearest(slots []uint32) {
	s.Scored += len(slots)
	bound := s.Candidates.Bound()
	for i, slot := range slots {
		if e := walk.Entry(s.Scores[i], slot); e>>32 < bound>>32 {
			s.Candidates.InsertAfter(e)
			bound = s.Candidates.Bound()
		}
	}
}

// slotsOf yields the slots of the allowed ids, or of all, in ascending order of ids, as
// many at a time as fit into slots. It lists the allowed ids in ids, of the same length.
func slotsOf(g *graph.Graph, allow ports.IDSet, ids []int64, slots []uint32) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		if allow == nil || int64(allow.Len()) > g.Live.Load() {
			g.ByID.List(allow, slots, yield)
			return
		}
		for list := range ports.Batches(allow, ids) {
			if n := g.ByID.Slots(list, slots); n > 0 && !yield(slots[:n]) {
				return
			}
		}
	}
}
