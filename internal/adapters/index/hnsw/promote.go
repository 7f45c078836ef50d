package hnsw

import (
	"context"
	"sync/atomic"
)

// promoteAll makes a node of a copy of each removed host, and that the host of the other
// ones. It comes before the removed ones are taken out of lists; searches that reach one
// of them still find its copies there.
func (ix *Index) promoteAll(ctx context.Context, g *graph, removed bitset, slots []uint32) error {
	if !g.hosts.any() {
		return nil
	}
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	for _, slot := range slots {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c := g.hosts.of(slot); c != nil {
			ix.writing.RLock()
			g.promote(w, slot, c, removed)
			ix.writing.RUnlock()
		}
	}
	return nil
}

// promote gives the copies c of the removed host to one of them that is not removed. No
// copy comes to c concurrently: who joins a host has seen it alive.
func (g *graph) promote(w *searcher, host uint32, c *copies, removed bitset) {
	w.begin(g)
	defer w.end()
	heir := none
	var heirs *copies
	give := func(slots []uint32, near bool) {
		for _, slot := range slots {
			w.cover(slot)
			// Those that an earlier work, cut short, has given away have another host.
			if is, _ := w.v.hostOf(slot); is != host || removed.includes(slot) {
				continue
			}
			if heir == none {
				heir, heirs = slot, g.hosts.made(slot)
				atomic.StoreUint32(w.v.host(slot), none)
				continue
			}
			heirs.add(slot, near)
			atomic.StoreUint32(w.v.host(slot), hostWord(heir, near))
		}
	}
	give(slotsIn(&c.equal), false)
	give(slotsIn(&c.near), true)
	if heir == none {
		return
	}
	vec := append([]float32(nil), g.floats(w.v, heir)...)
	g.connect(w, heir, w.v.level(heir), vec, false)
}

// forgetCopies drops the removed ones among the copies. Adds wait until it is done. Removed hosts
// keep theirs until no search can stand on them; see release.
func (g *graph) forgetCopies(removed bitset) {
	g.hosts.each(func(host uint32, c *copies) {
		if !removed.includes(host) && !c.keepOnly(func(slot uint32) bool { return !removed.includes(slot) }) {
			g.hosts.drop(host)
		}
	})
}
