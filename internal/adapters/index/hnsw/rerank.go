package hnsw

import (
	"cmp"
	"slices"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// rerank compares the first of the list of candidates by their originals and returns the k nearest.
func (w *searcher) rerank(q ports.Query, vec []float32) []domain.Neighbor {
	g := w.g
	entries := w.candidates.entries[:min(len(w.candidates.entries), g.Rescored(q.K))]
	w.fetch(vec, entries)
	w.results = w.results[:0]
	for _, e := range entries {
		slot := entrySlot(e)
		w.results = append(w.results, domain.Neighbor{ID: w.v.ID(slot), Distance: g.Exact(w.v, vec, slot)})
	}
	w.scored += len(entries)
	slices.SortFunc(w.results, compare)
	if w.replacing || g.replacing.Load() != 0 || g.clock.Load() != w.since {
		w.results = unique(w.results)
	}
	return append(q.Into[:0], w.results[:min(q.K, len(w.results))]...)
}

// fetch brings the originals of entries into the cache, all at a time.
func (w *searcher) fetch(vec []float32, entries []uint64) {
	if w.g.Kind == memory.KindF32 {
		return // the walk has just read them
	}
	w.scoreOriginals(vec, entries)
}

// scoreOriginals sets w.scores to those of the originals of entries.
func (w *searcher) scoreOriginals(vec []float32, entries []uint64) {
	w.slots = grow(w.slots, len(entries)+simd.GroupRows)[:0]
	for _, e := range entries {
		w.slots = append(w.slots, entrySlot(e))
	}
	w.scores = grow(w.scores, len(entries)+simd.GroupRows)
	w.SetFullQuery(vec)
	w.ScoreFull(w.v, w.slots, w.scores)
}

func compare(a, b domain.Neighbor) int {
	if a.Distance != b.Distance {
		return cmp.Compare(a.Distance, b.Distance)
	}
	return cmp.Compare(a.ID, b.ID)
}

// unique keeps the nearest of the results with the same id: while a vector is replaced,
// a search can meet the old and the new one.
func unique(results []domain.Neighbor) []domain.Neighbor {
	seen := make(map[int64]struct{}, len(results))
	return slices.DeleteFunc(results, func(r domain.Neighbor) bool {
		_, twice := seen[r.ID]
		seen[r.ID] = struct{}{}
		return twice
	})
}
