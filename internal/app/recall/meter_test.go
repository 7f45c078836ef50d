package recall_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
	"github.com/memista/memista/internal/ports/repotest"
)

// open returns a service in memory whose databases have graphs from 200 vectors on.
func open(t *testing.T) *app.Service {
	t.Helper()
	s, err := app.New(app.Config{
		Repository: repotest.NewMemory(), Flat: flat.Engine{}, Engines: []ports.Engine{hnsw.Engine{}},
		FlatMax: func(int) int { return 200 },
		Report:  func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// fill makes the database d of vectors, of which every fifth is in group 0, and waits until
// all are in its graph.
func fill(t *testing.T, s *app.Service, set domain.Settings, vectors [][]float32) {
	t.Helper()
	if _, _, err := s.Create(t.Context(), "d", set); err != nil {
		t.Fatal(err)
	}
	n := 0
	for part := range slices.Chunk(vectors, 1000) {
		chunks := make([]domain.Chunk, len(part))
		for i, v := range part {
			chunks[i] = domain.Chunk{Text: "x", Embedding: v, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"group":%d}`, n%5)}}
			n++
		}
		if _, err := s.Insert(t.Context(), app.Insert{Database: "d", Chunks: chunks}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.WaitIndexed(t.Context(), "d", nil); err != nil {
		t.Fatal(err)
	}
}

// heldOut returns the recall at 10 of queries that are not stored.
func heldOut(t *testing.T, s *app.Service, queries [][]float32, ef int, f *filterlang.Filter) float64 {
	t.Helper()
	ask := func(q app.Query) []domain.Hit {
		found, err := s.Search(t.Context(), app.Search{Database: "d", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		return found.Hits[0]
	}
	sum := 0
	for _, v := range queries {
		truth := ask(app.Query{Embedding: v, K: 10, Exact: true, Filter: f})
		for _, h := range ask(app.Query{Embedding: v, K: 10, Ef: ef, Filter: f}) {
			if slices.ContainsFunc(truth, func(t domain.Hit) bool { return t.ID == h.ID }) {
				sum++
			}
		}
	}
	return float64(sum) / float64(10*len(queries))
}

func measure(t *testing.T, s *app.Service, in recall.Ask) recall.Report {
	t.Helper()
	in.Database = "d"
	out, err := s.Recall(t.Context(), in)
	if err != nil {
		t.Fatalf("Recall(%+v) = %v", in, err)
	}
	return out
}

// Normal vectors of 48 components are hard: a narrow walk misses many.
const stored, asked, dims = 6000, 1000, 48

// What is estimated on stored vectors is what queries find that are not stored.
func TestEstimatesAreThoseOfOtherQueries(t *testing.T) {
	vectors := indextest.Gaussian(5, stored+asked, dims)
	s := open(t)
	fill(t, s, domain.Settings{Metric: domain.L2}, vectors[:stored])
	out := measure(t, s, recall.Ask{Ef: []int{64, 16, 16, 5}, Queries: 3000, Time: time.Minute})
	if !out.Complete || out.K != 10 || out.Queries != 3000 || out.Vectors != stored || out.Plan != domain.PlanGraph || out.Target != nil {
		t.Errorf("Recall = %+v; want 3,000 queries over all of a graph", out)
	}
	var widths []int
	for _, p := range append(slices.Clone(out.Curve), out.Now) {
		if p != out.Now {
			widths = append(widths, p.Ef)
		}
		truth := heldOut(t, s, vectors[stored:], p.Ef, nil)
		t.Logf("ef %d: estimate %.4f (%.4f to %.4f), truth of others %.4f, %v %v", p.Ef, p.Recall, p.Low, p.High, truth, p.P50, p.P99)
		if p.Recall < truth-0.03 || p.Recall > truth+0.02 || p.Low >= p.Recall || p.High <= p.Recall || p.Queries != 3000 {
			t.Errorf("ef %d: %+v; want about %.4f", p.Ef, p, truth)
		}
		if p.P50 <= 0 || p.P99 < p.P50 {
			t.Errorf("ef %d takes %v in the middle and %v at most", p.Ef, p.P50, p.P99)
		}
	}
	if !slices.Equal(widths, []int{10, 16, 64}) || out.Now.Ef != 0 {
		t.Errorf("beam widths are %v and %d; want 10, 16, 64, and 0 for none", widths, out.Now.Ef)
	}
}

// The beam width that is found for a target reaches it, and one that is a bit smaller does not.
func TestTheSmallestWidthIsFound(t *testing.T) {
	vectors := indextest.Gaussian(6, stored+asked, dims)
	s := open(t)
	fill(t, s, domain.Settings{Metric: domain.L2}, vectors[:stored])
	for _, target := range []float64{0.6, 0.8, 0.9} {
		out := measure(t, s, recall.Ask{Target: target, Queries: 2000, Time: time.Minute})
		got := out.Target
		if got == nil || !got.Reached || got.Wanted != target || got.Point.Recall < target || !slices.Contains(out.Curve, got.Point) {
			t.Fatalf("target %v: %+v of %+v; want a point of the curve that reaches it", target, got, out.Curve)
		}
		for _, p := range out.Curve {
			if p.Ef < got.Ef && p.Recall >= target {
				t.Errorf("target %v: ef %d reaches %v; want no smaller one than %d that does", target, p.Ef, p.Recall, got.Ef)
			}
			if p.Ef < got.Ef && p.Ef >= got.Ef-max(1, got.Ef/16) && p.Recall < target-0.03 {
				t.Errorf("target %v: ef %d reaches %v only", target, p.Ef, p.Recall)
			}
		}
		if truth := heldOut(t, s, vectors[stored:], got.Ef, nil); truth < target-0.01 || truth > target+0.05 {
			t.Errorf("target %v: ef %d finds %v of other queries", target, got.Ef, truth)
		}
		if got.Confidence < 0.4 {
			t.Errorf("target %v: confidence is %v for an estimate of %v; want more than a half", target, got.Confidence, got.Point.Recall)
		}
	}
	none := measure(t, s, recall.Ask{Target: 0.9, Ef: []int{4096}, Queries: 100, K: 20, Time: time.Nanosecond})
	if none.Complete {
		t.Errorf("Recall with no time = %+v; want it to say that it is not complete", none)
	}
}

func TestRecallBehindAFilter(t *testing.T) {
	vectors := indextest.Gaussian(7, stored+asked, dims)
	s := open(t)
	fill(t, s, domain.Settings{Metric: domain.Cosine}, vectors[:stored])
	f, err := filterlang.Parse([]byte(`{"group":0}`))
	if err != nil {
		t.Fatal(err)
	}
	out := measure(t, s, recall.Ask{Filter: &f, Ef: []int{10}, Queries: 5000, Time: time.Minute})
	truth := heldOut(t, s, vectors[stored:], 10, &f)
	if out.Queries != stored/5 || out.Curve[0].Recall < truth-0.03 || out.Curve[0].Recall > truth+0.03 {
		t.Errorf("Recall behind a filter = %+v; want about %v of %d queries", out, truth, stored/5)
	}
	none, err := filterlang.Parse([]byte(`{"group":9}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recall(t.Context(), recall.Ask{Database: "d", Filter: &none}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Recall of nothing = %v; want ErrInvalid", err)
	}
}

// While others write, an exact search still finds all: what has gone was no miss.
func TestRecallBesideWriters(t *testing.T) {
	s, err := app.New(app.Config{Repository: repotest.NewMemory(), Flat: flat.Engine{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	vectors := indextest.Gaussian(8, 3000, 8)
	fill(t, s, domain.Settings{Metric: domain.L2}, vectors)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		rng := rand.New(rand.NewPCG(8, 8))
		for ctx.Err() == nil {
			if _, err := s.Delete(context.Background(), "d", []int64{1 + rng.Int64N(3000)}); err != nil {
				t.Error(err)
			}
			c := domain.Chunk{Key: fmt.Sprint(rng.IntN(500)), Embedding: vectors[rng.IntN(3000)]}
			if _, err := s.Insert(context.Background(), app.Insert{Database: "d", Chunks: []domain.Chunk{c}, OnConflict: domain.Replace}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 5 {
		out := measure(t, s, recall.Ask{Queries: 500, Target: 0.9})
		if out.Now.Recall != 1 || out.Plan != domain.PlanFlat || len(out.Curve) != 0 || out.Target == nil || !out.Target.Reached {
			t.Errorf("Recall of exact searches = %+v; want 1", out)
		}
	}
	stop()
	wg.Wait()
}

func TestRecallOfEqualVectors(t *testing.T) {
	vectors := indextest.Gaussian(9, stored, dims)
	for i := range stored / 3 {
		vectors[3*i] = vectors[0]
	}
	s := open(t)
	fill(t, s, domain.Settings{Metric: domain.Cosine}, vectors)
	if out := measure(t, s, recall.Ask{Ef: []int{512}, Queries: 600}); out.Curve[0].Recall < 0.99 {
		t.Errorf("Recall among equal vectors = %+v; want all: one is as good as another", out.Curve[0])
	}
}

func TestRecallIsBoundedAndCanceled(t *testing.T) {
	s := open(t)
	fill(t, s, domain.Settings{Metric: domain.Cosine}, indextest.Gaussian(10, stored, dims))
	began := time.Now()
	if out := measure(t, s, recall.Ask{Queries: 5000, Time: 50 * time.Millisecond}); out.Complete || out.Queries < 1 || out.Queries == 5000 {
		t.Errorf("Recall in 50 ms = %+v; want it to say that there was no time for all", out)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Recall in 50 ms took %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Recall(ctx, recall.Ask{Database: "d"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Recall that is canceled = %v; want context.Canceled", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Recall(ctx, recall.Ask{Database: "d", Queries: 6000, Ef: []int{10, 20, 40, 80, 160, 320, 640, 1280}, Time: time.Minute})
		done <- err
	}()
	for {
		if _, err := s.Recall(t.Context(), recall.Ask{Database: "d", Queries: 1, Time: time.Millisecond}); errors.Is(err, domain.ErrBusy) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Recall that is canceled under way = %v; want context.Canceled", err)
	}
	if measure(t, s, recall.Ask{Queries: 10}).Queries != 10 {
		t.Error("Recall after that does not work")
	}
}

func TestWhatRecallRefuses(t *testing.T) {
	s := open(t)
	fill(t, s, domain.Settings{Metric: domain.Cosine}, indextest.Gaussian(11, 1, dims))
	for name, in := range map[string]recall.Ask{
		"k": {K: -1}, "k above": {K: 1001}, "queries": {Queries: -1}, "queries above": {Queries: 10_001},
		"ef": {Ef: []int{0}}, "ef above": {Ef: []int{1 << 30}}, "many ef": {Ef: make([]int, 33)},
		"target": {Target: -0.1}, "target above": {Target: 1.1}, "time": {Time: -1}, "time above": {Time: time.Hour},
		"one chunk": {},
	} {
		in.Database = "d"
		if out, err := s.Recall(t.Context(), in); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: Recall = %+v, %v; want ErrInvalid", name, out, err)
		}
	}
	if _, err := s.Recall(t.Context(), recall.Ask{Database: "none"}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Recall of a database that is not there = %v; want ErrNotFound", err)
	}
}
