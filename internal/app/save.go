package app

import (
	"context"
	"errors"
	"fmt"
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

// remember makes the repository keep the changes of info, so that the graph that is about
// to be made can be saved, and returns from which sequence on it does. Without it (a full
// disk, say) the graph is good all the same.
func (s *Service) remember(ctx context.Context, info domain.Database) (since int64, err error) {
	at := s.snapshotsOf(info)
	if at == nil || s.sealed {
		return 0, nil
	}
	now, err := at.log.KeepChanges(ctx, info, 0)
	return now.Sequence, err
}

// worthSaving reports whether the graph of p should be saved now: when it is whole for the
// first time, when enough has changed, or when enough time has passed.
func (p *projection) worthSaving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if g == nil || p.fresh == 0 {
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
	return float64(p.fresh) >= max(saveChanges, large) || since >= saveEvery
}

// worthKeeping reports whether the graph of p should be saved before it is closed. It is
// not if its file lacks that little that it is quicker to add it again.
func (p *projection) worthKeeping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if g == nil || p.fresh == 0 {
		return false
	}
	return p.completes() || float64(p.fresh) >= keepFraction*float64(g.Stats().Len)
}

// completes reports whether the graph of p is whole for the first time, and its file is not;
// p.mu is held.
func (p *projection) completes() bool {
	return p.saved < p.whole && p.indexed.Sequence >= p.whole
}

// saveIfDue saves the graph of db if it is worth it, and reports what goes wrong.
func (s *Service) saveIfDue(ctx context.Context, db *database, p *projection) {
	if s.sealed || !p.worthSaving() {
		return
	}
	if err := s.save(ctx, db, p); err != nil && ctx.Err() == nil {
		s.reportOf(db, err)
	}
}

// save writes the graph of db to its file, with what it has. It waits for no more than a
// turn of the indexer of db, which does not go on until the graph is written; what leaves
// the graph meanwhile is in limbo until then. A database that was taken out of use is not
// saved: its file may be another's by now.
func (s *Service) save(ctx context.Context, db *database, p *projection) error {
	unlock, err := s.graphs.Lock(ctx, db.id)
	if err != nil {
		return err
	}
	defer unlock()
	at := s.snapshotsOf(*db.info.Load())
	g := p.graph.Load()
	if s.sealed || at == nil || g == nil || db.projection.Load() != p || !db.follows(p) {
		return nil
	}
	saver, ok := g.VectorIndex.(ports.Saver)
	if !ok {
		return nil
	}
	state, snap, fresh := p.freeze()
	if state.Sequence < p.kept {
		return p.thaw(g) // the repository began to remember later than that
	}
	began := time.Now()
	err = saver.Save(ctx, at.path, snap)
	if ctx.Err() == nil {
		count(&s.counts.snapshots, &s.counts.snapshotFaults, err)
	}
	if thawed := p.thaw(g); thawed != nil {
		return thawed
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	p.wrote(state, snap, fresh, time.Since(began))
	_, err = at.log.KeepChanges(ctx, state, state.Sequence)
	if errors.Is(err, domain.ErrNotFound) { // dropped meanwhile, and the file removed before it was written
		err = at.engine.Remove(at.path)
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	return nil
}

// freeze keeps the graph as it is until thaw, and returns the state it is in, what to say
// of it in the file, and how many changes it has that the file of before has not.
func (p *projection) freeze() (state domain.Database, snap ports.Snapshot, fresh int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = true
	p.savedAt = time.Now() // of the attempt: one that fails is not repeated at once
	state = p.applied
	snap = ports.Snapshot{Incarnation: state.Incarnation, Sequence: state.Sequence, Hash: state.Hash}
	if tail, ok := p.tail.(ports.VectorReader); ok {
		for id := range tail.All() {
			snap.Missing = append(snap.Missing, id)
		}
		slices.Sort(snap.Missing)
	}
	return state, snap, p.fresh
}

// wrote notes that the file of p has what freeze told.
func (p *projection) wrote(state domain.Database, snap ports.Snapshot, fresh int64, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved, p.keptAt, p.saveTook = state.Sequence, time.Now(), took
	if len(snap.Missing) > 0 {
		p.saved = p.indexed.Sequence
	}
	p.fresh -= fresh
}

// thaw takes out of the graph what went to limbo while it was frozen.
func (p *projection) thaw(g *graph) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = false
	limbo := p.limbo.Load()
	if limbo == nil {
		return nil
	}
	ids := make([]int64, 0, limbo.n)
	for id := range limbo.all() {
		ids = append(ids, id)
	}
	if _, err := g.Remove(ids); err != nil {
		return err
	}
	p.limbo.Store(nil)
	return nil
}
