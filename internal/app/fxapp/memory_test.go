package fxapp_test

import (
	"context"
	"runtime/debug"
	"testing"

	"go.uber.org/fx"

	"github.com/memista/memista/internal/app/fxapp"
)

func TestABudgetHasGarbageCollectedSooner(t *testing.T) {
	old := debug.SetGCPercent(100)
	defer debug.SetGCPercent(old)
	growth := func() int {
		n := debug.SetGCPercent(100)
		debug.SetGCPercent(n)
		return n
	}
	for _, c := range []struct {
		name           string
		budget         int64
		before, during int
	}{
		{"without a budget nothing changes", 0, 100, 100},
		{"with one the heap grows less", 64 << 20, 100, 25},
		{"a choice of the operator's stays", 64 << 20, 50, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			debug.SetGCPercent(c.before)
			cfg := settings(t)
			cfg.Data.Lifecycle.MemoryBudget = c.budget
			l := newLog()
			a := fx.New(fxapp.Options(cfg, fxapp.About{}, l))
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-l.url
			if got := growth(); got != c.during {
				t.Errorf("while it runs the heap grows by %d %%; want %d", got, c.during)
			}
			if err := a.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := growth(); got != c.before {
				t.Errorf("after its end the heap grows by %d %%; want %d", got, c.before)
			}
		})
	}
}
