package query

import (
	"cmp"
	"slices"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// rerank compares the first of the candidates by their originals and returns the k nearest.
func (s *Searcher) rerank(q ports.Query, vec []float32) []domain.Neighbor {
	g := s.G
	entries := s.Candidates.Entries[:min(len(s.Candidates.Entries), g.Rescored(q.K))]
	s.fetch(vec, entries)
	s.results = s.results[:0]
	for _, e := range entries {
		slot := walk.SlotOf(e)
		s.results = append(s.results, domain.Neighbor{ID: s.V.ID(slot), Distance: g.Exact(s.V, vec, slot)})
	}
	s.Scored += len(entries)
	slices.SortFunc(s.results, compare)
	if s.replacing || g.Replacing.Load() != 0 || g.Clock.Load() != s.since {
		s.results = unique(s.results)
	}
	return append(q.Into[:0], s.results[:min(q.K, len(s.results))]...)
}

// fetch brings the originals of entries into the cache, all at a time.
func (s *Searcher) fetch(vec []float32, entries []uint64) {
	if s.G.Kind == memory.KindF32 {
		return // the walk has just read them
	}
	s.scoreOriginals(vec, entries)
}

// scoreOriginals sets s.Scores to those of the originals of entries.
func (s *Searcher) scoreOriginals(vec []float32, entries []uint64) {
	s.Slots = walk.Grow(s.Slots, len(entries)+simd.GroupRows)[:0]
	for _, e := range entries {
		s.Slots = append(s.Slots, walk.SlotOf(e))
	}
	s.Scores = walk.Grow(s.Scores, len(entries)+simd.GroupRows)
	s.SetFullQuery(vec)
	s.ScoreFull(s.V, s.Slots, s.Scores)
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
