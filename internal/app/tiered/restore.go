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
	if int64(have) != want {
		return fmt.Errorf("%d vectors for %d chunks: %w", have, want, domain.ErrStaleSnapshot)
	}
	return nil
}

// WrittenOrMissing returns the chunks that were written since a graph was saved, or were missing
// in it and are still there.
func WrittenOrMissing(since ports.Changes, missing []int64) []int64 {
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

// Restore makes ix, read from a file that was written at snap and brought up to date with
// what was removed since, the graph of p. Of what was written since the rows are to follow,
// by AddMissing, and then Restored ends it. On error the graph is still the caller's.
func (p *Index) Restore(ix ports.VectorIndex, info domain.Database, snap ports.Snapshot, since ports.Changes, fresh int) error {
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
	return nil
}

// AddMissing takes in rows that a restored graph lacks.
func (p *Index) AddMissing(page []domain.Chunk) error {
	if err := p.buffer.Add(idsAndVectors(page)); err != nil {
		return err
	}
	for i := range page {
		p.saved = min(p.saved, page[i].Sequence-1) // which is less for one that is missing
	}
	return nil
}

// Restored ends what Restore began.
func (p *Index) Restored(since ports.Changes) {
	p.indexed.Sequence = p.saved
	for _, id := range since.Written {
		p.queue = append(p.queue, pendingAdd{id: id})
	}
	end := since.Database
	p.queue = append(p.queue, pendingAdd{end: &end})
}
