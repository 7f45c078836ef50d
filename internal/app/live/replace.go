package live

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app/jobs"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// Replacement says how all vectors of a database are replaced by others, which are not in
// its rows yet.
type Replacement struct {
	// Settings returns what become of the settings of the database with them.
	Settings func(domain.Settings) domain.Settings
	// Vectors returns the first limit of them above a chunk id.
	Vectors func(ctx context.Context, after int64, limit int) ([]domain.Chunk, error)
	// CatchUp makes the vectors of chunks that have none, because they were written
	// concurrently: most of them, and then, with last, the rest while no one writes. It
	// calls add with those that are kept, in the order of the repository's commits. It returns
	// ErrLate when writers have waited for long enough: they go on, and it is tried again.
	CatchUp func(ctx context.Context, add func([]domain.Chunk), last bool) error
	// Swap puts them in the place of those in the rows, if the database is to get settings
	// for which an index for want is right. It calls applied as ports.ChunkRepository.Write
	// does.
	Swap  func(ctx context.Context, want domain.Settings, applied func(domain.Database)) error
	Steps *jobs.Progress
}

// ErrLate says that the last vectors were not made in the time that writers wait for them.
var ErrLate = errors.New("the last vectors were not made in time")

const lateTries = 5 // how often CatchUp is called with last, with what was made until then

// Replace makes an index of the vectors of n beside the one that is searched, which then
// takes its place together with them. It is ErrBusy while another one is being made. On
// error nothing has changed.
func (r *Registry) Replace(ctx context.Context, db *Database, n Replacement) error {
	w := alterWork{r: r, db: db, info: db.State(), steps: n.Steps}
	w.want = n.Settings(w.info.Settings)
	w.change = func(ctx context.Context, applied func(domain.Database)) error { return n.Swap(ctx, w.want, applied) }
	w.next = &applier{set: &w.want, vectors: n.Vectors}
	w.catchUp = func(ctx context.Context, last bool) error { return n.CatchUp(ctx, w.add, last) }
	return w.run(ctx)
}

// add gives vectors to the index that is being made. The repository's writer calls it.
func (w *alterWork) add(chunks []domain.Chunk) {
	ix := w.next.index
	c := domain.Commit{Database: ix.Applied()}
	for i := range chunks {
		c.IDs = append(c.IDs, chunks[i].ID)
	}
	if err := ix.Apply(tiered.ChangeOf(domain.Batch{Put: chunks}, c)); err != nil {
		w.db.broke(w.next, err)
		return
	}
	w.r.index(w.db, ix)
}

// SameModel reports whether what was read of the rows of d before the call are embeddings
// by e, the embedder that d had then.
func (d *Database) SameModel(e domain.Embedder) bool {
	return d.swapping.Load() == nil && d.State().Embedder == e
}
