package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
)

// snapshots is where and how graphs of an engine are kept in files; nil where they are
// not: in memory, with an engine or a repository that cannot.
type snapshots struct {
	engine ports.FileEngine
	log    ports.ChangeLog
	path   string
}

// snapshotsOf returns how graphs of database info are kept.
func (s *Service) snapshotsOf(info domain.Database) *snapshots {
	engine, ok := s.engineOf(info.Engine).(ports.FileEngine)
	log, remembers := s.repo.(ports.ChangeLog)
	if !ok || !remembers || s.dir == "" {
		return nil
	}
	return &snapshots{engine, log, filepath.Join(s.dir, domain.FileName(info.ID, engine.Extension()))}
}

// errNoSnapshot says that there is nothing to restore from, which is no fault.
var errNoSnapshot = errors.New("no usable snapshot")

// restore makes a projection of info from its file and the changes since. Any doubt about
// the file is an error, upon which the rows are projected.
func (s *Service) restore(ctx context.Context, info domain.Database) (*projection, error) {
	at := s.snapshotsOf(info)
	if at == nil {
		return nil, errNoSnapshot
	}
	ix, snap, err := at.engine.Open(at.path, indexSettings(info), info.Incarnation)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, errNoSnapshot
	}
	if err != nil {
		return nil, fmt.Errorf("index file of %q: %w", info.ID, err)
	}
	p, err := s.replay(ctx, at, info, ix, snap)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index file of %q: %w", info.ID, err), ix.Close())
	}
	return p, nil
}

// replay makes a projection of a graph as it was at snap and of what changed since. On
// error the graph is still the caller's.
func (s *Service) replay(ctx context.Context, at *snapshots, info domain.Database, ix ports.VectorIndex, snap ports.Snapshot) (*projection, error) {
	since, err := at.log.ChangesSince(ctx, info, snap)
	if err != nil {
		return nil, err
	}
	for _, gone := range [][]int64{since.Deleted, since.Written} {
		if _, err := ix.Remove(gone); err != nil {
			return nil, err
		}
	}
	p, err := s.newProjection(info)
	if err != nil {
		return nil, err
	}
	if err := p.dueSince(ix, since, s.now()); err != nil {
		return nil, errors.Join(err, p.tail.Close())
	}
	s.watch(info.ID, ix)
	p.graph.Store(&graph{ix})
	p.indexed = info
	p.indexed.Sequence, p.indexed.Hash = snap.Sequence, snap.Hash
	p.saved, p.savedAt, p.keptAt = snap.Sequence, time.Now(), time.Now()
	for ids := since.Written; len(ids) > 0; {
		n := min(loadPage, len(ids))
		page, err := s.repo.Chunks(ctx, info, domain.Selection{IDs: ids[:n]}, domain.FieldEmbedding)
		if err == nil && len(page) > 0 {
			err = p.tail.Add(idsAndVectors(page))
		}
		if err != nil {
			return nil, errors.Join(err, p.tail.Close())
		}
		ids = ids[n:]
	}
	for _, id := range since.Written {
		p.queue = append(p.queue, arrival{id: id})
	}
	end := since.Database
	p.queue = append(p.queue, arrival{end: &end})
	return p, nil
}

// dueSince notes when the chunks of a graph that was restored expire, takes out those that
// have, and checks that it holds a vector for every other chunk that was not written since
// it was saved. It may have lost some of the expired ones before it was saved: vectors
// leave a graph when their time has come, rows when they are swept.
func (p *projection) dueSince(ix ports.VectorIndex, since ports.Changes, now time.Time) error {
	var due []int64
	written := 0 // of those that are due
	for _, e := range since.Expiring {
		if now.Before(e.At) {
			p.deadlines.set(e.ID, e.At)
			continue
		}
		due = append(due, e.ID)
		if _, found := slices.BinarySearch(since.Written, e.ID); found {
			written++
			p.deadlines.set(e.ID, e.At) // it goes to the tail, and leaves it with the next search
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

// remember makes the repository keep the changes of info, so that the graph that is about
// to be made can be saved. Without it (a full disk, say) the graph is good all the same.
func (s *Service) remember(ctx context.Context, info domain.Database) error {
	at := s.snapshotsOf(info)
	if at == nil {
		return nil
	}
	_, err := at.log.KeepChanges(ctx, info, 0)
	return err
}

// unsaved returns how many changes the graph of p has that its file has not.
func (p *projection) unsaved() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.graph.Load() == nil {
		return 0
	}
	return p.indexed.Sequence - p.saved
}

// worthSaving reports whether enough has changed, or enough time has passed.
func (p *projection) worthSaving() bool {
	n := p.unsaved()
	if n == 0 {
		return false
	}
	p.mu.Lock()
	at := p.savedAt
	p.mu.Unlock()
	large := saveFraction * float64(p.graph.Load().Stats().Len)
	return float64(n) >= max(saveChanges, large) || time.Since(at) >= saveEvery
}

// saveIfDue saves the graph of db if it is worth it, and reports what goes wrong. The
// caller holds s.indexing.
func (s *Service) saveIfDue(ctx context.Context, db *database, p *projection) {
	if db.projection.Load() != p || !p.worthSaving() {
		return
	}
	if err := s.save(ctx, db, p); err != nil {
		s.reportOf(db, err)
	}
}

// saveLast saves what the file of db has not, when db is taken out of use. What cannot
// be saved is made from the rows at the next start.
func (s *Service) saveLast(db *database) {
	p := db.projection.Load()
	if p == nil || p.unsaved() == 0 {
		return
	}
	if err := s.save(context.Background(), db, p); err != nil {
		s.report(db.id, err)
	}
}

// save writes the graph of db to its file. The caller holds s.indexing, so nothing is
// moving to it; what leaves it meanwhile is in limbo until the file is written.
func (s *Service) save(ctx context.Context, db *database, p *projection) error {
	at := s.snapshotsOf(*db.info.Load())
	g := p.graph.Load()
	if at == nil || g == nil {
		return nil
	}
	saver, ok := g.VectorIndex.(ports.Saver)
	if !ok {
		return nil
	}
	state := p.freeze()
	err := saver.Save(ctx, at.path, ports.Snapshot{Incarnation: state.Incarnation, Sequence: state.Sequence, Hash: state.Hash})
	if ctx.Err() == nil {
		count(&s.counts.snapshots, &s.counts.snapshotFaults, err)
	}
	if thawed := p.thaw(g); thawed != nil {
		return thawed
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	p.mu.Lock()
	p.saved, p.keptAt = state.Sequence, time.Now()
	p.mu.Unlock()
	_, err = at.log.KeepChanges(ctx, state, state.Sequence)
	if errors.Is(err, domain.ErrNotFound) { // dropped meanwhile, and the file removed before it was written
		err = at.engine.Remove(at.path)
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	return nil
}

// freeze keeps the graph as it is until thaw, and returns the state it is in: all changes
// up to a sequence are in it.
func (p *projection) freeze() domain.Database {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = true
	p.savedAt = time.Now() // of the attempt: one that fails is not repeated at once
	return p.indexed
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

// forgetGraph removes the file of the graph that db had before p, which has none, and what
// the repository remembers for it: that would grow with every batch, and be read with the
// file when the database is opened.
func (s *Service) forgetGraph(ctx context.Context, db *database, p *projection) {
	s.whileIndexing(ctx, func() { // so none is begun meanwhile
		info := *db.info.Load()
		at := s.snapshotsOf(info)
		if at == nil || db.projection.Load() != p || p.graph.Load() != nil || !db.follows(p) {
			return
		}
		s.discard(info)
		if err := at.log.ForgetChanges(ctx, info); err != nil {
			s.reportOf(db, err)
		}
	})
}

// discard removes the index files of a database that was dropped or has no graph any more.
func (s *Service) discard(info domain.Database) {
	if s.dir == "" {
		return
	}
	for _, e := range s.engines {
		if fe, ok := e.(ports.FileEngine); ok {
			err := fe.Remove(filepath.Join(s.dir, domain.FileName(info.ID, fe.Extension())))
			if err != nil && !errors.Is(err, domain.ErrForeignFile) {
				s.report(info.ID, err)
			}
		}
	}
}
