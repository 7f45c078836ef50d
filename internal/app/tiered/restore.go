package tiered

import (
	"fmt"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// restoreExpiries notes when the chunks of a graph that was restored expire, takes out those that
// have, and checks that it holds a vector for every other chunk that was not written since
// it was saved. It may have lost some of the expired ones before it was saved: vectors
// leave a graph when they expire, rows when they are swept.
func (p *Index) restoreExpiries(ix ports.VectorIndex, since ports.Changes, now time.Time) error {
	var due []int64
	written := 0 // of those that are due
	for _, e := range since.Expiring {
		if now.Before(e.At) {
			p.expiries.set(e.ID, e.At)
			continue
		}
		due = append(due, e.ID)
		if _, found := slices.BinarySearch(since.Written, e.ID); found {
			written++
			p.expiries.set(e.ID, e.At) // it goes to the buffer, and leaves it with the next search
		}
	}
	if _, err := ix.Remove(due); err != nil {
		return err
	}
	have, want := ix.Stats().Len+len(since.Written)-written, since.Database.Chunks-int64(len(due))
	without := p.without.len() - p.without.count(due)
	if int64(have+without) != want {
		return fmt.Errorf("%d vectors and %d without one for %d chunks: %w", have, without, want, domain.ErrStaleSnapshot)
	}
	return nil
}

// writtenOrMissing returns the chunks that were written since a graph was saved, or were missing
// in it and are still there.
func writtenOrMissing(since ports.Changes, missing []int64) []int64 {
	if len(missing) == 0 {
		return since.Written
	}
	written := slices.Clone(since.Written)
	for _, id := range missing {
		if _, deleted := slices.BinarySearch(since.Deleted, id); !deleted {
			written = append(written, id)
		}
	}
	slices.Sort(written)
	return slices.Compact(written)
}

// restorePage is how many rows are read at a time.
const restorePage = 2048

// Restore makes ix, read from a file that was written at snap, the graph of p, and brings it
// up to date with what changed since: what was written goes to the buffer, by the rows that
// rows returns, and is queued for the graph. On error ix is still the caller's, and p can
// only be closed.
func (p *Index) Restore(ix ports.VectorIndex, info domain.Database, snap ports.Snapshot, since ports.Changes, rows func(ids []int64) ([]domain.Chunk, error)) error {
	since.Written = writtenOrMissing(since, snap.Missing)
	fresh := 0
	for _, gone := range [][]int64{since.Deleted, since.Written} {
		n, err := ix.Remove(gone)
		if err != nil {
			return err
		}
		fresh += n
	}
	p.without.change(snap.Without, since.Written, since.Deleted)
	if err := p.restoreExpiries(ix, since, p.now()); err != nil {
		return err
	}
	p.graph.Store(&graph{ix})
	p.applied, p.unsaved = since.Database, int64(fresh)
	p.savedAt, p.keptAt = time.Now(), time.Now()
	if len(snap.Missing) > 0 {
		p.completeAt = since.Database.Sequence
	}
	p.indexed, p.saved = info, snap.Sequence
	for ids := range slices.Chunk(since.Written, restorePage) {
		page, err := rows(ids)
		if err == nil && len(page) > 0 {
			err = p.addMissing(page)
		}
		if err != nil {
			return err
		}
	}
	p.queueRestored(since)
	return nil
}

// addMissing takes in rows that a restored graph lacks.
func (p *Index) addMissing(page []domain.Chunk) error {
	if err := p.addVectors(page, p.applied.OptionalEmbeddings); err != nil {
		return err
	}
	for i := range page {
		p.saved = min(p.saved, page[i].Sequence-1) // which is less for one that is missing
	}
	return nil
}

// queueRestored queues for the graph what it lacks.
func (p *Index) queueRestored(since ports.Changes) {
	p.indexed.Sequence = p.saved
	for _, id := range since.Written {
		p.queue = append(p.queue, pendingAdd{id: id})
	}
	end := since.Database
	p.queue = append(p.queue, pendingAdd{end: &end})
}
