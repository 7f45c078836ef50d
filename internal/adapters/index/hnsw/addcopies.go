package hnsw

import (
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/ports"
)

// copyMay reports whether a copy of host may come back.
func (w *searcher) copyMay(host uint32, allow ports.IDSet) bool {
	c := w.g.hosts.of(host)
	if c == nil {
		return false
	}
	for _, list := range [...][]uint32{slotsIn(&c.equal), slotsIn(&c.near)} {
		for _, slot := range list {
			w.cover(slot)
			if w.may(slot, allow) {
				return true
			}
		}
	}
	return false
}

// addCopies replaces the list of candidates by the nearest, by their originals, of its first nodes, their
// copies, and what is kept apart.
func (w *searcher) addCopies(q ports.Query, vec []float32) {
	size := w.g.Rescored(q.K)
	hosts := w.candidates.entries[:min(len(w.candidates.entries), size)]
	w.best.reset(size)
	w.scoreOriginals(vec, hosts)
	for i, e := range hosts {
		slot, score := entrySlot(e), w.scores[i]
		if w.may(slot, q.Allow) {
			w.offer(entryOf(score, slot))
		}
		if c := w.g.hosts.of(slot); c != nil {
			w.offerEqual(slotsIn(&c.equal), score, q.Allow)
		}
	}
	w.slots = w.slots[:0]
	for _, e := range hosts {
		if c := w.g.hosts.of(entrySlot(e)); c != nil {
			w.offerNear(slotsIn(&c.near), q.Allow)
		}
	}
	w.offerNear(slotsIn(&w.g.outliers.slots), q.Allow)
	w.offerScored()
	w.candidates, w.best = w.best, w.candidates
}

// offer keeps e among the best if it is near enough, and reports that.
func (w *searcher) offer(e uint64) bool {
	if e >= w.best.bound() {
		return false
	}
	w.best.insert(e)
	return true
}

// first reports whether slot was not met yet: while a copy is made a node, it is both.
func (w *searcher) first(slot uint32) bool {
	if slot >= w.v.Len() || int(slot/64) >= len(w.seen) { // the view may have been taken anew by cover
		w.refresh()
	}
	return w.visit(slot)
}

// offerEqual offers slots that all score the same, until there are enough.
func (w *searcher) offerEqual(slots []uint32, score float32, allow ports.IDSet) {
	for _, slot := range slots {
		if w.first(slot) && w.may(slot, allow) && !w.offer(entryOf(score, slot)) {
			return
		}
	}
}

// offerNear offers slots that have to be scored, some at a time.
func (w *searcher) offerNear(slots []uint32, allow ports.IDSet) {
	w.slots = grow(w.slots, scanBatch+simd.GroupRows)[:len(w.slots)]
	for _, slot := range slots {
		if !w.first(slot) || !w.may(slot, allow) {
			continue
		}
		w.slots = append(w.slots, slot)
		if len(w.slots) == scanBatch {
			w.offerScored()
		}
	}
}

// offerScored scores w.slots, which scoreOriginals has asked for, offers them, and empties it.
func (w *searcher) offerScored() {
	if len(w.slots) == 0 {
		return
	}
	w.scores = grow(w.scores, scanBatch+simd.GroupRows)
	w.ScoreFull(w.v, w.slots, w.scores)
	w.scored += len(w.slots)
	for i, slot := range w.slots {
		w.offer(entryOf(w.scores[i], slot))
	}
	w.slots = w.slots[:0]
}
