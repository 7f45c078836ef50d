package hnsw_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestRemovalsDoNotWait removes while work on the whole graph is under way: the writer of
// the rows waits for removals.
func TestRemovalsDoNotWait(t *testing.T) {
	const n = 500
	vectors := indextest.Clustered(seed, n, dims)
	ix := open(t, ports.IndexSettings{Metric: domain.Cosine, Dims: dims})
	add(t, ix, vectors)
	gone := func(when string, ids ...int64) {
		t.Helper()
		for _, id := range ids {
			for _, exact := range []bool{false, true} {
				hits, _, err := ix.Search(ctx, ports.Query{Vector: vectors[id-1], K: n, Exact: exact})
				if err != nil {
					t.Fatal(err)
				}
				if slices.ContainsFunc(hits, func(h domain.Neighbor) bool { return h.ID == id }) || ix.Contains(id) {
					t.Errorf("%s: a search (exact %v) finds %d, which was removed", when, exact, id)
				}
			}
		}
	}
	remove := func(want int, ids ...int64) {
		t.Helper()
		if got, err := ix.Remove(ids); got != want || err != nil {
			t.Errorf("Remove(%v) = %d, %v; want %d", ids, got, err, want)
		}
	}
	ix.WhileHeld(func() {
		remove(1, 7)
		gone("while adds wait", 7)
	})
	remove(1, 8)
	ix.CompactAround(func() {
		remove(2, 9, 10, 7)
		remove(0, 9)
		gone("on the old graph", 7, 8, 9, 10)
	})
	gone("on the copy", 7, 8, 9, 10)
	if st := ix.Stats(); st.Len != n-4 {
		t.Errorf("Stats().Len = %d; want %d", st.Len, n-4)
	}
	if err := ix.Vacuum(ctx); err != nil {
		t.Fatal(err)
	}
	gone("after tending", 7, 8, 9, 10)
	if err := ix.Add([]int64{9}, vectors[8:9]); err != nil {
		t.Fatal(err)
	}
	if st := ix.Stats(); st.Len != n-3 || !ix.Contains(9) || st.Dead != 0 {
		t.Errorf("after adding one again: %+v; want %d, none dead", st, n-3)
	}
}

// untilCalls is a context that ends when it has been asked so often.
type untilCalls struct {
	context.Context
	left atomic.Int64
}

func (c *untilCalls) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestTendingCutShort ends the repairing at many places: all vectors that are left stay in
// reach, and the next vacuuming takes the removed ones out.
func TestTendingCutShort(t *testing.T) {
	const n, cuts = 1600, 4
	for name, vectors := range map[string][][]float32{
		"clustered": indextest.Clustered(seed, n, dims),
		"equal":     slices.Repeat(indextest.Clustered(seed, 1, dims), n),
	} {
		for part := range cuts {
			ix := open(t, ports.IndexSettings{Metric: domain.Cosine, Dims: dims})
			add(t, ix, vectors)
			var gone []int64
			for id := int64(1); id <= n; id++ {
				if id%8 != 0 {
					gone = append(gone, id)
				}
			}
			ix.OnTask(func(u ports.Task) func(error) { u.Cancel(); return func(error) {} }) // by itself it does nothing
			if _, err := ix.Remove(gone); err != nil {
				t.Fatal(err)
			}
			until := &untilCalls{Context: ctx}
			until.left.Store(int64(n * part / cuts))
			if err := ix.Vacuum(until); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: Vacuum cut short at %d/%d: %v", name, part, cuts, err)
			}
			if lost, err := ix.Audit(ctx); err != nil || len(lost) > 0 {
				t.Errorf("%s: cut short at %d/%d, an audit finds %d of %d lost, %v", name, part, cuts, len(lost), n/8, err)
			}
			if err := ix.Vacuum(ctx); err != nil {
				t.Fatal(err)
			}
			lost, err := ix.Audit(ctx)
			if st := ix.Stats(); err != nil || len(lost) > 0 || st.Dead != 0 || st.Len != n/8 {
				t.Errorf("%s: tended after a cut at %d/%d: %d lost, %v, %+v", name, part, cuts, len(lost), err, st)
			}
		}
	}
}

// untilSteps is a context that ends when so many steps of vacuuming are done.
type untilSteps struct {
	context.Context
	ix *hnsw.Index
	at int64
}

func (c untilSteps) Err() error {
	if c.ix.StepsDone() >= c.at {
		return context.Canceled
	}
	return nil
}

// TestCopyingCutShort ends the copying that follows the repairing, which adds wait for, at
// its beginning, in the middle, and near its end: the index stays as it is, and the next
// vacuuming makes the copy.
func TestCopyingCutShort(t *testing.T) {
	const n = 3000
	vectors := indextest.Clustered(seed, n, dims)
	for _, at := range []int64{2*n + 1, 2*n + n/2, 3*n - 300} {
		ix := open(t, ports.IndexSettings{Metric: domain.Cosine, Dims: dims})
		add(t, ix, vectors)
		var gone []int64
		for id := int64(1); id <= n; id++ {
			if id%4 != 0 {
				gone = append(gone, id)
			}
		}
		ix.OnTask(func(u ports.Task) func(error) { u.Cancel(); return func(error) {} }) // by itself it does nothing
		if _, err := ix.Remove(gone); err != nil {
			t.Fatal(err)
		}
		before := ix.Stats().Bytes
		if err := ix.Vacuum(untilSteps{ctx, ix, at}); !errors.Is(err, context.Canceled) || ix.Stats().Bytes != before {
			t.Fatalf("Vacuum cut short after %d steps: %v, %d bytes; want it canceled, and %d bytes as before", at, err, ix.Stats().Bytes, before)
		}
		if got, err := ix.Remove([]int64{4}); got != 1 || err != nil {
			t.Fatalf("Remove = %d, %v", got, err)
		}
		if err := ix.Add([]int64{5}, vectors[4:5]); err != nil {
			t.Fatal(err)
		}
		if err := ix.Vacuum(ctx); err != nil {
			t.Fatal(err)
		}
		lost, err := ix.Audit(ctx)
		if st := ix.Stats(); err != nil || len(lost) > 0 || st.Len != n/4 || st.Dead != 0 || st.Bytes >= before {
			t.Errorf("tended after a cut at %d: %d lost, %v, %+v; want %d vectors in less than %d bytes", at, len(lost), err, st, n/4, before)
		}
	}
}
