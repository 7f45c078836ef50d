package live

import (
	"errors"
	"testing"

	"github.com/memista/memista/internal/app/named"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// TestApplyGivesUpTheRuntimeItIsCalledFor has a runtime catch up with two changes that its index
// cannot be made of, when another runtime of the same database is open already.
func TestApplyGivesUpTheRuntimeItIsCalledFor(t *testing.T) {
	runtime := func() *Database {
		db := &Database{id: "a", found: make(chan struct{}), ready: make(chan struct{}), current: &applier{}, named: named.New(nil)}
		db.info.Store(&domain.Database{ID: "a"})
		close(db.ready)
		return db
	}
	old, opened := runtime(), runtime()
	r := &Registry{report: func(id string, err error) { t.Errorf("reported of %q: %v", id, err) }, open: map[string]*Database{"a": old}}
	late := tiered.Change{Commit: domain.Commit{Database: domain.Database{ID: "a", Sequence: 1, Chunks: 5, Settings: domain.Settings{Dims: 2}}}}
	old.current.pending = []tiered.Change{late, late}
	r.unregister(old)
	r.open["a"] = opened
	if err := r.catchUp(old, old.current); !errors.Is(err, ErrGone) {
		t.Errorf("catchUp = %v; want ErrGone", err)
	}
	r.work.Wait()
	if !old.gone || opened.gone || r.open["a"] != opened {
		t.Errorf("the old runtime is gone: %v, the one opened after it: %v; want the first only", old.gone, opened.gone)
	}
}
