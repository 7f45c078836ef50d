package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/store"
)

// mover moves databases from one store to another.
type mover struct {
	o        *options
	from, to *store.Store
	out, log io.Writer
	note     *note
	patience time.Duration // 0: defaultPatience
}

// defaultPatience is for how long a store that is busy or away is asked again.
const defaultPatience = 2 * time.Minute

// run moves all databases that are asked for, one after the other.
func (m *mover) run(ctx context.Context) error {
	ids, err := m.databases(ctx)
	if err != nil {
		return err
	}
	if m.o.dryRun {
		return m.plan(ctx, ids)
	}
	if err := m.note.read(); err != nil {
		return err
	}
	for _, id := range ids {
		w := &move{mover: m, id: id, from: m.from.Database(id), to: m.to.Database(id)}
		if err := w.run(ctx); err != nil {
			if errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s: stopped; the same command goes on from there", id)
			}
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// databases returns the ids of what is to be moved.
func (m *mover) databases(ctx context.Context) ([]string, error) {
	if !m.o.all {
		return m.o.databases, nil
	}
	list, err := m.from.Databases(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return ids, nil
}

// patiently calls fn, again where it fails for a reason that may pass, and says so once.
func (m *mover) patiently(ctx context.Context, what string, fn func() error) error {
	end := time.Now().Add(m.patience)
	if m.patience == 0 {
		end = time.Now().Add(defaultPatience)
	}
	said := false
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := fn()
		if err == nil || !passing(err) || time.Now().After(end) {
			return err
		}
		if !said {
			fmt.Fprintf(m.log, "%s: %v; trying again\n", what, err)
			said = true
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// passing reports whether err may be gone in a moment.
func passing(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var away net.Error
	return errors.Is(err, api.ErrBusy) || errors.Is(err, api.ErrUnavailable) || errors.Is(err, api.ErrClosed) ||
		errors.As(err, &away) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// everything is all parts of a chunk.
var everything = []api.Part{api.PartText, api.PartMetadata, api.PartEmbedding, api.PartSparse}

// move is the migration of one database.
type move struct {
	*mover
	id       string
	from, to *api.Database
	at       *progress
	info     api.DatabaseInfo // of the source, when it began
	saved    time.Time
	state    api.HoldState // when writers were kept out, at
	heldAt   time.Time     // zero: they are not
	report   report
}

// report is what is said at the end.
type report struct {
	began    time.Time
	copied   int64
	took     time.Duration // to copy
	changes  int64
	held     time.Duration
	compared *comparison // nil: nothing was
}

// run moves the database, or goes on with it.
func (w *move) run(ctx context.Context) (err error) {
	w.report.began = time.Now()
	if w.info, err = w.from.Describe(ctx); err != nil {
		return err
	}
	if w.info.ID != w.id {
		return fmt.Errorf("%w: it is an alias of %s: name that", api.ErrInvalid, w.info.ID)
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	if done, err := w.gone(ctx); err != nil || done {
		return err
	}
	for {
		err := w.bring(ctx)
		if !errors.Is(err, api.ErrStartOver) {
			return err
		}
		if err := w.startOver(ctx); err != nil {
			return err
		}
	}
}

// bring copies what is left, compares, and switches.
func (w *move) bring(ctx context.Context) error {
	if w.at.Phase == copying {
		if err := w.copy(ctx); err != nil {
			return err
		}
	}
	if err := w.follow(ctx); err != nil {
		return err
	}
	if err := w.awaitIndex(ctx); err != nil {
		return err
	}
	if err := w.compare(ctx); err != nil {
		return err
	}
	if err := w.follow(ctx); err != nil {
		return err
	}
	return w.finish(ctx)
}

// begin makes the database at the target, after changes are kept at the source.
func (w *move) begin(ctx context.Context) error {
	w.at = w.note.Databases[w.id]
	if w.at != nil && w.at.Phase != creating {
		fmt.Fprintf(w.log, "%s: going on after %d chunks\n", w.id, w.at.Copied)
		return nil
	}
	there, err := w.to.Describe(ctx)
	if err == nil && (w.at == nil || there.Chunks > 0) {
		return fmt.Errorf("%w: it exists at %s: drop it there first", api.ErrConflict, w.mover.to.Name)
	}
	if err != nil && !errors.Is(err, api.ErrNotFound) {
		return err
	}
	w.at = &progress{Phase: creating}
	w.note.Databases[w.id] = w.at
	if err := w.openFeed(ctx); err != nil {
		return err
	}
	set := w.info.Settings
	_, err = w.to.Create(ctx, &set)
	if plain := withoutIndex(set); errors.Is(err, api.ErrUnsupported) && settingsText(plain) != settingsText(set) {
		fmt.Fprintf(w.log, "%s: the target has indexes of its own: engine, m, ef_construction, ef_search and storage are left out\n", w.id)
		_, err = w.to.Create(ctx, &plain)
	}
	if err != nil {
		return fmt.Errorf("make it at %s: %w", w.mover.to.Name, err)
	}
	w.at.Phase = copying
	return w.note.save()
}

// keepChanges is how long the source keeps changes for a migration that was stopped.
const keepChanges = 24 * time.Hour

// openFeed has the source keep its changes from now on, if it can.
func (w *move) openFeed(ctx context.Context) error {
	if w.o.offline {
		return w.note.save()
	}
	page, err := w.mover.from.Changes(ctx, w.id, &api.ChangesOptions{Keep: keepChanges})
	if errors.Is(err, api.ErrUnsupported) {
		return fmt.Errorf("%w: stop all writers of it, and say so with --offline", err)
	}
	if err != nil {
		return err
	}
	w.at.Cursor = page.Next
	return w.note.save()
}

// startOver begins anew where the source has forgotten what changed. What is at the target
// stays until it is known to be gone.
func (w *move) startOver(ctx context.Context) error {
	fmt.Fprintf(w.log, "%s: the source has not kept its changes for so long: all chunks are copied again\n", w.id)
	*w.at = progress{Phase: copying, Sweep: true}
	return w.openFeed(ctx)
}

// save notes how far w is, at most so often that it costs nothing.
func (w *move) save() error {
	if time.Since(w.saved) < time.Second/2 {
		return nil
	}
	w.saved = time.Now()
	return w.note.save()
}
