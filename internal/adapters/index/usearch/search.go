//go:build usearch && cgo

package usearch

import (
	"context"
	"math"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Search returns the nearest neighbors of q. The graph proposes candidates by their
// codes and the originals settle their order. USearch does not tell how many nodes it
// visits, so Work counts the exact comparisons only.
func (ix *Index) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	if q.K < 1 {
		return nil, domain.Work{}, domain.Errorf(domain.ErrInvalid, "k must be 1 or more, got %d", q.K)
	}
	if err := ix.plan.check(q.Vector); err != nil {
		return nil, domain.Work{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, domain.Work{}, err
	}
	var s *searcher
	select {
	case s = <-ix.searchers:
	default:
		select {
		case s = <-ix.searchers:
		case <-ctx.Done():
			return nil, domain.Work{}, ctx.Err()
		}
	}
	defer func() { ix.searchers <- s }()
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.gen == nil {
		return nil, domain.Work{}, errClosed()
	}
	ix.plan.prepare(s.query, q.Vector)
	work, err := ix.search(ctx, s, q)
	if err != nil {
		return nil, domain.Work{}, err
	}
	return s.top.sorted(q.Into[:0]), work, ctx.Err()
}

// search chooses how to answer q and leaves the answer in s.top.
func (ix *Index) search(ctx context.Context, s *searcher, q ports.Query) (domain.Work, error) {
	r := ix.gen.rows
	q.K = min(q.K, r.live)
	s.top.reset(q.K)
	if q.K == 0 || q.Allow != nil && q.Allow.Len() == 0 {
		return domain.Work{Plan: domain.PlanFlat}, nil
	}
	ef := ix.ef(q)
	among := r.live
	if q.Allow != nil {
		among = min(among, q.Allow.Len())
	}
	if q.Exact || !ix.plan.walk && among <= exactUpTo(ef, r.live, q.Allow != nil) {
		return ix.exact(ctx, s, q)
	}
	var allow *bitmap
	work := domain.Work{Plan: domain.PlanGraph}
	if q.Allow != nil {
		if !s.bits.fill(ix.gen, q.Allow) {
			return ix.exact(ctx, s, q)
		}
		allow, work.Plan = &s.bits, domain.PlanFiltered
	}
	keys, distances := s.room(min(ef, r.live))
	n, err := ix.gen.graph.search(s.query, allow, keys, distances)
	if err != nil {
		return work, err
	}
	look := func(id int64) {
		if (q.Allow == nil || q.Allow.Contains(id)) && s.score(r, id) {
			work.Distances++
		}
	}
	for _, key := range keys[:min(n, candidates(q.K, ix.plan.kind))] {
		if _, noteUnreached := ix.gen.unreached[int64(key)]; !noteUnreached {
			ix.gen.each(int64(key), look)
		}
	}
	for node := range ix.gen.unreached {
		ix.gen.each(node, look)
	}
	for id := range ix.gen.longest {
		look(id)
	}
	s.flush(r)
	if len(s.top.list) < q.K { // fewer are allowed than it seemed, or some are out of reach
		return ix.exact(ctx, s, q)
	}
	return work, nil
}

// exact compares with every vector, or every allowed one.
func (ix *Index) exact(ctx context.Context, s *searcher, q ports.Query) (domain.Work, error) {
	r := ix.gen.rows
	s.top.reset(q.K)
	s.slots = s.slots[:0]
	if q.Allow == nil {
		return domain.Work{Plan: domain.PlanFlat, Distances: r.live}, s.scoreAll(ctx, r)
	}
	work := domain.Work{Plan: domain.PlanExactIDs}
	var err error
	each(r, q.Allow, func(id int64) bool {
		if s.score(r, id) {
			work.Distances++
		}
		if work.Distances%scoreBatch == 0 {
			err = ctx.Err()
		}
		return err == nil
	})
	s.flush(r)
	return work, err
}

// ef returns the beam width for q. Where nobody chose one it grows with the index, for
// recall at one width falls as vectors are added: on GloVe (100 dimensions, inner
// product and cosine) recall@10 is 0.95 at widths of about 76 for 20,000 and 146 for
// 100,000 vectors, and this keeps a fifth above that. Behind a filter inner products need
// more: long vectors that are not allowed attract the walk.
func (ix *Index) ef(q ports.Query) int {
	ef := q.Ef
	if ef == 0 {
		ef = ix.plan.EfSearch
	}
	if ef == 0 {
		ef = int(176 * math.Pow(float64(ix.gen.rows.live)/100_000, 0.4))
		ef = max(ef, 64)
		if q.Allow != nil && ix.plan.lifted() {
			ef *= 2
		}
	}
	return min(max(ef, candidates(q.K, ix.plan.kind)), maxEf)
}

// maxEf is the widest beam the shim takes.
const maxEf = 1 << 20

// candidates returns how many results of the graph are scored exactly, so that an error
// of the codes does not cost one of the k best.
func candidates(k int, kind graphKind) int {
	if kind == i8 {
		return 3*k + 10
	}
	return k + k/2 + 5
}

// exactUpTo returns the number of candidates up to which comparing with all of them is
// faster than a walk of width ef over an index of n vectors. A walk without a filter
// costs as much as ef times some number of comparisons; a filter that lets one in f
// through makes it about f times as long.
func exactUpTo(ef, n int, filtered bool) int {
	if !filtered {
		return scanPerEf * ef
	}
	return int(math.Sqrt(idsPerEf * float64(ef) * float64(n)))
}

// How many comparisons take as long as one step of the width of a walk: of vectors that
// follow each other in memory, and of those of a list of ids, each looked up first.
// Measured by BenchmarkFilter on 50,000 × 100 numbers: at width 133 a scan breaks even
// at about 6,300 vectors, a list at about 10,000 ids.
const (
	scanPerEf = 40
	idsPerEf  = 15
)
