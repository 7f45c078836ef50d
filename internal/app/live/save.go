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
	at := r.indexFileOf(info)
	if at == nil || r.readOnly {
		return 0, nil
	}
	now, err := at.log.KeepChanges(ctx, info, 0)
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
	at := r.indexFileOf(*db.info.Load())
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
	err = at.save(ctx, saver, snap)
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
	_, err = at.log.KeepChanges(ctx, state, state.Sequence)
	if errors.Is(err, domain.ErrNotFound) { // dropped in between, and the file removed before it was written
		err = at.remove()
	}
	if err != nil {
		return fmt.Errorf("save index of %q: %w", db.id, err)
	}
	return nil
}

// indexFile is where and how graphs of an engine are kept in files; nil where they are
// not: in memory, with an engine or a repository that cannot.
type indexFile struct {
	files  ports.IndexFiles
	engine ports.FileEngine
	log    ports.ChangeLog
	id     string // of the database
}

func (f *indexFile) open(s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	return f.files.Open(f.engine, f.id, s, life)
}

func (f *indexFile) save(ctx context.Context, ix ports.Saver, snap ports.Snapshot) error {
	return f.files.Save(ctx, f.engine, f.id, ix, snap)
}

func (f *indexFile) remove() error { return f.files.Remove(f.engine, f.id) }

func (f *indexFile) size() int64 { return f.files.Size(f.engine, f.id) }

// indexFileOf returns how graphs of database info are kept.
func (r *Registry) indexFileOf(info domain.Database) *indexFile {
	engine, ok := r.engineOf(info.Engine).(ports.FileEngine)
	if !ok || r.files == nil {
		return nil
	}
	return &indexFile{r.files, engine, r.repo, info.ID}
}

// ErrNoIndexFile says that there is nothing to restore from, which is no fault.
var ErrNoIndexFile = errors.New("no usable snapshot")

// ReadIndexFile makes an index of info from its file and the changes since. Any doubt about
// the file is an error, upon which the rows are indexed.
func (r *Registry) ReadIndexFile(ctx context.Context, info domain.Database) (*tiered.Index, error) {
	at := r.indexFileOf(info)
	if at == nil {
		return nil, ErrNoIndexFile
	}
	ix, snap, err := at.open(graphSettings(info.Settings, info.Dims), info.Incarnation)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, ErrNoIndexFile
	}
	if err != nil {
		return nil, fmt.Errorf("index file of %q: %w", info.ID, err)
	}
	p, err := r.replay(ctx, at, info, ix, snap)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index file of %q: %w", info.ID, err), ix.Close())
	}
	return p, nil
}

// replay makes an index of a graph as it was at snap and of what changed since. On
// error the graph is still the caller's.
func (r *Registry) replay(ctx context.Context, at *indexFile, info domain.Database, ix ports.VectorIndex, snap ports.Snapshot) (*tiered.Index, error) {
	since, err := at.log.ChangesSince(ctx, info, snap)
	if err != nil {
		return nil, err
	}
	since.Written = tiered.WrittenOrMissing(since, snap.Missing)
	fresh := 0
	for _, gone := range [][]int64{since.Deleted, since.Written} {
		n, err := ix.Remove(gone)
		if err != nil {
			return nil, err
		}
		fresh += n
	}
	p, err := r.newIndex(info)
	if err != nil {
		return nil, err
	}
	if err := r.fillMissing(ctx, p, info, ix, snap, since, fresh); err != nil {
		return nil, errors.Join(err, p.Buffer().Close())
	}
	return p, nil
}

// fillMissing makes ix, which has what did not change, the graph of p, and reads the rows
// that it lacks.
func (r *Registry) fillMissing(ctx context.Context, p *tiered.Index, info domain.Database, ix ports.VectorIndex, snap ports.Snapshot, since ports.Changes, fresh int) error {
	if err := p.Restore(ix, info, snap, since, fresh); err != nil {
		return err
	}
	r.watch(info.ID, ix)
	for ids := since.Written; len(ids) > 0; {
		n := min(LoadPage, len(ids))
		page, err := r.repo.Chunks(ctx, info, domain.Selection{IDs: ids[:n]}, domain.FieldEmbedding)
		if err == nil && len(page) > 0 {
			err = p.AddMissing(page)
		}
		if err != nil {
			return err
		}
		ids = ids[n:]
	}
	p.Restored(since)
	return nil
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
	at := r.indexFileOf(info)
	if r.readOnly || at == nil || db.index.Load() != p || p.HasGraph() || !db.serves(p) {
		return
	}
	r.removeIndexFiles(info)
	if err := at.log.ForgetChanges(ctx, info); err != nil {
		r.reportUnlessGone(db, err)
	}
}

// removeIndexFiles removes the index files of a database that was dropped or has no graph any more.
func (r *Registry) removeIndexFiles(info domain.Database) {
	for _, e := range r.engines {
		if fe, ok := e.(ports.FileEngine); ok {
			err := r.files.Remove(fe, info.ID)
			if err != nil && !errors.Is(err, domain.ErrForeignFile) {
				r.report(info.ID, err)
			}
		}
	}
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
	at := r.indexFileOf(info)
	if err := at.remove(); err != nil {
		return err
	}
	r.Reload(info.ID)
	return nil
}
