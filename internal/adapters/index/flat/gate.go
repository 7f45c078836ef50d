package flat

import "sync/atomic"

// gate counts the calls under way, so that closing can wait for them without a lock on
// the way in. Its zero value is not usable; see newGate.
type gate struct {
	state atomic.Int64  // calls under way, plus shut once closing has begun
	empty chan struct{} // holds a token when the count may have fallen to nothing
}

const shut = 1 << 62

func newGate() *gate { return &gate{empty: make(chan struct{}, 1)} }

// enter reports whether the gate is open, and if so counts a call; leave must follow.
func (g *gate) enter() bool {
	if g.state.Add(1) < shut {
		return true
	}
	g.leave()
	return false
}

func (g *gate) leave() {
	if g.state.Add(-1) == shut {
		select { // a token that is there already says the same
		case g.empty <- struct{}{}:
		default:
		}
	}
}

// close shuts the gate and waits until the last call has left. It reports whether it
// was this call that shut it.
func (g *gate) close() bool {
	for {
		n := g.state.Load()
		if n >= shut {
			return false
		}
		if g.state.CompareAndSwap(n, n+shut) {
			break
		}
	}
	for g.state.Load() != shut {
		<-g.empty
	}
	return true
}
