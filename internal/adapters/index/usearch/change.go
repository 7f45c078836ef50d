//go:build usearch && cgo

package usearch

import (
	"context"
	"math"
	"time"

	"github.com/memista/memista/internal/domain"
)

// burst is how long a writer keeps searches out before it lets them in again. One vector
// takes about as long, so searches wait for little more than one.
const burst = 200 * time.Microsecond

// Add stores vectors[i] under ids[i]. On an error other than of the arguments some of
// the vectors may be stored.
func (ix *Index) Add(ids []int64, vectors [][]float32) error {
	if err := ix.checkBatch(ids, vectors); err != nil {
		return err
	}
	return ix.change(ids, func(gen *generation, i int) error {
		gen.lift.choose(vectors)
		return gen.put(ids[i], vectors[i])
	})
}

// Remove takes ids out of the index and returns how many it held. When much of the graph
// is removed entries, the graph is made anew in the background.
func (ix *Index) Remove(ids []int64) (int, error) {
	removed := 0
	err := ix.change(ids, func(gen *generation, i int) error {
		before := gen.rows.live
		err := gen.drop(ids[i])
		removed += before - gen.rows.live
		return err
	})
	return removed, err
}

// change calls one for each of ids, some at a time under the lock, and sees to what the
// changes made necessary.
func (ix *Index) change(ids []int64, one func(gen *generation, i int) error) error {
	ix.writer.Lock()
	defer ix.writer.Unlock()
	if err := ix.inBursts(ids, one); err != nil {
		return err
	}
	ix.compactIfWorthwhile()
	if ix.due() {
		return ix.settle(context.Background())
	}
	return nil
}

func (ix *Index) inBursts(ids []int64, one func(gen *generation, i int) error) error {
	for i := 0; ; {
		next, err := ix.burst(ids, i, one)
		if err != nil || next == len(ids) {
			return err
		}
		i = next
	}
}

func (ix *Index) burst(ids []int64, i int, one func(gen *generation, i int) error) (int, error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.gen == nil {
		return i, errClosed()
	}
	start := time.Now()
	for took := time.Duration(0); i < len(ids) && took < burst; took = time.Since(start) {
		if ix.touched != nil {
			ix.touched[ids[i]] = struct{}{}
		}
		if err := one(ix.gen, i); err != nil {
			return i, err
		}
		i++
		ix.unsettled++
	}
	ix.credit += time.Since(start)
	return i, nil
}

// checkBatch reports what is wrong with the arguments of an Add.
func (ix *Index) checkBatch(ids []int64, vectors [][]float32) error {
	if len(ids) != len(vectors) {
		return domain.Errorf(domain.ErrInvalid, "%d ids for %d vectors", len(ids), len(vectors))
	}
	ascending := true
	for i, id := range ids {
		if id < 1 || id == math.MaxInt64 {
			return domain.Errorf(domain.ErrInvalid, "id %d is out of range", id)
		}
		ascending = ascending && (i == 0 || ids[i-1] < id)
		if err := ix.plan.check(vectors[i]); err != nil {
			return err
		}
	}
	if ascending {
		return nil
	}
	seen := make(map[int64]struct{}, len(ids))
	for _, id := range ids {
		if _, twice := seen[id]; twice {
			return domain.Errorf(domain.ErrInvalid, "id %d occurs twice in one call", id)
		}
		seen[id] = struct{}{}
	}
	return nil
}
