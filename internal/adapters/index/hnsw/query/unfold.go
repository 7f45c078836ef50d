package query

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/ports"
)

// unfold replaces the candidates by the nearest, by their originals, of the first of them,
// their copies, and what is kept apart.
func (s *Searcher) unfold(q ports.Query, vec []float32) {
	size := s.G.Rescored(q.K)
	hosts := s.Candidates.Entries[:min(len(s.Candidates.Entries), size)]
	s.best.Reset(size)
	s.scoreOriginals(vec, hosts)
	for i, e := range hosts {
		slot, score := walk.SlotOf(e), s.Scores[i]
		if s.may(slot, q.Allow) {
			s.offer(walk.Entry(score, slot))
		}
		if c := s.G.Hosts.Of(slot); c != nil {
			s.offerEqual(c.Equal(), score, q.Allow)
		}
	}
	s.Slots = s.Slots[:0]
	for _, e := range hosts {
		if c := s.G.Hosts.Of(walk.SlotOf(e)); c != nil {
			s.offerNear(c.Near(), q.Allow)
		}
	}
	s.offerNear(s.G.Outliers.Slots(), q.Allow)
	s.offerScored()
	s.Candidates, s.best = s.best, s.Candidates
}

// offer keeps e among the best if it is near enough, and reports that.
func (s *Searcher) offer(e uint64) bool {
	if e >= s.best.Bound() {
		return false
	}
	s.best.Insert(e)
	return true
}

// offerEqual offers slots that all score the same, until there are enough.
func (s *Searcher) offerEqual(slots []uint32, score float32, allow ports.IDSet) {
	for _, slot := range slots {
		if s.Meet(slot) && s.may(slot, allow) && !s.offer(walk.Entry(score, slot)) {
			return
		}
	}
}

// offerNear offers slots that have to be scored, some at a time.
func (s *Searcher) offerNear(slots []uint32, allow ports.IDSet) {
	s.Slots = walk.Grow(s.Slots, scanBatch+simd.GroupRows)[:len(s.Slots)]
	for _, slot := range slots {
		if !s.Meet(slot) || !s.may(slot, allow) {
			continue
		}
		s.Slots = append(s.Slots, slot)
		if len(s.Slots) == scanBatch {
			s.offerScored()
		}
	}
}

// offerScored scores s.Slots by their originals, offers them, and empties it. The query is
// that of scoreOriginals.
func (s *Searcher) offerScored() {
	if len(s.Slots) == 0 {
		return
	}
	s.Scores = walk.Grow(s.Scores, scanBatch+simd.GroupRows)
	s.ScoreFull(s.V, s.Slots, s.Scores)
	s.Scored += len(s.Slots)
	for i, slot := range s.Slots {
		s.offer(walk.Entry(s.Scores[i], slot))
	}
	s.Slots = s.Slots[:0]
}
