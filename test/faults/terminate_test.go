//go:build unix

package faults_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// endsWithin is how long a server under load may take to end. It saves the graph of a
// small database meanwhile.
const endsWithin = 15 * time.Second

// TestTerminate tells a server under load to end. It must do so soon and in order: every
// request is answered, or refused, or was never looked at.
func TestTerminate(t *testing.T) {
	n := rounds(t, 3, 200)
	rng := seeded(t)
	l := newLedger(t, accounts()...)
	dir := t.TempDir()
	var took []time.Duration
	for round := range n {
		s := start(t, launch{dir: dir, env: lifecycle(rng)})
		o := l.on(t.Context(), s)
		o.verify(rng)
		if t.Failed() {
			t.Fatalf("round %d: log of the server:\n%s", round, s.Log())
		}
		took = append(took, o.endInOrder(rng))
		verified(t, dir)
	}
	s := start(t, launch{dir: dir})
	l.on(t.Context(), s).verify(rng)
	s.terminate()
	slices.Sort(took)
	t.Logf("from the signal to the end: median %v, longest %v", took[len(took)/2], took[len(took)-1])
	if longest := took[len(took)-1]; longest > endsWithin {
		t.Errorf("an end took %v; want at most %v", longest, endsWithin)
	}
	l.report(n, "SIGTERM under load")
}

// endInOrder loads the server and tells it to end, and returns how long that took.
func (o *load) endInOrder(rng *rand.Rand) time.Duration {
	o.excused = shuttingDown
	reached := o.l.after(int64(20 + rng.IntN(100)))
	o.begin(rng)
	select {
	case <-reached:
	case <-time.After(patience):
		o.l.wrong("no progress under load:\n%s", o.s.Log())
	}
	<-time.After(time.Duration(rng.IntN(20_000)) * time.Microsecond)
	o.ending.Store(true)
	begin := time.Now()
	o.s.terminate()
	took := time.Since(begin)
	o.running.Wait()
	o.l.closeBooks()
	return took
}
