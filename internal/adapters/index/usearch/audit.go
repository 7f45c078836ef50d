//go:build usearch && cgo

package usearch

import (
	"context"
	"slices"
	"time"
)

// Audit walks over all that a search can reach and returns the ids it has not met. What
// was added since the last look is seen to first: adding a vector now and then takes
// the last link to another one away, which linking that one anew repairs. Searches go on
// meanwhile; changes wait.
func (ix *Index) Audit(ctx context.Context) ([]int64, error) {
	ix.writer.Lock()
	defer ix.writer.Unlock()
	if err := ix.settle(ctx); err != nil {
		return nil, err
	}
	return ix.lost(ctx)
}

// Repair links ids anew, if no search reaches them, and returns how many are reached
// then. Others are passed over.
func (ix *Index) Repair(ctx context.Context, ids []int64) (int, error) {
	ix.writer.Lock()
	defer ix.writer.Unlock()
	lost, err := ix.lost(ctx)
	if err != nil || len(lost) == 0 {
		return 0, err
	}
	wanted := make(map[int64]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	asked := slices.DeleteFunc(slices.Clone(lost), func(id int64) bool { return !wanted[id] })
	left, err := ix.relinkAll(ctx, asked)
	return len(lost) - len(left), err
}

// settle sees to it that searches reach all that was added since it last ran. The caller
// holds the writer's lock.
func (ix *Index) settle(ctx context.Context) error {
	ix.mu.RLock()
	settled := ix.unsettled == 0
	ix.mu.RUnlock()
	if settled {
		return nil
	}
	lost, err := ix.lost(ctx)
	if err == nil && len(lost) > 0 {
		lost, err = ix.relinkAll(ctx, lost)
	}
	if err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.gen == nil {
		return errClosed()
	}
	for _, id := range lost {
		ix.gen.noteUnreached(id)
	}
	ix.unsettled, ix.credit = 0, 0
	return nil
}

// An audit looks at every vector, which may take this part of the time that adding took;
// a look at one takes about auditCost.
const (
	auditShare = 20
	auditCost  = 300 * time.Nanosecond
)

// due reports whether an audit is worth its time now.
func (ix *Index) due() bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.gen != nil && ix.unsettled > 0 && ix.credit > auditShare*auditCost*time.Duration(ix.gen.rows.live)
}

// mendRounds bounds how often relinkAll tries again: to link one vector can cost another one
// its last link.
const relinkRounds = 5

// relinkAll links ids anew until none is lost, and returns what still is.
func (ix *Index) relinkAll(ctx context.Context, ids []int64) ([]int64, error) {
	for range relinkRounds {
		err := ix.inBursts(ids, func(gen *generation, i int) error { return gen.relink(ids[i]) })
		if err != nil {
			return nil, err
		}
		if ids, err = ix.lost(ctx); err != nil || len(ids) == 0 {
			return ids, err
		}
	}
	return ids, nil
}

// lost returns the ids that a walk does not meet, in ascending order.
func (ix *Index) lost(ctx context.Context) ([]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := <-ix.searchers
	defer func() { ix.searchers <- s }()
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.gen == nil {
		return nil, errClosed()
	}
	r := ix.gen.rows
	if r.live == 0 {
		return nil, nil
	}
	// The first vector there is will do as a query: where a walk begins to look closely
	// does not matter when it goes on until nothing is left.
	first := slices.IndexFunc(r.ids, func(id int64) bool { return id != 0 })
	keys, err := ix.gen.graph.reach(r.at(uint32(first)))
	if err != nil {
		return nil, err
	}
	met := make([]bool, len(r.ids))
	meet := func(id int64) {
		if slot, ok := r.slot(id); ok {
			met[slot] = true
		}
	}
	for _, key := range keys {
		ix.gen.each(int64(key), meet)
	}
	for node := range ix.gen.unreached {
		ix.gen.each(node, meet)
	}
	for id := range ix.gen.longest {
		meet(id)
	}
	var lost []int64
	for slot, id := range r.ids {
		if id != 0 && !met[slot] {
			lost = append(lost, id)
		}
	}
	slices.Sort(lost)
	return lost, ctx.Err()
}
