//go:build coderhnsw

package coderhnsw

import (
	"cmp"
	"context"
	"slices"

	coder "github.com/coder/hnsw"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// beam is how many neighbors the graph is asked for where the caller says nothing: its
// own default of 20 finds too few to sort.
const beam = 256

// Search implements ports.VectorIndex. Filters, and walks that find fewer than K, are
// answered by comparing with every allowed vector.
func (ix *Index) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	if q.K < 1 {
		return nil, domain.Work{}, domain.Errorf(domain.ErrInvalid, "k must be at least 1, not %d", q.K)
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.closed {
		return nil, domain.Work{}, domain.ErrClosed
	}
	if err := ix.checkVector(q.Vector); err != nil {
		return nil, domain.Work{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, domain.Work{}, err
	}
	vec := ix.own(q.Vector)
	if !q.Exact && q.Allow == nil && ix.sound {
		if found := ix.walk(q, vec); len(found) >= min(q.K, len(ix.vectors)) {
			return first(found, q), domain.Work{Plan: domain.PlanGraph, Distances: len(found)}, nil
		}
	}
	found, err := ix.scan(ctx, q, vec)
	if err != nil {
		return nil, domain.Work{}, err
	}
	plan := domain.PlanFlat
	if q.Allow != nil {
		plan = domain.PlanExactIDs
	}
	return first(found, q), domain.Work{Plan: plan, Distances: len(found)}, nil
}

// walk asks the graph for more than k and scores what it finds.
func (ix *Index) walk(q ports.Query, vec []float32) []domain.Neighbor {
	want := max(q.K, q.Ef, ix.settings.EfSearch)
	if q.Ef <= 0 && ix.settings.EfSearch <= 0 {
		want = max(want, beam)
	}
	want = min(want, int(ix.nodes))
	var nodes []coder.Node[uint64]
	if want == 0 || !shielded(func() { nodes = ix.graph.Search(vec, want) }) {
		return nil
	}
	found := make([]domain.Neighbor, 0, len(nodes))
	for _, n := range nodes {
		if id, ok := ix.ids[n.Key]; ok {
			found = append(found, domain.Neighbor{ID: id, Distance: ix.distance(vec, ix.vectors[id].vector)})
		}
	}
	return found
}

// scanBatch is how many vectors are compared between looks at the context.
const scanBatch = 1024

// scan scores every allowed vector.
func (ix *Index) scan(ctx context.Context, q ports.Query, vec []float32) ([]domain.Neighbor, error) {
	var found []domain.Neighbor
	n := 0
	for id, e := range ix.vectors {
		if n++; n%scanBatch == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if q.Allow == nil || q.Allow.Contains(id) {
			found = append(found, domain.Neighbor{ID: id, Distance: ix.distance(vec, e.vector)})
		}
	}
	return found, nil
}

// first returns the k nearest of found.
func first(found []domain.Neighbor, q ports.Query) []domain.Neighbor {
	slices.SortFunc(found, func(a, b domain.Neighbor) int {
		if c := cmp.Compare(a.Distance, b.Distance); c != 0 {
			return c
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return append(q.Into[:0], found[:min(q.K, len(found))]...)
}
