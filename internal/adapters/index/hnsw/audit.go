package hnsw

import (
	"context"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
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
	for id, slot := range g.ByID.All() {
		members = append(members, member{id, slot})
	}
	reached, err := g.reach(ctx)
	if err != nil {
		return nil, err
	}
	var lost []int64
	for _, m := range members {
		if !reached.Has(m.slot) && g.ByID.Slot(m.id) == m.slot {
			lost = append(lost, m.id)
		}
	}
	return lost, nil
}

// reach returns the slots that can be reached over links of the base from the start, and
// their copies.
func (g *graph) reach(ctx context.Context) (memory.Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := g.Used() // what comes later is no concern of ours
	reached := memory.NewSet(n)
	start, _, ok := g.entryPoint()
	if !ok {
		return reached, nil
	}
	v := g.View()
	reached.AddBelow(n, slotsIn(&g.outliers.slots))
	queue := []uint32{start}
	reached.Add(start)
	for i := 0; i < len(queue); i++ {
		if i%auditBatch == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list := g.List(v, queue[i], 0)
		for j := range list {
			to := atomic.LoadUint32(&list[j])
			if to == memory.None {
				break
			}
			if to < n && !reached.Has(to) {
				reached.Add(to)
				queue = append(queue, to)
			}
		}
		if c := g.hosts.of(queue[i]); c != nil {
			reached.AddBelow(n, slotsIn(&c.equal))
			reached.AddBelow(n, slotsIn(&c.near))
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
