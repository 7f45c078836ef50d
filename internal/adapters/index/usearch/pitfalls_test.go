//go:build usearch && cgo

package usearch_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

const seed = 7

// filled returns an index of n clustered vectors under the ids 1 to n, and the vectors.
func filled(t *testing.T, e usearch.Engine, s ports.IndexSettings, n int) (ports.VectorIndex, [][]float32) {
	t.Helper()
	vs := indextest.Clustered(seed, n, s.Dims)
	ix, err := e.New(s)
	if err != nil {
		t.Fatalf("New(%+v): %v", s, err)
	}
	t.Cleanup(func() {
		if err := ix.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if err := ix.Add(upTo(n), vs); err != nil {
		t.Fatalf("Add of %d vectors: %v", n, err)
	}
	return ix, vs
}

func upTo(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

func search(t *testing.T, ix ports.VectorIndex, q ports.Query) ([]domain.Neighbor, domain.Work) {
	t.Helper()
	found, work, err := ix.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("Search(k=%d): %v", q.K, err)
	}
	return found, work
}

func TestSettingsThatUSearchTakesAndBreaks(t *testing.T) {
	for name, s := range map[string]ports.IndexSettings{
		"i8 under inner product": {Metric: domain.InnerProduct, Dims: 8, Storage: "i8"},
		"i8 under l2":            {Metric: domain.L2, Dims: 8, Storage: "i8"},
		"b1":                     {Metric: domain.Cosine, Dims: 8, Storage: "b1"},
		"no dimension":           {Metric: domain.Cosine},
		"too many dimensions":    {Metric: domain.Cosine, Dims: domain.MaxDims + 1},
		"an unknown metric":      {Metric: "hamming", Dims: 8},
		"one link":               {Metric: domain.Cosine, Dims: 8, M: 1},
		"absurdly many links":    {Metric: domain.Cosine, Dims: 8, M: 1 << 30},
		"a negative beam":        {Metric: domain.Cosine, Dims: 8, EfConstruction: -1},
	} {
		if _, err := (usearch.Engine{}).New(s); !errors.Is(err, domain.ErrUnsupported) {
			t.Errorf("New with %s: %v; want %v", name, err, domain.ErrUnsupported)
		}
	}
}

func TestNumbersBeyondF16(t *testing.T) {
	ix, vs := filled(t, usearch.Engine{Walk: true}, ports.IndexSettings{Metric: domain.InnerProduct, Dims: 8, Storage: "f16"}, 200)
	big := slices.Clone(vs[0])
	big[3] = 65505
	if err := ix.Add([]int64{1000}, [][]float32{big}); !errors.Is(err, domain.ErrNotFinite) {
		t.Errorf("Add with a component of 65505: %v; want %v", err, domain.ErrNotFinite)
	}
	big[3] = 65504
	if err := ix.Add([]int64{1000}, [][]float32{big}); err != nil {
		t.Errorf("Add with a component of 65504: %v", err)
	}
	if found, _ := search(t, ix, ports.Query{Vector: vs[5], K: 200}); len(found) != 200 {
		t.Errorf("afterwards Search(k=200) finds %d", len(found))
	}
}

func TestTheKernelsAreNotSerial(t *testing.T) {
	simd, err := usearch.Acceleration()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("USearch %s with %s kernels", usearch.Version(), simd)
	if (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") && simd == "serial" {
		t.Error("USearch runs serial code: the library was built without its kernels")
	}
	if usearch.Version() != "2.26.2" {
		t.Errorf("Version = %s; want 2.26.2, which the rules of this package were found on", usearch.Version())
	}
}

// TestMoreSearchesThanThreads has far more searches at once than the graph has threads,
// for which USearch returns an error, after all that resets the number of threads.
func TestMoreSearchesThanThreads(t *testing.T) {
	e := usearch.Engine{Walk: true}
	s := ports.IndexSettings{Metric: domain.Cosine, Dims: 16}
	ix, vs := filled(t, e, s, 2500) // capacity has grown twice
	storm := func(ix ports.VectorIndex) {
		var wg sync.WaitGroup
		for g := range 64 {
			wg.Go(func() {
				for i := range 20 {
					if found, _, err := ix.Search(context.Background(), ports.Query{Vector: vs[(g*20+i)%2500], K: 10}); err != nil || len(found) != 10 {
						t.Errorf("Search beside 63 others = %d hits, %v; want 10", len(found), err)
					}
				}
			})
		}
		wg.Wait()
	}
	storm(ix)
	path := filepath.Join(t.TempDir(), "x.usearch")
	if err := ix.(ports.Saver).Save(context.Background(), path, ports.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	back, _, err := e.Open(path, s, domain.Incarnation{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	storm(back)
}

// TestAGraphOfOtherSettings puts the graph of one index into the file of another: USearch
// itself would take metric, kind and dimension from there.
func TestAGraphOfOtherSettings(t *testing.T) {
	e := usearch.Engine{}
	dir := t.TempDir()
	save := func(name string, s ports.IndexSettings) string {
		ix, _ := filled(t, e, s, 300)
		path := filepath.Join(dir, name)
		if err := ix.(ports.Saver).Save(context.Background(), path, ports.Snapshot{}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wanted := ports.IndexSettings{Metric: domain.Cosine, Dims: 16, Storage: "bf16"}
	right := save("right", wanted)
	for name, s := range map[string]ports.IndexSettings{
		"other dims":   {Metric: domain.Cosine, Dims: 12, Storage: "bf16"},
		"other kind":   {Metric: domain.Cosine, Dims: 16, Storage: "f16"},
		"other metric": {Metric: domain.L2, Dims: 16, Storage: "bf16"},
	} {
		t.Run(name, func(t *testing.T) {
			mixed := filepath.Join(dir, "mixed "+name)
			mix(t, mixed, right, wanted, save(name, s), s)
			if ix, _, err := e.Open(mixed, wanted, domain.Incarnation{}); !errors.Is(err, domain.ErrCorrupt) {
				t.Errorf("Open = %v, %v; want %v", ix, err, domain.ErrCorrupt)
			}
		})
	}
}

// mix writes the file at right again, with the graph of the file at wrong.
func mix(t *testing.T, to, right string, rightSettings ports.IndexSettings, wrong string, wrongSettings ports.IndexSettings) {
	t.Helper()
	open := func(path string, s ports.IndexSettings) *indexfile.File {
		f, err := indexfile.Open(path, indexfile.Want{Engine: "usearch", Kind: s.Storage, Metric: s.Metric, Dims: s.Dims})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	a, b := open(right, rightSettings), open(wrong, wrongSettings)
	w, err := indexfile.Create(to, a.Header())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, name := range []string{"ids", "rows", "graph", "state", "strays", "lift"} {
		from := a
		if name == "graph" {
			from = b
		}
		content, ok := from.Section(name)
		if !ok {
			t.Fatalf("no section %q", name)
		}
		if err := w.Add(name, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestRemovedEntriesGo removes and replaces until a compaction is due, and waits for it:
// USearch itself never gives room back.
func TestRemovedEntriesGo(t *testing.T) {
	const n = 6000
	ix, vs := filled(t, usearch.Engine{Walk: true}, ports.IndexSettings{Metric: domain.Cosine, Dims: 16}, n)
	before := ix.Stats()
	for first := 0; first < n; first += 500 {
		ids := upTo(n)[first : first+500]
		if err := ix.Add(ids, vs[first:first+500]); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := ix.Remove(upTo(n)[:5000]); removed != 5000 || err != nil {
		t.Fatalf("Remove of 5000 = %d, %v", removed, err)
	}
	deadline := time.Now().Add(time.Minute)
	for ix.Stats().Dead > 2000 {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute Stats = %+v; want few dead entries", ix.Stats())
		}
		// Each change looks whether a compaction is worth while; one id that is not
		// there changes nothing else.
		if _, err := ix.Remove([]int64{n + 1}); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	if after := ix.Stats(); after.Len != 1000 || after.Bytes > before.Bytes {
		t.Errorf("afterwards Stats = %+v; want 1000 vectors and at most the %d bytes of before", after, before.Bytes)
	}
	for _, id := range []int64{5001, 5500, 6000} {
		if found, _ := search(t, ix, ports.Query{Vector: vs[id-1], K: 1}); found[0].Distance > 1e-5 {
			t.Errorf("the nearest to vector %d is %+v; want itself or its equal", id, found[0])
		}
	}
	if lost, err := ix.(ports.Auditor).Audit(context.Background()); err != nil || len(lost) != 0 {
		t.Errorf("Audit = %v, %v; want none lost", lost, err)
	}
}

// TestPlans checks that few allowed ids are compared exactly, and many by a walk.
func TestPlans(t *testing.T) {
	const n = 20000
	ix, vs := filled(t, usearch.Engine{}, ports.IndexSettings{Metric: domain.Cosine, Dims: 8}, n)
	for _, c := range []struct {
		name  string
		query ports.Query
		plan  domain.Plan
	}{
		{"no filter", ports.Query{K: 10}, domain.PlanGraph},
		{"exact", ports.Query{K: 10, Exact: true}, domain.PlanFlat},
		{"20 ids", ports.Query{K: 10, Allow: indextest.NewSet(upTo(n)[100:120]...)}, domain.PlanExactIDs},
		{"19,000 ids", ports.Query{K: 10, Allow: indextest.NewSet(upTo(n)[1000:]...)}, domain.PlanFiltered},
		{"19,000 ids far apart from the rest of the numbers", ports.Query{K: 10, Allow: indextest.NewSet(append(upTo(n)[1000:], 1<<61)...)}, domain.PlanFiltered},
	} {
		c.query.Vector = vs[77]
		found, work := search(t, ix, c.query)
		if work.Plan != c.plan || len(found) != 10 {
			t.Errorf("%s: %d hits by plan %q; want 10 by %q", c.name, len(found), work.Plan, c.plan)
		}
	}
}

// TestOneVectorOverAndOver is what a graph takes worst: whatever number of equal vectors
// comes and goes, all that are there are found.
func TestOneVectorOverAndOver(t *testing.T) {
	const n = 3000
	e := usearch.Engine{Walk: true}
	s := ports.IndexSettings{Metric: domain.Cosine, Dims: 4}
	ix, _ := filled(t, e, s, 10)
	same := []float32{1, 2, 3, 4}
	ids := upTo(n + 10)[10:]
	for _, id := range ids {
		if err := ix.Add([]int64{id}, [][]float32{same}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ix.Remove(ids[:1500]); err != nil { // among them the one in the graph
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.usearch")
	if err := ix.(ports.Saver).Save(context.Background(), path, ports.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	back, _, err := e.Open(path, s, domain.Incarnation{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	for where, ix := range map[string]ports.VectorIndex{"in memory": ix, "from the file": back} {
		found, _ := search(t, ix, ports.Query{Vector: same, K: 1500})
		for i, h := range found {
			if want := ids[1500+i]; h.ID != want {
				t.Fatalf("%s hit %d is %+v; want id %d", where, i, h, want)
			}
		}
		if len(found) != 1500 {
			t.Errorf("%s Search(k=1500) finds %d", where, len(found))
		}
	}
}
