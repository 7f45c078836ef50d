package flat

import (
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// maxSlots bounds a store: slot numbers, plus 1, are 32 bits wide.
const maxSlots = math.MaxUint32 - 1

// compaction happens when more than minDead slots and more than half as many as live
// are dead: then a scan wastes at most a third of its time, and each vector is copied
// at most twice for each one that dies.
const minDead = 64

// Add stores vectors[i] under ids[i]; see ports.VectorIndex. The whole call becomes
// visible at once.
func (ix *Index) Add(ids []int64, vectors [][]float32) error {
	if !ix.gate.enter() {
		return domain.ErrClosed
	}
	defer ix.gate.leave()
	if err := ix.checkAdd(ids, vectors); err != nil || len(ids) == 0 {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	v := *ix.view.Load()
	if uint64(v.slots)+uint64(len(ids)) > maxSlots {
		v = ix.compacted(v)
		if uint64(v.slots)+uint64(len(ids)) > maxSlots {
			return domain.Errorf(domain.ErrTooLarge, "a flat index holds at most %d vectors", uint32(maxSlots))
		}
	}
	v.version++
	for i, id := range ids {
		ix.put(&v, id, vectors[i])
	}
	ix.publish(v)
	return nil
}

// put appends one vector to v, which is not published yet, unless id has that vector.
func (ix *Index) put(v *view, id int64, vector []float32) {
	b, row := v.store.grow(v.slots)
	to := b.vectors[row*ix.dims : (row+1)*ix.dims]
	if ix.metric == domain.Cosine {
		normalise(to, vector)
	} else {
		copy(to, vector)
	}
	cell, old := v.table.cell(v.store, id)
	if old != 0 && v.holds(old-1, to) {
		return
	}
	b.ids[row] = id
	if old == 0 && v.table.full() {
		v.table = v.rehashed()
		cell, old = v.table.cell(v.store, id)
	}
	// The version in which the old slot dies is the one in which the new one appears:
	// no search sees both or neither.
	b.before[row] = old
	v.live++
	if old != 0 && v.kill(old-1) {
		ix.dead++
	}
	v.table.set(cell, v.slots)
	v.slots++
}

// holds reports whether slot lives and has vector.
func (v *view) holds(slot uint32, vector []float32) bool {
	b, row := v.store.at(slot)
	return b.alive(row, v.version) && slices.Equal(v.store.vector(slot), vector)
}

// kill marks the slot dead from v's version on and reports whether it lived.
func (v *view) kill(slot uint32) bool {
	b, row := v.store.at(slot)
	if !b.alive(row, v.version) {
		return false
	}
	b.kill(row, v.version)
	v.live--
	return true
}

// rehashed returns a table of the live ids of v, with room for half as many more. Searches of
// older views go on with the table they have.
func (v *view) rehashed() *table {
	t := newTable(v.live + v.live/2 + 8)
	for slot := range v.slots {
		if b, row := v.store.at(slot); b.alive(row, v.version) {
			cell, _ := t.cell(v.store, b.ids[row])
			t.set(cell, slot)
		}
	}
	return t
}

// Remove takes ids out of the index and returns how many it held.
func (ix *Index) Remove(ids []int64) (int, error) {
	if !ix.gate.enter() {
		return 0, domain.ErrClosed
	}
	defer ix.gate.leave()
	ix.mu.Lock()
	defer ix.mu.Unlock()
	v := *ix.view.Load()
	v.version++
	removed := 0
	for _, id := range ids {
		if _, slot := v.table.cell(v.store, id); slot != 0 && v.kill(slot-1) {
			removed++
		}
	}
	if removed > 0 {
		ix.dead += removed
		ix.publish(v)
	}
	return removed, nil
}

// publish makes v what searches see from now on, compacted if that is due.
func (ix *Index) publish(v view) {
	if ix.dead > minDead && ix.dead > v.live/2 || v.live == 0 && v.slots > 0 {
		v = ix.compacted(v)
	}
	ix.view.Store(&v)
}

// compacted returns v with its live vectors in fresh blocks.
func (ix *Index) compacted(v view) view {
	fresh := view{store: newStore(ix.dims), table: newTable(v.live), version: v.version, live: v.live}
	for slot := range v.slots {
		from, row := v.store.at(slot)
		if !from.alive(row, v.version) {
			continue
		}
		to, at := fresh.store.grow(fresh.slots)
		copy(to.vectors[at*ix.dims:(at+1)*ix.dims], from.vectors[row*ix.dims:(row+1)*ix.dims])
		to.ids[at] = from.ids[row]
		cell, _ := fresh.table.cell(fresh.store, from.ids[row])
		fresh.table.set(cell, fresh.slots)
		fresh.slots++
	}
	ix.dead = 0
	return fresh
}

// checkAdd reports why the call cannot be done; nothing is stored then.
func (ix *Index) checkAdd(ids []int64, vectors [][]float32) error {
	if len(ids) != len(vectors) {
		return domain.Errorf(domain.ErrInvalid, "%d ids for %d vectors", len(ids), len(vectors))
	}
	ascending := true
	for i, id := range ids {
		if id < 1 {
			return domain.Errorf(domain.ErrInvalid, "id %d is not positive", id)
		}
		ascending = ascending && (i == 0 || ids[i-1] < id)
		if err := ix.checkVector(vectors[i]); err != nil {
			return err
		}
	}
	if ascending {
		return nil
	}
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1] == sorted[i] {
			return domain.Errorf(domain.ErrInvalid, "id %d comes twice in one call", sorted[i])
		}
	}
	return nil
}

func (ix *Index) checkVector(v []float32) error {
	if len(v) != ix.dims {
		return domain.DimensionMismatch(ix.dims, len(v))
	}
	return ix.metric.CheckVector(v)
}

// normalise sets dst to the vector of length one in the direction of v, computed in
// float64 so that each component is rounded once.
func normalise(dst, v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	f := 1 / math.Sqrt(sum)
	for i, x := range v {
		dst[i] = float32(float64(x) * f)
	}
}
