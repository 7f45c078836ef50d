package flat_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

const seed = 20261122

func TestContract(t *testing.T) {
	indextest.Run(t, indextest.Config{Engine: flat.Engine{}, Exact: true, Lengths: true, Nearly: true, Anywhere: true})
}

// filled returns an index of n vectors under the ids 1..n, and one more as a query.
func filled(t testing.TB, m domain.Metric, n, dims int) (*flat.Index, [][]float32, []float32) {
	t.Helper()
	vs := indextest.Clustered(seed, n+1, dims)
	ix, err := flat.New(m, dims)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	if err := ix.Add(idsTo(n), vs[:n]); err != nil {
		t.Fatal(err)
	}
	return ix, vs[:n], vs[n]
}

func idsTo(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

func search(t testing.TB, ix *flat.Index, q ports.Query) ([]domain.Neighbor, domain.Work) {
	t.Helper()
	hits, work, err := ix.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("Search(k=%d): %v", q.K, err)
	}
	return hits, work
}

func TestSearchesDoNotWaitForAWriter(t *testing.T) {
	ix, vs, q := filled(t, domain.Cosine, 1000, 20)
	ix.HoldWriter(func() {
		if hits, _ := search(t, ix, ports.Query{Vector: q, K: 5}); len(hits) != 5 {
			t.Errorf("Search beside a writer found %d of 5", len(hits))
		}
		if hits, _ := search(t, ix, ports.Query{Vector: q, K: 5, Allow: indextest.NewSet(7)}); len(hits) != 1 || hits[0].ID != 7 {
			t.Errorf("Search with a filter beside a writer = %v; want id 7", hits)
		}
		if v, ok := ix.Vector(3, nil); !ok || len(v) != len(vs[2]) || !ix.Contains(3) || ix.Stats().Len != 1000 {
			t.Errorf("Vector, Contains or Stats beside a writer: wrong answer")
		}
	})
}

func TestSearchesDoNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes sync.Pool allocate")
	}
	for _, m := range domain.Metrics {
		t.Run(string(m), func(t *testing.T) {
			ix, _, q := filled(t, m, 2000, 50)
			query := ports.Query{Vector: q, K: 10, Into: make([]domain.Neighbor, 0, 10)}
			if n := testing.AllocsPerRun(100, func() { search(t, ix, query) }); n != 0 {
				t.Errorf("%g allocations per search; want 0", n)
			}
		})
	}
}

func TestAHugeKTakesNoMoreMemoryThanTheAnswer(t *testing.T) {
	ix, _, q := filled(t, domain.L2, 100, 8)
	hits, _ := search(t, ix, ports.Query{Vector: q, K: math.MaxInt})
	if len(hits) != 100 || cap(hits) > 256 {
		t.Errorf("%d hits with room for %d; want 100 with little more", len(hits), cap(hits))
	}
}

// countdown is a context that ends when it was asked often enough.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestTheContextIsAskedAtEveryBlock(t *testing.T) {
	ix, _, q := filled(t, domain.InnerProduct, 20000, 100) // 8 MB in blocks of at most 256 KB
	for _, after := range []int{1, 3, 6} {
		ctx := &countdown{context.Background(), after}
		if _, work, err := ix.Search(ctx, ports.Query{Vector: q, K: 3}); !errors.Is(err, context.DeadlineExceeded) || work.Distances != 0 {
			t.Errorf("a context that ends at its look %d: %v, %+v; want %v", after, err, work, context.DeadlineExceeded)
		}
		ctx = &countdown{context.Background(), after}
		many := indextest.NewSet(idsTo(20000 / 10)...)
		if _, _, err := ix.Search(ctx, ports.Query{Vector: q, K: 3, Allow: many}); after < 3 && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a filter: %v; want %v", err, context.DeadlineExceeded)
		}
	}
}

func TestFewAllowedIDsAreScoredAloneAndManyByAScan(t *testing.T) {
	ix, _, q := filled(t, domain.Cosine, 5000, 100)
	few, many := idsTo(40), idsTo(4000)
	for _, c := range []struct {
		ids  []int64
		plan domain.Plan
	}{{few, domain.PlanExactIDs}, {many, domain.PlanFlat}} {
		hits, work := search(t, ix, ports.Query{Vector: q, K: 30, Allow: indextest.NewSet(c.ids...)})
		if work.Plan != c.plan || len(hits) != 30 {
			t.Errorf("%d allowed: plan %q, %d hits; want %q, 30", len(c.ids), work.Plan, len(hits), c.plan)
		}
		for _, h := range hits {
			v, _ := ix.Vector(h.ID, nil)
			if want := simd.L2(unit(q), v) / 2; h.Distance != want {
				t.Errorf("%d allowed: id %d at %g; want the bits of %g", len(c.ids), h.ID, h.Distance, want)
			}
		}
	}
	if _, work := search(t, ix, ports.Query{Vector: q, K: 3, Allow: indextest.NewSet(few...)}); work.Distances != 40 {
		t.Errorf("40 allowed ids cost %d distances", work.Distances)
	}
}

// unit returns v at length one.
func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	u := make([]float32, len(v))
	for i, x := range v {
		u[i] = float32(float64(x) * (1 / math.Sqrt(sum)))
	}
	return u
}

func TestCosineOfAVectorWithItselfIsNearZeroAndNeverNegative(t *testing.T) {
	ix, vs, _ := filled(t, domain.Cosine, 500, 100)
	for i, v := range vs {
		hits, _ := search(t, ix, ports.Query{Vector: v, K: 500})
		if hits[0].ID != int64(i+1) || hits[0].Distance < 0 || hits[0].Distance > 3e-7 {
			t.Errorf("nearest to vector %d is %+v; want itself near 0", i+1, hits[0])
		}
		if last := hits[499].Distance; last > 2 {
			t.Errorf("the farthest is at %g; want at most 2", last)
		}
	}
}

func TestVectorTellsWhatIsCompared(t *testing.T) {
	for _, m := range domain.Metrics {
		ix, vs, _ := filled(t, m, 100, 9)
		want := vs[41]
		if m == domain.Cosine {
			want = unit(want)
		}
		dst := []float32{1, 2}
		got, ok := ix.Vector(42, dst)
		if !ok || !slices.Equal(got, append([]float32{1, 2}, want...)) {
			t.Errorf("%s: Vector(42) = %v, %v; want %v behind what was there", m, got, ok, want)
		}
		if got, ok := ix.Vector(101, dst); ok || len(got) != 2 {
			t.Errorf("%s: Vector of an unknown id = %v, %v", m, got, ok)
		}
	}
}

func TestAnIterationSeesOneVersion(t *testing.T) {
	const n = 3000
	ix, vs, _ := filled(t, domain.L2, n, 10)
	other := indextest.Gaussian(seed, n, 10)
	seen := make(map[int64]bool)
	for id, v := range ix.All() {
		if len(seen) == n/3 { // everything changes under its feet, compactions included
			if err := ix.Add(idsTo(n)[:n/2], other[:n/2]); err != nil {
				t.Fatal(err)
			}
			if _, err := ix.Remove(idsTo(n)); err != nil {
				t.Fatal(err)
			}
			if err := ix.Add(idsTo(n), other); err != nil {
				t.Fatal(err)
			}
		}
		if seen[id] || !slices.Equal(v, vs[id-1]) {
			t.Fatalf("id %d comes twice or with a vector of a later version", id)
		}
		seen[id] = true
	}
	if len(seen) != n {
		t.Errorf("the iteration yields %d of %d", len(seen), n)
	}
	for id, v := range ix.All() {
		if !slices.Equal(v, other[id-1]) {
			t.Fatalf("id %d has an old vector", id)
		}
		break
	}
}

func TestTheDeadAreBoundedAndGiveTheirMemoryBack(t *testing.T) {
	ix, vs, _ := filled(t, domain.InnerProduct, 1000, 32)
	full := ix.Stats().Bytes
	for i := range 5000 {
		if err := ix.Add([]int64{7}, vs[i%1000:][:1]); err != nil {
			t.Fatal(err)
		}
		if st := ix.Stats(); st.Dead > max(flat.MinDead, st.Len/2) || st.Bytes > 2*full+full/8 {
			t.Fatalf("after %d replacements: %+v; at first %d bytes", i+1, st, full)
		}
	}
	if _, err := ix.Remove(idsTo(950)); err != nil {
		t.Fatal(err)
	}
	if st := ix.Stats(); st.Len != 50 || st.Bytes > full/8 {
		t.Errorf("50 of 1,000 left: %+v; at first %d bytes", st, full)
	}
	if _, err := ix.Remove(idsTo(1000)); err != nil {
		t.Fatal(err)
	}
	if st := ix.Stats(); st.Len != 0 || st.Bytes > 1024 {
		t.Errorf("emptied: %+v", st)
	}
}

func TestManySmallDatabasesCostLittleMoreThanTheirVectors(t *testing.T) {
	const databases, n, dims = 200, 100, 100
	vs := indextest.Gaussian(seed, n, dims)
	ids := idsTo(n)
	indexes := make([]*flat.Index, databases)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range indexes {
		ix, err := flat.New(domain.InnerProduct, dims)
		if err != nil {
			t.Fatal(err)
		}
		for j := range n { // one by one, as the worst case
			if err := ix.Add(ids[j:j+1], vs[j:j+1]); err != nil {
				t.Fatal(err)
			}
		}
		indexes[i] = ix
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / databases
	raw, told := float64(n*dims*4), float64(indexes[0].Stats().Bytes)
	t.Logf("%.0f bytes per database of %.0f raw; Stats tell %.0f", each, raw, told)
	if !raceDetector && (each > 1.5*raw || each > 1.2*told) {
		t.Errorf("a database takes %.0f bytes for %.0f of vectors; Stats tell %.0f", each, raw, told)
	}
	runtime.KeepAlive(indexes)
}

func TestBlocksTileTheSlots(t *testing.T) {
	for _, dims := range []int{1, 2, 100, 384, 768, 1536, 20000, 65536} {
		places, rows := flat.Places(dims, 40000)
		block, row := 0, 0
		for slot, p := range places {
			if p != [2]int{block, row} {
				t.Fatalf("dims %d: slot %d is at %v; want block %d, row %d", dims, slot, p, block, row)
			}
			if row++; row == rows[block] {
				block, row = block+1, 0
			}
		}
		for i, r := range rows {
			if r*dims*4 > 1<<18 && r > 1 || i > 0 && r < rows[i-1] {
				t.Errorf("dims %d: block %d has %d rows", dims, i, r)
			}
		}
	}
}

func TestStorageOtherThanFloat32IsUnsupported(t *testing.T) {
	set := ports.IndexSettings{Metric: domain.L2, Dims: 3, Storage: "i8"}
	if _, err := (flat.Engine{}).New(set); !errors.Is(err, domain.ErrUnsupported) {
		t.Errorf("New with i8: %v; want %v", err, domain.ErrUnsupported)
	}
	set.Storage = "f32"
	if _, err := (flat.Engine{}).New(set); err != nil {
		t.Errorf("New with f32: %v", err)
	}
}
