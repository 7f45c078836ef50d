package query

import (
	"cmp"
	"context"
	"slices"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// A wider walk over a graph finds chunks that a narrower one has missed, and one list of
// candidates fused with another has another order when both are longer. So that the pages
// of a query fit together all the same, they are cut from one list, which is made in
// blocks: the first is what the first page shows; the second ends widening times as far,
// and has what a search of that width finds and the first block has not, and so on. A page
// searches once for each block up to its own, the first page once, as if there were no
// other.

// widening is by how much each block of a list of hits ends later than the one before.
// With less, a page far behind is searched for more often; with more, for more hits than
// it has.
const widening = 4

// widths appends to widths where the blocks end up to the one that the page of q is in, the
// first one at first, none behind limit.
func (q *Query) widths(widths []int, first, limit int) []int {
	widths = append(widths, first)
	for end := q.Offset + q.K; first < end; {
		first = min(widening*first, max(limit, end))
		widths = append(widths, first)
	}
	return widths
}

// paged finds the hits that query i asks for, among a filter's selection if it is not nil.
// It reports whether there were fewer neighbors than the filter selected: some have gone.
func (s *Searcher) paged(ctx context.Context, db *live.Database, a *attempt, i int, q *Query, among *Selection) (short bool, err error) {
	fused := a.plans != nil && a.plans[i] != nil
	var near []domain.Neighbor
	var both []domain.Fused
	var room [8]int
	widths, err := s.widthsOf(ctx, room[:0], db, a, i, q)
	if err != nil {
		return false, err
	}
	for n, width := range widths {
		k := width
		if q.Without != 0 {
			k++
		}
		found, less, err := s.nearest(ctx, db, a, i, q, k, among)
		if err != nil {
			return false, err
		}
		short = short || less
		if fused {
			list, err := s.fuse(ctx, db, a, i, q, k, found, among)
			if err != nil {
				return false, err
			}
			both = block(both, list, n == 0, width, func(f domain.Fused) int64 { return f.ID })
			continue
		}
		if q.Without != 0 {
			found = without(found, q.Without)
		}
		near = block(near, found, n == 0, width, func(n domain.Neighbor) int64 { return n.ID })
	}
	if fused {
		a.fused[i] = cut(both, q, domain.Fused.Compare)
		near = idsOf(a.fused[i])
	} else {
		near = cut(near, q, domain.Neighbor.Compare)
	}
	a.near[i] = near
	return short, nil
}

// widthsOf appends to widths where the blocks of the list end that query i is a page of.
func (s *Searcher) widthsOf(ctx context.Context, widths []int, db *live.Database, a *attempt, i int, q *Query) ([]int, error) {
	if p := a.plans; p != nil && p[i] != nil && p[i].ways > 1 {
		return q.widths(widths, max(q.K, p[i].fusion.Candidates), s.limits.Results), nil
	}
	exact, err := s.exactly(ctx, db, a, i, q)
	if exact || err != nil {
		return append(widths, q.Offset+q.K), err // of exact lists the shorter is the beginning of the longer
	}
	return q.widths(widths, q.K, s.limits.Results), nil
}

// nearest returns the k nearest neighbors of the vector of q, if it has one.
func (s *Searcher) nearest(ctx context.Context, db *live.Database, a *attempt, i int, q *Query, k int, among *Selection) (near []domain.Neighbor, short bool, err error) {
	if len(q.Embedding) == 0 || q.Using == "" && !db.HasVectors() {
		return nil, false, nil
	}
	asked := ports.Query{Vector: q.Embedding, K: k, Ef: cmp.Or(q.Ef, a.info.EfSearch), Exact: q.Exact}
	if asked.Ef == 0 && a.info.Tuned.Ef != 0 && q.Using == "" {
		asked.Ef = a.info.Tuned.Width(q.Offset+q.K, among != nil)
	}
	if among != nil {
		among = among.vectors
		asked.Allow = among
	}
	var e domain.Explain
	near, err = s.among(ctx, db, a, i, asked, &e)
	addSearch(&a.explain[i], e)
	return near, err == nil && among != nil && len(near) < min(k, among.Len()), err
}

// addSearch adds what one more search for vectors has come to.
func addSearch(sum *domain.Explain, e domain.Explain) {
	sum.Work, sum.Candidates = e.Work.Add(sum.Work), e.Candidates
	e.Tail.Work, e.Graph.Work = e.Tail.Work.Add(sum.Tail.Work), e.Graph.Work.Add(sum.Graph.Work)
	sum.Tail, sum.Graph = e.Tail, e.Graph
	sum.Times.Tail += e.Times.Tail
	sum.Times.Graph += e.Times.Graph
}

// block appends to list the entries of found that it does not have, up to width in all.
func block[T any](list, found []T, first bool, width int, id func(T) int64) []T {
	if first {
		return found[:min(width, len(found))]
	}
	seen := make(map[int64]struct{}, len(list))
	for _, t := range list {
		seen[id(t)] = struct{}{}
	}
	for _, t := range found {
		if len(list) == width {
			break
		}
		if _, in := seen[id(t)]; !in {
			list = append(list, t)
		}
	}
	return list
}

// cut returns the part of list that q asks for, the best first, although a later block may
// have better ones than an earlier.
func cut[T any](list []T, q *Query, compare func(a, b T) int) []T {
	list = list[min(q.Offset, len(list)):]
	list = list[:min(q.K, len(list))]
	if q.Offset > 0 {
		slices.SortFunc(list, compare)
	}
	return list
}

// without returns near without id, in place.
func without(near []domain.Neighbor, id int64) []domain.Neighbor {
	return slices.DeleteFunc(near, func(n domain.Neighbor) bool { return n.ID == id })
}
