package tiered

import (
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// When a graph is saved: after so many changes, if they are that part of it, and once in
// a while whatever has changed. What is not saved is replayed from the rows at the next
// start, which costs about as much time as it took to index it.
const (
	saveChanges  = 20_000
	saveFraction = 0.1
	saveEvery    = 5 * time.Minute
	saveShare    = 10   // times as long as the last time took pass until the next
	keepFraction = 0.01 // of a graph has changed when it is saved before it is closed
)

// SaveDue reports whether the graph of p should be saved now: when it is whole for the
// first time, when enough has changed, or when enough time has passed.
func (p *Index) SaveDue() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if g == nil || p.unsaved == 0 {
		return false
	}
	since := time.Since(p.savedAt)
	if since < saveShare*p.saveTook {
		return false
	}
	if p.completes() {
		return true
	}
	large := saveFraction * float64(g.Stats().Len)
	return float64(p.unsaved) >= max(saveChanges, large) || since >= saveEvery
}

// SaveBeforeClose reports whether the graph of p should be saved before it is closed. It is
// not if its file lacks that little that it is quicker to add it again.
func (p *Index) SaveBeforeClose() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if g == nil || p.unsaved == 0 {
		return false
	}
	return p.completes() || float64(p.unsaved) >= keepFraction*float64(g.Stats().Len)
}

// completes reports whether the graph of p is whole for the first time, and its file is not;
// p.mu is held.
func (p *Index) completes() bool {
	return p.saved < p.completeAt && p.indexed.Sequence >= p.completeAt
}

// Freeze keeps the graph as it is until Thaw, and returns the state it is in, what to say
// of it in the file, how many changes it has that the file of before has not, and whether
// the repository knows what has changed since.
func (p *Index) Freeze() (state domain.Database, snap ports.Snapshot, fresh int64, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = true
	p.savedAt = time.Now() // of the attempt: one that fails is not repeated at once
	state = p.applied
	snap = ports.Snapshot{Incarnation: state.Incarnation, Sequence: state.Sequence, Hash: state.Hash}
	for id := range p.buffer.All() {
		snap.Missing = append(snap.Missing, id)
	}
	slices.Sort(snap.Missing)
	snap.Without = p.without.list()
	return state, snap, p.unsaved, state.Sequence >= p.keptSince
}

// NoteSaved notes that the file of p has what Freeze returned.
func (p *Index) NoteSaved(state domain.Database, snap ports.Snapshot, fresh int64, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved, p.keptAt, p.saveTook = state.Sequence, time.Now(), took
	if len(snap.Missing) > 0 {
		p.saved = p.indexed.Sequence
	}
	p.unsaved -= fresh
}

// Thaw takes out of the graph what went to the tombstones while it was frozen.
func (p *Index) Thaw() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = false
	tombs := p.tombs.Load()
	if tombs == nil {
		return nil
	}
	ids := make([]int64, 0, tombs.n)
	for id := range tombs.all() {
		ids = append(ids, id)
	}
	if _, err := p.graph.Load().Remove(ids); err != nil {
		return err
	}
	p.tombs.Store(nil)
	return nil
}

// Unsaved reports whether the graph of p has what its file has not.
func (p *Index) Unsaved() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.graph.Load() != nil && p.unsaved > 0
}
