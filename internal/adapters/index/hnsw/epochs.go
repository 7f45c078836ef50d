package hnsw

import "sync/atomic"

// epochs lets someone wait until everybody who was inside at a moment has left, without
// keeping others from entering.
type epochs struct {
	epoch  atomic.Uint64
	inside [2]atomic.Int64 // by parity of the epoch they entered in
	left   chan struct{}
	closed atomic.Bool
}

func newEpochs() *epochs { return &epochs{left: make(chan struct{}, 1)} }

// enter returns what to leave with; ok is false once the guard is closed.
func (g *epochs) enter() (parity uint64, ok bool) {
	for {
		e := g.epoch.Load()
		g.inside[e&1].Add(1)
		// Whoever waits has moved the epoch on first: if it still stands, the wait
		// comes later and counts us.
		if g.epoch.Load() == e {
			if g.closed.Load() {
				g.leave(e & 1)
				return 0, false
			}
			return e & 1, true
		}
		g.leave(e & 1)
	}
}

func (g *epochs) leave(parity uint64) {
	if g.inside[parity].Add(-1) == 0 {
		select {
		case g.left <- struct{}{}:
		default:
		}
	}
}

// wait returns when all who entered before the call have left. Calls must not overlap.
func (g *epochs) wait() {
	old := (g.epoch.Add(1) - 1) & 1
	for g.inside[old].Load() != 0 {
		<-g.left
	}
}

// close lets no one in from now on, and returns when all have left.
func (g *epochs) close() {
	g.closed.Store(true)
	g.wait()
}
