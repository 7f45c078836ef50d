//go:build usearch && cgo

package usearch

import (
	"context"
	"slices"
)

// Audit walks over all that a search can reach and returns the ids it has not met.
// Searches go on meanwhile; changes wait.
func (ix *Index) Audit(ctx context.Context) ([]int64, error) {
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
	// The first vector there is will do as a query: where a walk ends does not matter
	// when it goes on until nothing is left.
	first := slices.IndexFunc(r.ids, func(id int64) bool { return id != 0 })
	keys, err := ix.gen.graph.reach(r.at(uint32(first)))
	if err != nil {
		return nil, err
	}
	met := make([]bool, len(r.ids))
	for _, key := range keys {
		ix.gen.each(int64(key), func(id int64) {
			if slot, ok := r.slot(id); ok {
				met[slot] = true
			}
		})
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

// repairRounds bounds how often Repair tries again what it did not mend.
const repairRounds = 3

// Repair takes ids out and puts them in again, which links them anew, and returns how
// many that no search reached are reached now. Ids that the index does not hold are
// passed over.
func (ix *Index) Repair(ctx context.Context, ids []int64) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	lost, err := ix.Audit(ctx)
	if err != nil {
		return 0, err
	}
	before := len(lost)
	wanted := slices.Sorted(slices.Values(ids))
	for range repairRounds {
		err := ix.change(wanted, func(gen *generation, i int) error { return gen.relink(wanted[i]) })
		if err != nil {
			return 0, err
		}
		if lost, err = ix.Audit(ctx); err != nil || len(lost) == 0 {
			break
		}
		wanted = lost
	}
	return max(0, before-len(lost)), err
}
