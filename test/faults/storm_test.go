//go:build unix

package faults_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// stormy are the databases that everybody works on at once.
var stormy = []string{"a", "b"}

// TestStorm lets everybody insert, replace, delete, search, drop and make the same
// databases, and closes the service in the middle of it. It is for the race detector, and
// for what remains: rows and index agree, no goroutine is left.
func TestStorm(t *testing.T) {
	n := rounds(t, 4, 300)
	rng := seeded(t)
	st := &station{t: t, dir: t.TempDir()}
	before := runtime.NumGoroutine()
	var calls atomic.Int64
	for round := range n {
		st.open()
		st.agree()
		calls.Add(st.storm(rng))
		if t.Failed() {
			t.Fatalf("round %d; reports: %v", round, st.reports())
		}
	}
	st.open()
	st.agree()
	st.close()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines; %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
	for _, err := range st.reported {
		if !errors.Is(err, domain.ErrStaleSnapshot) { // a file of an earlier life, which the close kept from being removed
			t.Errorf("reported: %v", err)
		}
	}
	t.Logf("%d calls", calls.Load())
	result(t, n, "services closed in a storm", 0)
}

// storm runs until the service has been closed under it, and returns how many calls were
// made.
func (st *station) storm(rng *rand.Rand) int64 {
	var calls, number atomic.Int64
	number.Store(rng.Int64N(1 << 40))
	goal, reached := int64(200+rng.IntN(600)), make(chan struct{})
	var once sync.Once
	var all sync.WaitGroup
	for range 8 {
		own := rand.New(rand.NewPCG(rng.Uint64(), 4))
		all.Go(func() {
			for {
				if calls.Add(1) >= goal {
					once.Do(func() { close(reached) })
				}
				err := st.stormCall(own, &number)
				if errors.Is(err, domain.ErrClosed) {
					once.Do(func() { close(reached) })
					return
				}
				if err != nil && !errors.Is(err, domain.ErrNotFound) && !errors.Is(err, domain.ErrConflict) {
					st.t.Errorf("in the storm: %v", err)
					once.Do(func() { close(reached) })
					return
				}
			}
		})
	}
	<-reached
	st.close()
	all.Wait()
	return calls.Load()
}

func (st *station) stormCall(rng *rand.Rand, number *atomic.Int64) error {
	ctx, cancel := context.WithTimeout(st.t.Context(), patience) // a search that waits for ever is a failure
	defer cancel()
	name := stormy[rng.IntN(len(stormy))]
	switch roll := rng.IntN(100); {
	case roll < 35:
		in := app.Insert{Database: name, Metric: domain.InnerProduct}
		for range 1 + rng.IntN(40) {
			n := number.Add(1)
			c := content(name, damageDims, n)
			in.Chunks = append(in.Chunks, domain.Chunk{Text: c.Text, Embedding: c.Embedding})
		}
		in.Chunks[0].Key = string(rune('a' + rng.IntN(26)))
		_, err := st.svc.Insert(ctx, in)
		return err
	case roll < 50:
		_, err := st.svc.Delete(ctx, name, []int64{int64(1 + rng.IntN(500)), int64(1 + rng.IntN(500))})
		return err
	case roll < 52:
		_, err := st.svc.Drop(ctx, name)
		return err
	case roll < 54:
		_, _, err := st.svc.Create(ctx, name, domain.Settings{Metric: domain.InnerProduct})
		return err
	case roll < 56:
		_, err := st.svc.Databases(ctx)
		return err
	default:
		q := content("query", damageDims, int64(rng.Uint32())).Embedding
		found, err := st.svc.Search(ctx, app.Search{Database: name, Queries: []app.Query{{Embedding: q, K: 1 + rng.IntN(20), Exact: roll%2 == 0}}, Fields: domain.DefaultFields})
		if err == nil {
			st.checkStorm(name, q, found.Hits[0])
		}
		return err
	}
}

// checkStorm checks what can be known of hits while everything changes.
func (st *station) checkStorm(name string, q []float32, hits []domain.Hit) {
	seen := map[int64]bool{}
	for i, h := range hits {
		n, ok := numberOf(name, h.Text)
		if d := distance("ip", q, content(name, damageDims, n).Embedding); !ok || seen[h.ID] || !near(h.Distance, d) || i > 0 && h.Distance < hits[i-1].Distance {
			st.t.Errorf("in the storm: hit %d %.20q (twice: %t) at %v; want %v", h.ID, h.Text, seen[h.ID], h.Distance, d)
		}
		seen[h.ID] = true
	}
}

// agree checks that rows and index agree, in what searches find and in the files.
func (st *station) agree() {
	st.t.Helper()
	for _, name := range stormy {
		st.agrees(name)
	}
	st.verified()
}

// agrees checks that an exact search finds every row of a database.
func (st *station) agrees(name string) {
	st.t.Helper()
	info, err := st.svc.Database(st.t.Context(), name)
	if errors.Is(err, domain.ErrNotFound) {
		return
	}
	if err != nil {
		st.t.Fatal(err)
	}
	q := content("query", damageDims, 1).Embedding
	found, err := st.svc.Search(st.t.Context(), app.Search{Database: name, Fields: domain.DefaultFields,
		Queries: []app.Query{{Embedding: q, K: everything, Exact: true}}})
	if err != nil {
		st.t.Fatal(err)
	}
	if got := int64(len(found.Hits[0])); got != min(info.Chunks, everything) {
		st.t.Errorf("after the storm %s has %d rows, an exact search finds %d", name, info.Chunks, got)
	}
	st.checkStorm(name, q, found.Hits[0])
}
