package migrate

import (
	"context"
	"time"

	"github.com/memista/memista/api"
)

// holdTime is for how long writers are kept out at once: if this program dies then, they are
// let in again by themselves.
const holdTime = 30 * time.Second

// follow copies what changed at the source until nothing is left.
func (w *move) follow(ctx context.Context) error {
	if w.o.offline {
		return nil
	}
	w.at.Phase = following
	m := newMeter(w.mover, w.id+", changes", 0, 0)
	defer m.End()
	for {
		p, err := w.changes(ctx)
		if err != nil {
			return err
		}
		n := int64(len(p.Chunks) + len(p.Deleted))
		if n > 0 {
			if err := w.load(ctx, api.Load{Chunks: p.Chunks, Delete: p.Deleted, DeleteKeys: p.DeletedKeys}); err != nil {
				return err
			}
		}
		w.at.Cursor, w.at.Changes = p.Next, w.at.Changes+n
		w.report.changes += n
		m.tell(w.report.changes)
		if err := w.save(); err != nil {
			return err
		}
		if !p.More {
			return w.note.save()
		}
		if err := w.holdOn(ctx); err != nil {
			return err
		}
	}
}

// changes reads the next changes.
func (w *move) changes(ctx context.Context) (p api.ChangePage, err error) {
	err = w.patiently(ctx, w.mover.from.Name, func() (err error) {
		p, err = w.mover.from.Changes(ctx, w.id, &api.ChangesOptions{After: w.at.Cursor, Limit: w.o.batch, Keep: keepChanges, Include: everything})
		return err
	})
	return p, err
}

// holdOn keeps writers out for longer, if they are.
func (w *move) holdOn(ctx context.Context) error {
	if w.heldAt.IsZero() || time.Since(w.heldAt) < holdTime/2 {
		return nil
	}
	return w.hold(ctx)
}

// hold keeps writers out from now on.
func (w *move) hold(ctx context.Context) error {
	at := time.Now()
	state, err := w.mover.from.Hold(ctx, w.id, &api.Hold{For: holdTime})
	if err == nil {
		w.state, w.heldAt = state, at
	}
	return err
}
