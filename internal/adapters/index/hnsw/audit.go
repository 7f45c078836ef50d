package hnsw

import (
	"context"
	"sync/atomic"
)

// auditBatch is how many nodes an audit visits between looks at its context.
const auditBatch = 4096

// Audit implements ports.Auditor: it follows all links of the base from the node where
// searches start.
func (ix *Index) Audit(ctx context.Context) ([]int64, error) {
	if err := ix.use(); err != nil {
		return nil, err
	}
	defer ix.life.RUnlock()
	// A compaction would renumber the slots under our hands.
	ix.vacuum.mu.Lock()
	defer ix.vacuum.mu.Unlock()
	g := ix.graph.Load()
	type member struct {
		id   int64
		slot uint32
	}
	var members []member
	for id, slot := range g.byID.all() {
		members = append(members, member{id, slot})
	}
	reached, err := g.reach(ctx)
	if err != nil {
		return nil, err
	}
	var lost []int64
	for _, m := range members {
		if !reached.has(m.slot) && g.byID.slot(m.id) == m.slot {
			lost = append(lost, m.id)
		}
	}
	return lost, nil
}

// bitset is a set of slots.
type bitset []uint64

func newBitset(n uint32) bitset { return make(bitset, n/64+1) }

func (b bitset) has(slot uint32) bool { return b[slot/64]&(1<<(slot%64)) != 0 }

func (b bitset) add(slot uint32) { b[slot/64] |= 1 << (slot % 64) }

// addBelow adds those of slots that are below n.
func (b bitset) addBelow(n uint32, slots []uint32) {
	for _, slot := range slots {
		if slot < n {
			b.add(slot)
		}
	}
}

// reach returns the slots that can be reached over links of the base from the start, and
// their copies.
func (g *graph) reach(ctx context.Context) (bitset, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := g.n.Load() // what comes later is no concern of ours
	reached := newBitset(n)
	start, _, ok := g.entryPoint()
	if !ok {
		return reached, nil
	}
	v := g.view.Load()
	reached.addBelow(n, slotsIn(&g.outliers.slots))
	queue := []uint32{start}
	reached.add(start)
	for i := 0; i < len(queue); i++ {
		if i%auditBatch == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list := g.list(v, queue[i], 0)
		for j := range list {
			to := atomic.LoadUint32(&list[j])
			if to == none {
				break
			}
			if to < n && !reached.has(to) {
				reached.add(to)
				queue = append(queue, to)
			}
		}
		if c := g.hosts.of(queue[i]); c != nil {
			reached.addBelow(n, slotsIn(&c.equal))
			reached.addBelow(n, slotsIn(&c.near))
		}
	}
	return reached, nil
}

// Repair implements ports.Auditor: it links each of the ids again, as if it were added
// again.
func (ix *Index) Repair(ctx context.Context, ids []int64) (int, error) {
	if err := ix.use(); err != nil {
		return 0, err
	}
	defer ix.life.RUnlock()
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	repaired := 0
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return repaired, err
		}
		if ix.relink(w, id) {
			repaired++
		}
	}
	return repaired, nil
}
