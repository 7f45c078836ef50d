//go:build unix

package faults_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKill kills the server under load, again and again, and compares what the next one
// has with what was acknowledged. Some servers are told to end instead, so that there are
// index files to start from, and some are killed while they do.
func TestKill(t *testing.T) {
	cycles := rounds(t, 20, 1000)
	rng := seeded(t)
	l := newLedger(t, append(accounts(), &account{name: "partial", metric: "cosine", dims: 12, floor: 7000, owner: -1, bare: true})...)
	dir := t.TempDir()
	kills := 0
	for kills < cycles {
		if fileExists(filepath.Join(dir, "graph.hnsw")) {
			l.saved++
		}
		s := start(t, launch{dir: dir, env: lifecycle(rng)})
		o := l.on(t.Context(), s)
		o.verify(rng)
		if t.Failed() {
			t.Fatalf("after %d kills; log of the server:\n%s", kills, s.Log())
		}
		if l.endUnderLoad(o, rng) {
			kills++
		}
		verified(t, dir)
		if text := s.crashed(); text != "" {
			t.Fatalf("after %d kills: %s", kills, text)
		}
		l.rebuilt += strings.Count(s.Log(), "index will be made from the rows")
	}
	s := start(t, launch{dir: dir})
	l.on(t.Context(), s).verify(rng)
	s.terminate()
	verified(t, dir)
	t.Logf("%d of the starts had an index file of a graph; %d reports that one would not do", l.saved, l.rebuilt)
	l.report(kills, "kill -9 under load")
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lifecycle returns settings under which databases are open all the time, or are closed
// and opened again now and then.
func lifecycle(rng *rand.Rand) []string {
	var env []string
	if rng.IntN(3) == 0 {
		env = append(env, "MEMISTA_MEMORY_BUDGET=900KiB")
	}
	if rng.IntN(4) == 0 {
		env = append(env, "MEMISTA_IDLE_CLOSE=1ms")
	}
	return env
}

// endUnderLoad puts the server under load and ends it, one way or another. It reports
// whether it was killed.
func (l *ledger) endUnderLoad(o *load, rng *rand.Rand) (killed bool) {
	o.excused = shuttingDown
	reached := l.after(int64(5 + rng.IntN(200)))
	o.begin(rng)
	select {
	case <-reached:
	case <-time.After(patience):
		l.wrong("no progress under load:\n%s", o.s.Log())
	}
	way := rng.IntN(10)
	if way < 3 {
		o.ending.Store(true)
		o.s.signal()
	}
	if way == 0 {
		if code, err := o.s.Wait(); err != nil || code != 0 {
			l.wrong("exit code %d after SIGTERM, %v; want 0:\n%s", code, err, o.s.Log())
		}
	} else {
		// The moment of an acknowledgement is no better than others.
		<-time.After(time.Duration(rng.IntN(20_000)) * time.Microsecond)
		killed = o.s.Running()
		o.s.kill()
	}
	o.running.Wait()
	return killed
}

// shuttingDown excuses the refusals of a server that ends.
func shuttingDown(r *refusal) (ok, open bool) { return r.status == 503, false }

// report prints what came out.
func (l *ledger) report(n int, what string) {
	l.t.Helper()
	result(l.t, n, what, int(l.problems.Load()))
	probes, missed := l.probes.Load(), l.missed.Load()
	l.t.Logf("%d acknowledged changes, %d searches checked, %d of %d searches in the graph missed their own vector",
		l.acks.Load(), l.searched.Load(), missed, probes)
	if missed > probes/100 {
		l.t.Errorf("%d of %d searches in the graph missed their own vector; want at most 1 %%", missed, probes)
	}
}
