//go:build usearch && cgo

package usearch

import (
	"context"

	"github.com/memista/memista/internal/ports"
)

// OnTask implements ports.Maintainer.
func (ix *Index) OnTask(began func(ports.Task) (ended func(error))) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.began = began
}

// compactIfWorthwhile starts a compaction in the background, if the index needs one and
// none is under way.
func (ix *Index) compactIfWorthwhile() {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.gen == nil || ix.touched != nil || !ix.gen.wasteful() || ix.gen.waste() < ix.putOff {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	square := ix.gen.lift.right()
	ix.touched, ix.stop = map[int64]struct{}{}, cancel
	ids := make([]int64, 0, ix.gen.rows.live)
	for _, id := range ix.gen.rows.ids {
		if id != 0 {
			ids = append(ids, id)
		}
	}
	began := ix.began
	ix.compaction.Go(func() {
		defer cancel()
		done := &ix.moved
		done.Store(0)
		ended := func(error) {}
		if began != nil {
			ended = began(ports.Task{
				Progress: func() (int64, int64) { return min(done.Load(), int64(len(ids))), int64(len(ids)) },
				Cancel:   cancel,
			})
		}
		err := ix.compact(ctx, ids, square)
		ended(err)
		if err == nil { // what changed meanwhile may have been worth another one
			ix.compactIfWorthwhile()
		}
	})
}

// compact builds a generation of ids, lifted to the squared length, brings it up to date
// with what changed meanwhile, and puts it in the place of the old one. If it cannot, the
// old one stays: it is wasteful but right.
func (ix *Index) compact(ctx context.Context, ids []int64, square float64) error {
	g, err := newGraph(&ix.plan)
	if err != nil {
		ix.abandon(nil)
		return err
	}
	next := newGeneration(&ix.plan, g)
	next.lift.square = square
	if err := ix.transfer(ctx, next, ids); err != nil {
		ix.abandon(next)
		return err
	}
	for round := 1; ; round++ {
		if round == freeRounds { // the writers are as fast as we are: they have to wait
			ix.writer.Lock()
			defer ix.writer.Unlock()
		}
		changed, last := ix.changed(next)
		if last {
			if round < freeRounds {
				ix.writer.Lock()
				defer ix.writer.Unlock()
			}
			// What stays lost is looked for again with the next change.
			_ = ix.settle(ctx)
			return nil
		}
		if err := ix.transfer(ctx, next, changed); err != nil {
			ix.abandon(next)
			return err
		}
	}
}

// freeRounds is how often a compaction tries to catch up with the writers beside them.
const freeRounds = 3

// transfer brings next up to date with the index for ids.
func (ix *Index) transfer(ctx context.Context, next *generation, ids []int64) error {
	row := make([]float32, next.rows.stride)
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		ix.mu.RLock()
		if ix.gen == nil {
			ix.mu.RUnlock()
			return errClosed()
		}
		slot, ok := ix.gen.rows.slot(id)
		if ok {
			copy(row, ix.gen.rows.at(slot))
		}
		ix.mu.RUnlock()
		err := next.drop(id)
		if err == nil && ok {
			err = next.putRow(id, row)
		}
		if err != nil {
			return err
		}
		ix.moved.Add(1)
	}
	return nil
}

// fewChanges is how many changes are brought over while searches wait.
const fewChanges = 8

// changed returns the ids that changed since it was last called. When they are few, it
// brings them over itself and swaps the generations: last is then true.
func (ix *Index) changed(next *generation) (ids []int64, last bool) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.gen == nil {
		next.graph.close()
		return nil, true
	}
	for id := range ix.touched {
		ids = append(ids, id)
	}
	clear(ix.touched)
	if len(ids) > fewChanges {
		return ids, false
	}
	old := ix.gen
	for _, id := range ids {
		slot, ok := old.rows.slot(id)
		if next.drop(id) != nil || ok && next.putRow(id, old.rows.at(slot)) != nil {
			next.graph.close()
			ix.touched, ix.stop = nil, nil
			return nil, true
		}
	}
	ix.gen, ix.touched, ix.stop, ix.putOff = next, nil, nil, 0
	ix.unsettled = next.rows.live
	old.graph.close()
	if ix.file != nil { // its rows were the old generation's
		_ = ix.file.Close()
		ix.file = nil
	}
	return nil, true
}

// abandon gives a compaction up, and puts the next one off until the graph is twice as
// wasteful.
func (ix *Index) abandon(next *generation) {
	if next != nil {
		next.graph.close()
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.touched, ix.stop = nil, nil
	if ix.gen != nil {
		ix.putOff = 2 * ix.gen.waste()
	}
}
