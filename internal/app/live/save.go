package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// keepChanges makes the repository keep the changes of info, so that the graph that is about
// to be made can be saved, and returns from which sequence on it does. Without it (a full
// disk, say) the graph is good all the same.
func (r *Registry) keepChanges(ctx context.Context, info domain.Database) (since int64, err error) {
	at := r.files.Of(info)
	if at == nil || r.readOnly {
		return 0, nil
	}
	now, err := r.repo.KeepChanges(ctx, info, 0)
	return now.Sequence, err
}

// saveIfDue saves the graph of db if it is worth it, and reports what goes wrong.
func (r *Registry) saveIfDue(ctx context.Context, db *Database, p *tiered.Index) {
	if r.readOnly || !p.SaveDue() {
		return
	}
	if err := r.save(ctx, db, p); err != nil && ctx.Err() == nil {
		r.reportUnlessGone(db, err)
	}
}

// save writes the graph of db to its file, with what it has. It waits for no more than a
// turn of the indexer of db, which does not go on until the graph is written; what leaves
// the graph until then is among the tombstones. A database that was taken out of use is not
// saved: its file may be another's by now.
func (r *Registry) save(ctx context.Context, db *Database, p *tiered.Index) error {
	unlock, err := r.graphLocks.Lock(ctx, db.id)
	if err != nil {
		return err
	}
	defer unlock()
	at := r.files.Of(*db.info.Load())
	g := p.Graph()
	if r.readOnly || at == nil || g == nil || db.index.Load() != p || !db.serves(p) {
		return nil
	}
	saver, ok := g.(ports.Saver)
	if !ok {
		return nil
	}
	state, snap, fresh, known := p.Freeze()
	if !known {
		return p.Thaw() // the repository began to remember later than that
	}
	began := time.Now()
	err = at.Save(ctx, saver, snap)
	if ctx.Err() == nil {
		count(&r.counts.snapshots, &r.counts.snapshotFaults, err)
	}
	if thawed := p.Thaw(); thawed != nil {
		return thawed
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	p.NoteSaved(state, snap, fresh, time.Since(began))
	_, err = r.repo.KeepChanges(ctx, state, state.Sequence)
	if errors.Is(err, domain.ErrNotFound) { // dropped in between, and the file removed before it was written
		err = at.Remove()
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	return nil
}

// ErrNoIndexFile says that there is nothing to restore from, which is no fault.
var ErrNoIndexFile = errors.New("no usable snapshot")

// ReadIndexFile makes an index of info from its file and the changes since. Any doubt about
// the file is an error, upon which the rows are indexed.
func (r *Registry) ReadIndexFile(ctx context.Context, info domain.Database) (*tiered.Index, error) {
	at := r.files.Of(info)
	if at == nil {
		return nil, ErrNoIndexFile
	}
	ix, snap, err := at.Open(info.Settings, info.Incarnation)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, ErrNoIndexFile
	}
	if err != nil {
		return nil, fmt.Errorf("index file of %q: %w", info.ID, err)
	}
	p, err := r.replay(ctx, info, ix, snap)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index file of %q: %w", info.ID, err), ix.Close())
	}
	return p, nil
}

// replay makes an index of a graph as it was at snap and of what changed since. On
// error the graph is still the caller's.
func (r *Registry) replay(ctx context.Context, info domain.Database, ix ports.VectorIndex, snap ports.Snapshot) (*tiered.Index, error) {
	since, err := r.repo.ChangesSince(ctx, info, snap)
	if err != nil {
		return nil, err
	}
	p, err := r.newIndex(info)
	if err != nil {
		return nil, err
	}
	err = p.Restore(ix, info, snap, since, func(ids []int64) ([]domain.Chunk, error) {
		return r.repo.Chunks(ctx, info, domain.Selection{IDs: ids}, domain.FieldEmbedding)
	})
	if err != nil {
		return nil, errors.Join(err, p.Buffer().Close())
	}
	r.watch(info.ID, ix)
	return p, nil
}

// forgetGraph removes the file of the graph that db had before p, which has none, and what
// the repository remembers for it: that would grow with every batch, and be read with the
// file when the database is opened.
func (r *Registry) forgetGraph(ctx context.Context, db *Database, p *tiered.Index) {
	unlock, err := r.graphLocks.Lock(ctx, db.id) // so none is begun while it is held
	if err != nil {
		return
	}
	defer unlock()
	info := *db.info.Load()
	at := r.files.Of(info)
	if r.readOnly || at == nil || db.index.Load() != p || p.HasGraph() || !db.serves(p) {
		return
	}
	r.removeIndexFiles(info)
	if err := r.repo.ForgetChanges(ctx, info); err != nil {
		r.reportUnlessGone(db, err)
	}
}

// removeIndexFiles removes the index files of a database that was dropped or has no graph any more.
func (r *Registry) removeIndexFiles(info domain.Database) {
	r.files.RemoveAll(info.ID, func(err error) { r.report(info.ID, err) })
}

// RejectIndexFile removes the index file of info, and has the database opened again, which may
// have the graph of that file in memory. A save of that graph that is under way ends
// before, and none begins afterwards, so it does not come back.
func (r *Registry) RejectIndexFile(ctx context.Context, info domain.Database) error {
	unlock, err := r.graphLocks.Lock(ctx, info.ID)
	if err != nil {
		return err
	}
	defer unlock()
	at := r.files.Of(info)
	if err := at.Remove(); err != nil {
		return err
	}
	r.Reload(info.ID)
	return nil
}
