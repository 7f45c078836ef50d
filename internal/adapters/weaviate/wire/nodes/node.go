package nodes

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Node is one node of the cluster.
type Node struct {
	Index int    // its place in Options.Addresses
	REST  string // address with scheme, without a path
	GRPC  string // host:port; "": not known

	mu       sync.Mutex // guards all below
	failures int        // tries in a row that found it down
	openedAt time.Time  // when its circuit opened; zero: it is closed
	trial    bool       // one request finds out whether it is back
	lastErr  error
	inFlight map[*inFlight]struct{}
}

// inFlight is a try on a node, which ends early where the node turns out to be down.
type inFlight struct {
	cancel context.CancelCauseFunc
}

// errWentDown is the cause of a try that was given up as its node went down.
var errWentDown = errors.New("the node stopped answering")

// State is what is thought of a node.
type State struct {
	REST     string
	GRPC     string
	Up       bool
	Since    time.Time // when it went down; zero if it is up
	Failures int       // in a row
	Err      error     // the last failure; nil if it is up
}

// State returns what is thought of n.
func (n *Node) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := State{REST: n.REST, GRPC: n.GRPC, Up: n.openedAt.IsZero(), Since: n.openedAt, Failures: n.failures}
	if !s.Up {
		s.Err = n.lastErr
	}
	return s
}

// admit reports whether a request may go to n: its circuit is closed, or has been open for
// the pause and nobody else tries.
func (n *Node) admit(now time.Time, o *Options) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.openedAt.IsZero() {
		return true
	}
	if n.trial || now.Sub(n.openedAt) < o.pauseAfter(n.failures) {
		return false
	}
	n.trial = true
	return true
}

// begin counts a try, which ends with the returned function.
func (n *Node) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := &inFlight{cancel: cancel}
	n.mu.Lock()
	n.inFlight[t] = struct{}{}
	n.mu.Unlock()
	return ctx, func() {
		n.mu.Lock()
		delete(n.inFlight, t)
		n.mu.Unlock()
		cancel(nil)
	}
}

// answered closes the circuit of n. It reports whether it was open.
func (n *Node) answered() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	wasOpen := !n.openedAt.IsZero()
	n.failures, n.openedAt, n.trial, n.lastErr = 0, time.Time{}, false, nil
	return wasOpen
}

// undecided ends a try that says nothing about n.
func (n *Node) undecided() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trial = false
}

// failed counts a failure, and opens the circuit after enough of them, or at once if nothing
// was sent: nobody listens there. Tries under way are then given up. It reports whether the
// circuit was closed and now is open.
func (n *Node) failed(now time.Time, f *Fault, most int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failures++
	n.lastErr, n.trial = f.Err, false
	if f.Sent && n.failures < most && n.openedAt.IsZero() {
		return false
	}
	wasClosed := n.openedAt.IsZero()
	n.openedAt = now
	if wasClosed {
		for t := range n.inFlight {
			t.cancel(errWentDown)
		}
	}
	return wasClosed
}
