package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/api"
)

// gone reports whether the database has moved already: an earlier process may have died just
// behind that.
func (w *move) gone(ctx context.Context) (bool, error) {
	state, err := w.mover.from.Hold(ctx, w.id, nil)
	switch {
	case errors.Is(err, api.ErrUnsupported):
		return false, nil
	case err != nil:
		return false, err
	case state.Moved == "":
		return false, nil
	case state.Moved == w.mover.to.Name && w.at.Phase == following:
		fmt.Fprintf(w.out, "%s: has moved to %s\n", w.id, state.Moved)
		return true, w.note.forget(w.id)
	}
	return false, errors.Join(fmt.Errorf("%w: it has moved to %s already", api.ErrConflict, state.Moved), w.abandon(ctx))
}

// abandon takes back a database that was made for nothing.
func (w *move) abandon(ctx context.Context) error {
	if w.at.Copied > 0 {
		return nil
	}
	return errors.Join(w.to.Drop(ctx), w.note.forget(w.id))
}

// finish has the target take over, unless only a copy is wanted.
func (w *move) finish(ctx context.Context) error {
	if w.o.copyOnly {
		if err := w.names(ctx); err != nil {
			return err
		}
		return w.end(ctx)
	}
	err := w.takeOver(ctx)
	if err != nil && !w.heldAt.IsZero() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdTime)
		defer cancel()
		if _, freed := w.mover.from.Hold(ctx, w.id, &api.Hold{}); freed != nil {
			err = errors.Join(err, fmt.Errorf("writers are let in again after %v: %w", holdTime, freed))
		}
		return err
	}
	if err != nil {
		return err
	}
	return w.end(ctx)
}

// takeOver keeps writers out, copies what is left, and has the source say that it has moved.
func (w *move) takeOver(ctx context.Context) error {
	began := time.Now()
	err := w.hold(ctx)
	if w.o.offline && errors.Is(err, api.ErrUnsupported) {
		if err := w.names(ctx); err != nil {
			return err
		}
		return w.count(ctx)
	}
	if err != nil {
		return fmt.Errorf("keep writers out: %w", err)
	}
	if err := w.follow(ctx); err != nil {
		return err
	}
	if !w.o.newIDs && w.state.NextID > 1 {
		if err := w.load(ctx, api.Load{NextID: w.state.NextID}); err != nil {
			return err
		}
	}
	if err := w.sameSettings(ctx); err != nil {
		return err
	}
	if err := w.names(ctx); err != nil {
		return err
	}
	if err := w.count(ctx); err != nil {
		return err
	}
	if err := w.note.save(); err != nil {
		return err
	}
	// What expired meanwhile is gone here and there, and the only thing that may have changed.
	state, err := w.mover.from.Hold(ctx, w.id, nil)
	if err != nil {
		return err
	}
	if time.Since(w.heldAt) >= holdTime {
		return fmt.Errorf("%w: it took longer than %v to copy the last changes: writers were let in again", api.ErrUnavailable, holdTime)
	}
	if _, err := w.mover.from.Hold(ctx, w.id, &api.Hold{Moved: w.mover.to.Name, IfSequence: &state.Sequence}); err != nil {
		return fmt.Errorf("have the source say that it has moved: %w", err)
	}
	w.report.held = time.Since(began)
	return nil
}

// sameSettings refuses settings that were changed while chunks were copied.
func (w *move) sameSettings(ctx context.Context) error {
	now, err := w.from.Describe(ctx)
	if err != nil {
		return err
	}
	there, err := w.to.Describe(ctx)
	if err != nil {
		return err
	}
	here := now.Settings
	if settingsText(there.Settings) == settingsText(withoutIndex(there.Settings)) { // it has none of them
		here = withoutIndex(here)
	}
	if a, b := settingsText(here), settingsText(there.Settings); a != b {
		return fmt.Errorf("%w: its settings are %s, and %s at the target: change one of them, and call the same command again", api.ErrConflict, a, b)
	}
	return nil
}

// withoutIndex returns s without what is about the index of vectors.
func withoutIndex(s api.Settings) api.Settings {
	s.Engine, s.M, s.EfConstruction, s.EfSearch, s.Storage = "", 0, 0, 0, ""
	return s
}

// settingsText is s in words, in one form.
func settingsText(s api.Settings) string {
	return fmt.Sprintf("%+v", struct {
		api.Settings
		Metadata string
	}{s, s.Metadata.String()})
}

// names takes along what the database is called by other surfaces.
func (w *move) names(ctx context.Context) error {
	all, err := w.mover.from.CarriedNames(ctx)
	if errors.Is(err, api.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read its names: %w", err)
	}
	n := namesOf(all, w.id)
	if len(n.Aliases)+len(n.Collections) == 0 {
		return nil
	}
	if err := w.mover.to.PutNames(ctx, n); err != nil {
		return fmt.Errorf("give it its names at %s: %w", w.mover.to.Name, err)
	}
	return nil
}

// namesOf returns the part of all that is about database id.
func namesOf(all api.Names, id string) (n api.Names) {
	spaces := map[api.Space]bool{}
	for _, c := range all.Collections {
		if c.ID == id {
			n.Collections = append(n.Collections, c)
			spaces[c.Space] = true
		}
	}
	for _, a := range all.Aliases {
		if a.Database == id {
			n.Aliases = append(n.Aliases, a)
		}
	}
	tenants := map[string]bool{}
	for _, s := range all.Spaces {
		if spaces[s] {
			n.Spaces = append(n.Spaces, s)
			tenants[s.Tenant] = true
		}
	}
	for _, t := range all.Tenants {
		if tenants[t] {
			n.Tenants = append(n.Tenants, t)
		}
	}
	return n
}

// countTries is how often is counted where chunks expire meanwhile.
const countTries = 3

// count refuses to switch where the target has not as many chunks as the source.
func (w *move) count(ctx context.Context) error {
	for try := 1; ; try++ {
		here, err := w.from.Count(ctx, nil)
		if err != nil {
			return err
		}
		there, err := w.to.Count(ctx, nil)
		if err != nil {
			return err
		}
		if here == there {
			return nil
		}
		if try == countTries {
			return fmt.Errorf("%w: there are %d chunks at the source, and %d at %s: nothing has moved", api.ErrConflict, here, there, w.mover.to.Name)
		}
	}
}

// end says what was done, and forgets what is not needed any more.
func (w *move) end(ctx context.Context) error {
	if w.at.Cursor != "" {
		// The time of the feed ends by itself, too.
		_, _ = w.mover.from.Changes(ctx, w.id, &api.ChangesOptions{After: w.at.Cursor, Close: true})
	}
	r := &w.report
	fmt.Fprintf(w.out, "%s: %d chunks copied", w.id, w.at.Copied)
	if r.took > 0 {
		fmt.Fprintf(w.out, " in %v, %.0f/s", r.took.Round(100*time.Millisecond), float64(r.copied)/r.took.Seconds())
	}
	fmt.Fprintf(w.out, "; %d changes since", w.at.Changes)
	if c := r.compared; c != nil {
		fmt.Fprintf(w.out, "; %s", c)
	}
	if !w.o.copyOnly {
		fmt.Fprintf(w.out, "; writers kept out for %v; moved to %s", r.held.Round(time.Millisecond), w.mover.to.Name)
	}
	fmt.Fprintln(w.out)
	return w.note.forget(w.id)
}
