package cluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/test/bench/measure"
)

// target is what the load writes to and searches. A chunk has a number; its key and its
// vector follow from it.
type target interface {
	insert(ctx context.Context, numbers []int) error
	remove(ctx context.Context, number int) error
	search(ctx context.Context, vector []float32) error
	// present reports whether the chunk is there, as a reader at QUORUM sees it.
	present(ctx context.Context, number int) (bool, error)
}

const dims = 32

func vectorOf(number int) []float32 {
	r := rand.New(rand.NewPCG(uint64(number), 7))
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func keyOf(number int) string { return fmt.Sprintf("chunk-%07d", number) }

// fate is what the load knows of a chunk.
type fate uint8

const (
	unknown  fate = iota // a change got no answer, or an error: nothing is promised
	stored               // its insert was acknowledged
	deleting             // its delete was sent, and not acknowledged
	deleted              // its delete was acknowledged
)

// ledger is what was acknowledged. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex  // guards all below
	fates   []fate      // by number
	made    []time.Time // when the first insert was acknowledged
	changed []time.Time
	again   map[int]bool // those that were deleted and are inserted again
}

// change is one delete that was acknowledged: when, and how long after the insert was.
type change struct {
	at  time.Time
	age time.Duration
}

// numbers returns n new ones.
func (l *ledger) numbers(n int) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]int, n)
	for i := range out {
		out[i] = len(l.fates)
		l.fates = append(l.fates, unknown)
		l.made, l.changed = append(l.made, time.Time{}), append(l.changed, time.Time{})
	}
	return out
}

func (l *ledger) set(f fate, numbers ...int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range numbers {
		l.fates[n], l.changed[n] = f, time.Now()
		if f == stored && l.made[n].IsZero() {
			l.made[n] = l.changed[n]
		}
	}
}

// repeat notes that a deleted chunk is inserted again.
func (l *ledger) repeat(number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fates[number] = unknown
	if l.again == nil {
		l.again = map[int]bool{}
	}
	l.again[number] = true
}

// findings are where a target differs from the ledger.
type findings struct {
	stored, deleted, lost, back int
	lostAgain                   int      // of lost: those that were deleted and inserted again
	gone, returned              []change // all deletes, and those that did not last
}

func (f findings) String() string {
	return fmt.Sprintf("of %d stored chunks %d are lost, %d of them after they were deleted and inserted again; of %d deleted ones %d are back", f.stored, f.lost, f.lostAgain, f.deleted, f.back)
}

// compare asks the target for every chunk of which something is promised.
func (l *ledger) compare(ctx context.Context, on target) (f findings, err error) {
	var lost, lostAgain, kept atomic.Int64
	var mu sync.Mutex // guards f.gone and f.returned
	err = measure.Share(16, 0, len(l.fates), 1, func(_, n, _ int) error {
		want := l.fates[n]
		if want != stored && want != deleted {
			return nil
		}
		there, err := on.present(ctx, n)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", keyOf(n), err)
		case want == stored && !there:
			lost.Add(1)
			if l.again[n] {
				lostAgain.Add(1)
			}
		}
		if want == stored {
			kept.Add(1)
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		c := change{l.changed[n], l.changed[n].Sub(l.made[n])}
		f.gone = append(f.gone, c)
		if there {
			f.returned = append(f.returned, c)
		}
		return nil
	})
	f.stored, f.deleted, f.lost, f.back = int(kept.Load()), len(f.gone), int(lost.Load()), len(f.returned)
	f.lostAgain = int(lostAgain.Load())
	return f, err
}

// kept is a target in memory, which loses and brings back what it is told to.
type kept struct {
	mu    sync.Mutex // guards there
	there map[int]bool
	lose  int // a chunk that is acknowledged and not stored
	keep  int // a chunk whose delete is acknowledged and not done
}

func (k *kept) insert(_ context.Context, numbers []int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range numbers {
		k.there[n] = n != k.lose
	}
	return nil
}

func (k *kept) remove(_ context.Context, n int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.there[n] = n == k.keep
	return nil
}

func (k *kept) search(context.Context, []float32) error { return nil }

func (k *kept) present(_ context.Context, n int) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.there[n], nil
}

// The ledger sees what it is there to see.
func TestLostAndReturnedChunksAreCounted(t *testing.T) {
	l := &load{ledger: &ledger{}, on: &kept{there: map[int]bool{}, lose: 3, keep: 0}, began: time.Now()}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	l.run(ctx)
	f, err := l.ledger.compare(t.Context(), l.on)
	if err != nil {
		t.Fatal(err)
	}
	if f.lost != 1 || f.back != 1 || f.stored < 3 || f.deleted < 1 {
		t.Errorf("compare() = %+v; want one lost, one back, some stored and deleted", f)
	}
}
