package flat

import (
	"context"
	"math"
	"sync"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const (
	scanRows = 256 // rows scored by one call of a kernel; their distances fit the L1 cache
	ctxIDs   = 512 // allowed ids between two looks at the context
)

// search is one search under way. It is taken from a pool, as it would else be
// allocated for the closures that filters need.
type search struct {
	ctx   context.Context
	view  *view
	index *Index
	query []float32 // as it is compared: for cosine normalised
	unit  []float32 // room for a normalised query, kept between searches
	allow ports.IDSet
	top   topK
	work  domain.Work
}

var searches = sync.Pool{New: func() any { return new(search) }}

// begin returns a search for q in what ix holds now.
func (ix *Index) begin(ctx context.Context, q ports.Query) *search {
	s := searches.Get().(*search)
	s.ctx, s.view, s.index, s.query, s.allow = ctx, ix.view.Load(), ix, q.Vector, q.Allow
	if ix.metric == domain.Cosine {
		if cap(s.unit) < ix.dims {
			s.unit = make([]float32, ix.dims)
		}
		s.query = s.unit[:ix.dims]
		normalise(s.query, q.Vector)
	}
	s.top = topK{k: q.K, heap: q.Into[:0]}
	if q.Into == nil {
		s.top.heap = make([]domain.Neighbor, 0, min(q.K, s.view.live, 1024))
	}
	return s
}

// end gives s back, without what it referred to.
func (s *search) end() {
	*s = search{unit: s.unit}
	searches.Put(s)
}

// Search returns the nearest neighbors of q, all of them true; see ports.VectorIndex.
// Ef and Exact make no difference. It takes no lock and waits for no writer. With room
// in q.Into and no filter it does not allocate.
func (ix *Index) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	if !ix.gate.enter() {
		return nil, domain.Work{}, domain.ErrClosed
	}
	defer ix.gate.leave()
	if q.K < 1 {
		return nil, domain.Work{}, domain.Errorf(domain.ErrInvalid, "k must be at least 1, not %d", q.K)
	}
	if err := ix.checkVector(q.Vector); err != nil {
		return nil, domain.Work{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, domain.Work{}, err
	}
	s := ix.begin(ctx, q)
	defer s.end()
	if err := s.run(); err != nil {
		return nil, domain.Work{}, err
	}
	return s.top.sorted(), s.work, nil
}

// run chooses the cheaper way to the allowed vectors and goes it.
func (s *search) run() error {
	if s.allow != nil && s.allow.Len() <= idsWorthScanning(int(s.view.slots), s.index.dims) {
		s.work.Plan = domain.PlanExactIDs
		return s.scoreIDs()
	}
	s.work.Plan = domain.PlanFlat
	return s.scan()
}

// scan compares the query with every vector in the order they lie in memory.
func (s *search) scan() error {
	left := int(s.view.slots)
	for _, b := range *s.view.store.blocks.Load() {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		rows := min(left, len(b.ids))
		for from := 0; from < rows; from += scanRows {
			s.scanRows(b, from, min(from+scanRows, rows))
		}
		if left -= rows; left == 0 {
			break
		}
	}
	s.work.Distances += int(s.view.slots)
	return nil
}

// scanRows scores the rows from..to of b. Whether one lives and is allowed is asked only
// when it is near enough: that costs more than its distance.
func (s *search) scanRows(b *block, from, to int) {
	var scores [scanRows]float32
	out, dims := scores[:to-from], s.index.dims
	bound := float32(math.Inf(1))
	if len(s.top.heap) == s.top.k {
		bound = s.top.heap[0].Distance
	}
	s.index.score(s.query, b.vectors[from*dims:to*dims], out)
	for i, score := range out {
		d := s.index.distance(score)
		if d > bound {
			continue
		}
		n := domain.Neighbor{ID: b.ids[from+i], Distance: d}
		if !s.top.admits(n) || !b.alive(from+i, s.view.version) || s.allow != nil && !s.allow.Contains(n.ID) {
			continue
		}
		s.top.push(n)
		if len(s.top.heap) == s.top.k {
			bound = s.top.heap[0].Distance
		}
	}
}

// scoreIDs compares the query with the allowed vectors only.
func (s *search) scoreIDs() error {
	seen := 0
	for id := range s.allow.All() {
		if seen++; seen%ctxIDs == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		slot, ok := s.view.find(id)
		if !ok {
			continue
		}
		var score [1]float32
		s.index.score(s.query, s.view.store.vector(slot), score[:])
		s.work.Distances++
		if n := (domain.Neighbor{ID: id, Distance: s.index.distance(score[0])}); s.top.admits(n) {
			s.top.push(n)
		}
	}
	return nil
}

// score sets out to the kernel's value for each row.
func (ix *Index) score(q, rows, out []float32) {
	if ix.metric == domain.InnerProduct {
		simd.DotBlock(q, rows, ix.dims, out)
		return
	}
	simd.L2Block(q, rows, ix.dims, out)
}

// distance turns a kernel's value into a distance. One minus the cosine is half the
// squared distance of vectors of length one; that keeps the digits of small distances,
// which the difference from one would lose. Rounding must not bring it above 2.
func (ix *Index) distance(score float32) float32 {
	switch ix.metric {
	case domain.L2:
		return score
	case domain.Cosine:
		return min(score/2, 2)
	default:
		return 1 - score
	}
}

// idsWorthScanning returns how many allowed ids are still found and scored one by one in
// less time than it takes to scan all slots. An id waits for its cell of the table, its
// slot's id and its vector, all far apart, so that it costs as much as scanning 21 rows
// of 16 components, 8 of 100, 2.7 of 384, 1.7 of 768 (medians of BenchmarkAllowedIDs,
// 50 to 120 MB of vectors); the curve below goes through these points.
func idsWorthScanning(slots, dims int) int {
	return int(float64(slots) / (1.5 + 650/float64(dims+16)))
}
