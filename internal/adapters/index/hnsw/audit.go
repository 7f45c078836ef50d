package hnsw

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
)

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
	reached, err := g.Reach(ctx)
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

// Repair implements ports.Auditor: it links each of the ids again, as if it were added
// again.
func (ix *Index) Repair(ctx context.Context, ids []int64) (int, error) {
	if err := ix.use(); err != nil {
		return 0, err
	}
	defer ix.life.RUnlock()
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	repaired := 0
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return repaired, err
		}
		if ix.relink(b, id) {
			repaired++
		}
	}
	return repaired, nil
}
