package repair

import (
	"context"
	"sync"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// PromoteCopies makes a node of a copy of each host in slots, which are the removed ones, and
// that the host of the other copies. It comes before RepairAll: searches that reach a removed
// host still find its copies there. It holds writing for each change, and returns the error
// of ctx if that ends before.
func (w *Work) PromoteCopies(ctx context.Context, writing sync.Locker, slots []uint32) error {
	if !w.G.Hosts.Any() {
		return nil
	}
	for _, slot := range slots {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c := w.G.Hosts.Of(slot); c != nil {
			writing.Lock()
			w.promote(slot, c)
			writing.Unlock()
		}
	}
	return nil
}

// promote gives the copies c of the removed host to one of them that is not removed. No
// copy comes to c concurrently: who joins a host has seen it alive.
func (w *Work) promote(host uint32, c *graph.Copies) {
	w.Begin(w.G)
	defer w.End()
	successor := memory.None
	var itsCopies *graph.Copies
	give := func(slots []uint32, near bool) {
		for _, slot := range slots {
			w.Cover(slot)
			// Those that an earlier work, cut short, has given away have another host.
			if is, _ := w.V.HostOf(slot); is != host || w.removed.Includes(slot) {
				continue
			}
			if successor == memory.None {
				successor, itsCopies = slot, w.G.Hosts.Made(slot)
				w.V.SetNode(slot)
				continue
			}
			itsCopies.Add(slot, near)
			w.V.SetHost(slot, successor, near)
		}
	}
	give(c.Equal(), false)
	give(c.Near(), true)
	if successor != memory.None {
		w.Connect(successor)
	}
}

// ForgetCopies drops the removed ones among copies and among what is kept apart. Adds wait
// until it is done. Removed hosts keep their copies until no search can stand on them; see
// graph.Graph.Release.
func (w *Work) ForgetCopies() {
	stays := func(slot uint32) bool { return !w.removed.Includes(slot) }
	w.G.Hosts.Each(func(host uint32, c *graph.Copies) {
		if stays(host) && !c.KeepOnly(stays) {
			w.G.Hosts.Drop(host)
		}
	})
	w.G.Outliers.KeepOnly(stays)
}
