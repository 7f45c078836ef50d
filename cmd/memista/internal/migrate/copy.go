package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/output"
)

// ahead is how many pages are read before they are stored.
const ahead = 2

// page is a page of the source, or why it could not be read.
type page struct {
	api.Page
	after int64 // the id before it
	err   error
}

// copy copies all chunks behind the last one that was copied. Chunks that are written
// meanwhile may be missed, or come as they were: the changes have them.
func (w *move) copy(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages := make(chan page, ahead)
	go w.read(ctx, pages)
	m := newMeter(w.mover, w.id, w.at.Copied, w.info.Chunks)
	defer m.End()
	for p := range pages {
		if p.err != nil {
			return fmt.Errorf("read chunks after %d: %w", p.after, p.err)
		}
		last, n := w.at.After, int64(len(p.Chunks))
		if n > 0 {
			last = p.Chunks[n-1].ID // before it may be numbered anew
		}
		if err := w.store(ctx, p); err != nil {
			return err
		}
		w.at.After, w.at.Copied = last, w.at.Copied+n
		w.report.copied += n
		m.tell(w.at.Copied)
		if err := w.save(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := w.sweep(ctx); err != nil {
		return err
	}
	w.report.took = time.Since(m.start)
	w.at.Phase = following
	return w.note.save()
}

// read sends the pages behind the last chunk that was copied, until the last one.
func (w *move) read(ctx context.Context, pages chan<- page) {
	defer close(pages)
	o := api.ListOptions{After: w.at.After, Limit: w.o.batch, Include: everything}
	for {
		p := page{after: o.After}
		p.err = w.patiently(ctx, w.mover.from.Name, func() (err error) {
			p.Page, err = w.list(ctx, &o)
			return err
		})
		select {
		case pages <- p:
		case <-ctx.Done():
			return
		}
		if p.err != nil || p.Next == 0 {
			return
		}
		o.After = p.Next
	}
}

// list reads a page, a smaller one where that would be too large for an answer.
func (w *move) list(ctx context.Context, o *api.ListOptions) (api.Page, error) {
	for {
		p, err := w.from.List(ctx, o)
		if !errors.Is(err, api.ErrTooLarge) || o.Limit == 1 {
			return p, err
		}
		o.Limit = max(1, o.Limit/4)
	}
}

// store loads a page into the target.
func (w *move) store(ctx context.Context, p page) error {
	l := api.Load{Chunks: p.Chunks}
	if w.o.newIDs {
		for i := range l.Chunks {
			l.Chunks[i].ID = w.at.Copied + int64(i) + 1
		}
	}
	if len(l.Chunks) == 0 {
		return nil
	}
	return w.load(ctx, l)
}

// load loads l into the target.
func (w *move) load(ctx context.Context, l api.Load) error {
	err := w.patiently(ctx, w.mover.to.Name, func() error {
		_, err := w.mover.to.Load(ctx, w.id, l)
		return err
	})
	if errors.Is(err, api.ErrTooLarge) && len(l.Chunks) > 1 {
		half := len(l.Chunks) / 2
		if err := w.load(ctx, api.Load{Chunks: l.Chunks[:half], Delete: l.Delete, DeleteKeys: l.DeleteKeys, NextID: l.NextID}); err != nil {
			return err
		}
		return w.load(ctx, api.Load{Chunks: l.Chunks[half:], NextID: l.NextID})
	}
	if err != nil {
		return fmt.Errorf("store %d chunks at %s: %w", len(l.Chunks), w.mover.to.Name, err)
	}
	return nil
}

// sweep deletes, where changes were lost, what the target has and the source has not any more.
func (w *move) sweep(ctx context.Context) error {
	if !w.at.Sweep {
		return nil
	}
	o := api.ListOptions{Limit: 1000, Include: []api.Part{}}
	for {
		var have api.Page
		err := w.patiently(ctx, w.mover.to.Name, func() (err error) {
			have, err = w.to.List(ctx, &o)
			return err
		})
		if err != nil {
			return err
		}
		l, err := w.vanished(ctx, have.Chunks)
		if err != nil {
			return err
		}
		if len(l.Delete) > 0 {
			if err := w.load(ctx, l); err != nil {
				return err
			}
		}
		if !have.Follow(&o) {
			w.at.Sweep = false
			return nil
		}
	}
}

// vanished returns the load that deletes those of have that the source has not: by their keys,
// where they have one, for their ids may be others there.
func (w *move) vanished(ctx context.Context, have []api.Chunk) (l api.Load, err error) {
	var ids []int64
	var keys []string
	for _, c := range have {
		if c.Key != "" {
			keys = append(keys, c.Key)
		} else {
			ids = append(ids, c.ID)
		}
	}
	o := api.ListOptions{Filter: api.Or(api.In(api.FieldID, ids...), api.In(api.FieldKey, keys...)), Limit: 2 * len(have), Include: []api.Part{}}
	if len(have) == 0 {
		return l, nil
	}
	page, err := w.from.List(ctx, &o)
	if err != nil {
		return l, err
	}
	there, named := map[int64]bool{}, map[string]bool{}
	for _, c := range page.Chunks {
		there[c.ID], named[c.Key] = true, true
	}
	for _, c := range have {
		switch {
		case c.Key == "" && !there[c.ID]:
			l.Delete = append(l.Delete, c.ID)
		case c.Key != "" && !named[c.Key]:
			l.Delete, l.DeleteKeys = append(l.Delete, c.ID), append(l.DeleteKeys, c.Key)
		}
	}
	return l, nil
}

// awaitIndex waits until the target has an index of all that it got.
func (w *move) awaitIndex(ctx context.Context) error {
	if w.o.noIndex {
		return nil
	}
	m := output.NewMeter(w.log, 0)
	defer m.End()
	wait := w.to.WaitIndexed
	if w.mover.to.File != nil {
		wait = func(ctx context.Context, told func(done, total int64)) error {
			return w.mover.to.File.FinishIndex(ctx, w.id, told)
		}
	}
	err := w.patiently(ctx, w.mover.to.Name, func() error { return wait(ctx, m.TellIndex) })
	if errors.Is(err, api.ErrUnsupported) {
		return nil
	}
	return err
}
