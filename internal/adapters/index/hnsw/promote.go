package hnsw

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// promoteAll makes a node of a copy of each removed host, and that the host of the other
// ones. It comes before the removed ones are taken out of lists; searches that reach one
// of them still find its copies there.
func (ix *Index) promoteAll(ctx context.Context, g *graph, removed memory.Set, slots []uint32) error {
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
func (g *graph) promote(w *searcher, host uint32, c *copies, removed memory.Set) {
	w.begin(g)
	defer w.end()
	heir := memory.None
	var heirs *copies
	give := func(slots []uint32, near bool) {
		for _, slot := range slots {
			w.cover(slot)
			// Those that an earlier work, cut short, has given away have another host.
			if is, _ := w.v.HostOf(slot); is != host || removed.Includes(slot) {
				continue
			}
			if heir == memory.None {
				heir, heirs = slot, g.hosts.made(slot)
				w.v.SetNode(slot)
				continue
			}
			heirs.add(slot, near)
			w.v.SetHost(slot, heir, near)
		}
	}
	give(slotsIn(&c.equal), false)
	give(slotsIn(&c.near), true)
	if heir == memory.None {
		return
	}
	vec := append([]float32(nil), g.Floats(w.v, heir)...)
	g.connect(w, heir, w.v.Level(heir), vec, false)
}

// forgetCopies drops the removed ones among the copies. Adds wait until it is done. Removed hosts
// keep theirs until no search can stand on them; see release.
func (g *graph) forgetCopies(removed memory.Set) {
	g.hosts.each(func(host uint32, c *copies) {
		if !removed.Includes(host) && !c.keepOnly(func(slot uint32) bool { return !removed.Includes(slot) }) {
			g.hosts.drop(host)
		}
	})
}
