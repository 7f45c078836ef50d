package fxapp

import (
	"runtime/debug"

	"go.uber.org/fx"

	"github.com/memista/memista/internal/app/config"
)

// How much the heap may grow, in percent of what is in use, before garbage is collected:
// Go's default, and ours where memory is bounded. By default the program takes twice the
// memory that its vectors need.
const (
	usualGrowth   = 100
	boundedGrowth = 25
)

// boundMemory has garbage collected sooner where there is a budget for memory, and SQLite
// take its memory from one heap. A value of GOGC that somebody has chosen stays.
func boundMemory(lc fx.Lifecycle, cfg config.Config) {
	if cfg.Data.Lifecycle.MemoryBudget <= 0 {
		return
	}
	oneArena() // before the repository is opened
	lc.Append(fx.StartStopHook(func() {
		if old := debug.SetGCPercent(boundedGrowth); old != usualGrowth {
			debug.SetGCPercent(old)
		}
	}, func() {
		if old := debug.SetGCPercent(usualGrowth); old != boundedGrowth {
			debug.SetGCPercent(old)
		}
	}))
}
