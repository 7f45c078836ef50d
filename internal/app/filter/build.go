package filter

import (
	"context"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

// build makes the parts that are missing and nobody makes yet, and waits for the others.
func (ix *Index) build(ctx context.Context, missing []need, rows Rows) error {
	var mine []*entry
	var scan []*entry // of mine, those that read all rows
	var fields domain.Fields
	var others []*entry
	ix.mu.Lock()
	for _, n := range missing {
		if e := ix.parts[n.name]; e != nil {
			others = append(others, e)
			continue
		}
		e := &entry{part: newPart(n), done: make(chan struct{})}
		e.used.Store(ix.clock.Load())
		// It is registered before the rows are read, so that no change falls between.
		ix.parts[n.name] = e
		mine = append(mine, e)
		if n.cmp == nil || n.there {
			scan = append(scan, e)
			if n.there || n.field != nil && n.field.Source == filterlang.InMetadata {
				fields |= domain.FieldMetadata
			}
		}
	}
	ix.mu.Unlock()
	err := ix.read(ctx, without(mine, scan), scan, fields, rows)
	if err == nil && len(mine) > 0 {
		// What was read may be ahead of the parts that are there, and a filter over both would
		// be answered of two moments:
		//  1. A chunk is deleted, which is durable, and Apply is not called yet.
		//  2. A field is read from the rows, which do not have the chunk.
		//  3. A filter asks for chunks that are there and do not have a value in that field. The
		//     chunk had it, and is counted, for the other parts still have the chunk.
		//  4. Apply is called.
		err = rows.Told(ctx)
	}
	ix.settle(mine, err)
	if err != nil {
		return err
	}
	for _, e := range others {
		select {
		case <-e.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func newPart(n need) part {
	switch {
	case n.field != nil:
		return newColumn(*n.field)
	case n.cmp != nil:
		return newWatched(n.cmp)
	}
	return newUniverse()
}

// without returns those of list that are not in others.
func without(list, others []*entry) (left []*entry) {
	for _, e := range list {
		if !slices.Contains(others, e) {
			left = append(left, e)
		}
	}
	return left
}

// read fills new parts from the rows: those of asked by asking for what their comparisons take, those of scan by
// reading all rows.
func (ix *Index) read(ctx context.Context, asked, scan []*entry, fields domain.Fields, rows Rows) error {
	for _, e := range asked {
		if w, ok := e.part.(*watched); ok {
			ids, err := rows.Matching(ctx, &w.cmp, time.Time{})
			if err != nil {
				return err
			}
			for _, id := range ids {
				w.ids.Add(uint64(id))
			}
		}
	}
	if len(scan) == 0 {
		return nil
	}
	after := int64(0)
	for {
		page, more, err := rows.Page(ctx, after, fields)
		if err != nil {
			return err
		}
		for i := range page {
			for _, e := range scan {
				e.part.put(&page[i])
			}
			after = page[i].ID
		}
		if !more {
			return nil
		}
	}
}

// settle applies to new parts what was applied while they were read, and lets them be
// used; after an error they are given up.
func (ix *Index) settle(mine []*entry, err error) {
	for {
		ix.mu.Lock()
		busy := false
		for _, e := range mine {
			busy = busy || len(e.waiting) > 0
		}
		if !busy || err != nil {
			ix.admit(mine, err)
			ix.mu.Unlock()
			return
		}
		todo := make([][]applied, len(mine))
		for i, e := range mine {
			todo[i], e.waiting = e.waiting, nil
		}
		ix.mu.Unlock()
		for i, e := range mine {
			for _, ch := range todo[i] {
				ch.to(e.part)
			}
		}
	}
}

// admit lets parts be used, or after an error forgets them; ix.mu is held.
func (ix *Index) admit(mine []*entry, err error) {
	for _, e := range mine {
		if err == nil {
			e.ready = true
		} else {
			for name, other := range ix.parts {
				if other == e {
					delete(ix.parts, name)
				}
			}
		}
		close(e.done)
	}
	if err == nil && len(mine) > 0 {
		ix.trim(mine)
	}
}

// trim counts what all takes and gives up what was used longest ago, but for keep, until
// the rest is within the bounds; ix.mu is held. A column that is too large by itself is
// not kept again: its comparisons go to the rows.
func (ix *Index) trim(keep []*entry) {
	ix.changes = 0
	kept := map[*entry]bool{}
	for _, e := range keep {
		kept[e] = true
	}
	for {
		var total int64
		oldest, name := (*entry)(nil), ""
		for n, e := range ix.parts {
			if !e.ready {
				continue
			}
			size := e.part.size()
			if _, is := e.part.(*column); is && size > ix.limit {
				ix.large[n[1:]] = true
				delete(ix.parts, n)
				continue
			}
			total += size
			if n != everything && !kept[e] && (oldest == nil || e.used.Load() < oldest.used.Load()) {
				oldest, name = e, n
			}
		}
		ix.held.Store(total)
		if total <= ix.limit && len(ix.parts) <= maxParts || oldest == nil {
			return
		}
		delete(ix.parts, name)
	}
}
