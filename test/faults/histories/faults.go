//go:build unix

package histories

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Faults counts what happened, and keeps the promises that were broken.
type Faults struct {
	began time.Time

	mu      sync.Mutex // guards all below
	broken  []string
	n       int
	figures map[string]int
}

// kept is how many broken promises are kept to be printed.
const kept = 40

// newFaults returns one that has nothing.
func newFaults() *Faults { return &Faults{began: time.Now(), figures: map[string]int{}} }

// now is the time since the run began, in nanoseconds, by the monotonic clock.
func (f *Faults) now() int64 { return int64(time.Since(f.began)) }

// fault notes a promise that was broken.
func (f *Faults) fault(kind, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.figures["broken: "+kind]++
	if f.n++; f.n <= kept {
		f.broken = append(f.broken, fmt.Sprintf("%.3f s: %s: %s", float64(f.now())/1e9, kind, fmt.Sprintf(format, args...)))
	}
}

// count counts something that happened.
func (f *Faults) count(what string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.figures[what] += n
}

// N returns how many promises were broken.
func (f *Faults) N() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// Figure returns how often something happened.
func (f *Faults) Figure(what string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.figures[what]
}

// Broken returns the first promises that were broken, a line each.
func (f *Faults) Broken() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.broken, "\n")
}

// String lists all figures, a line each.
func (f *Faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(f.figures)) {
		fmt.Fprintf(&b, "%-48s %d\n", what, f.figures[what])
	}
	return b.String()
}
