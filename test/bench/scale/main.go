// Command scale measures how our graph grows: the time of a search at the default ef, its
// recall, the first search after opening a saved file, and searches beside adders.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

const (
	k       = 10
	queries = 300
)

var settings = ports.IndexSettings{Metric: domain.Cosine}

func main() {
	largest := flag.Int("n", 1_000_000, "vectors of the largest index")
	flag.IntVar(&settings.Dims, "dims", 100, "their dimension")
	measure.Main("scale", func(ctx context.Context) error { return run(ctx, *largest, settings.Dims) })
}

func run(ctx context.Context, largest, dims int) error {
	set := vectors.NewMade(vectors.Made{Dims: dims, Seed: 11}, largest)
	fmt.Println(measure.Machine())
	fmt.Printf("made vectors × %d, cosine, k = %d, nothing set, %d queries, one searcher\n", dims, k, queries)
	for n := min(10_000, largest); ; n = min(10*n, largest) {
		if err := grow(ctx, set, n, n == largest); err != nil || n == largest {
			return err
		}
	}
}

// grow measures an index of n vectors, and of the last one its file, too.
func grow(ctx context.Context, set *vectors.Set, n int, last bool) (err error) {
	ix, err := hnsw.Engine{}.New(settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ix.Close()) }()
	began := time.Now()
	if err := add(ix, set, 0, n); err != nil {
		return err
	}
	built := time.Since(began)
	qs := set.Queries[:queries]
	recall, err := recallOf(ctx, ix, qs)
	if err != nil {
		return err
	}
	times, err := search(ctx, ix, qs, 3)
	if err != nil {
		return err
	}
	two, err := both(ctx, ix, qs)
	if err != nil {
		return err
	}
	st := ix.Stats()
	fmt.Printf("%8d: build %.0f vec/s, recall %.3f, p50 %v, p99 %v, two searchers %.2f ×, %.0f bytes per vector\n",
		n, float64(n)/built.Seconds(), recall, at(times, 50), at(times, 99), two, float64(st.Bytes)/float64(n))
	if n == 100_000 {
		if err := besideAdders(ctx, ix, set, n, qs, at(times, 99)); err != nil {
			return err
		}
	}
	if !last {
		return nil
	}
	dir, err := os.MkdirTemp("", "memista-scale-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "made.hnsw")
	began = time.Now()
	if err := ix.(ports.Saver).Save(ctx, path, ports.Snapshot{}); err != nil {
		return err
	}
	fmt.Printf("          saved in %.1f s\n", time.Since(began).Seconds())
	if err := ix.Close(); err != nil {
		return err
	}
	return reopen(ctx, path, qs)
}

// add adds rows from on to to by two goroutines.
func add(ix ports.VectorIndex, set *vectors.Set, from, to int) error {
	return measure.Share(2, from, to, 64, func(_, from, to int) error {
		ids := make([]int64, to-from)
		for i := range ids {
			ids[i] = int64(from + i + 1)
		}
		return ix.Add(ids, set.Rows[from:to])
	})
}

// search returns the times of rounds × qs searches.
func search(ctx context.Context, ix ports.VectorIndex, qs [][]float32, rounds int) (measure.Times, error) {
	var times measure.Times
	into := make([]domain.Neighbor, 0, k)
	for range rounds {
		for _, q := range qs {
			began := time.Now()
			if _, _, err := ix.Search(ctx, ports.Query{Vector: q, K: k, Into: into}); err != nil {
				return nil, err
			}
			times = append(times, time.Since(began))
		}
	}
	return times, nil
}

func at(t measure.Times, percent int) time.Duration { return t.At(percent).Round(time.Microsecond) }

// both returns how much more two searchers get done than one.
func both(ctx context.Context, ix ports.VectorIndex, qs [][]float32) (float64, error) {
	rate := func(searchers int) (float64, error) {
		began := time.Now()
		err := measure.Together(searchers, func(int) error {
			_, err := search(ctx, ix, qs, 5)
			return err
		})
		return float64(searchers) / time.Since(began).Seconds(), err
	}
	var ratios measure.Values
	for range 5 {
		two, err := rate(2)
		if err != nil {
			return 0, err
		}
		one, err := rate(1)
		if err != nil {
			return 0, err
		}
		ratios = append(ratios, two/one)
	}
	return ratios.Median(), nil
}

func recallOf(ctx context.Context, ix ports.VectorIndex, qs [][]float32) (float64, error) {
	sum := 0.0
	for _, q := range qs[:100] {
		truth, _, err := ix.Search(ctx, ports.Query{Vector: q, K: k, Exact: true})
		if err != nil {
			return 0, err
		}
		got, _, err := ix.Search(ctx, ports.Query{Vector: q, K: k})
		if err != nil {
			return 0, err
		}
		ids := make([]int64, len(truth))
		for i, n := range truth {
			ids[i] = n.ID
		}
		sum += vectors.Recall(ids, got)
	}
	return sum / 100, nil
}

// besideAdders measures searches while two goroutines add.
func besideAdders(ctx context.Context, ix ports.VectorIndex, set *vectors.Set, n int, qs [][]float32, idle time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- add(ix, set, n, min(n+40_000, len(set.Rows))) }()
	var times measure.Times
	for running := true; running; {
		some, err := search(ctx, ix, qs[:50], 1)
		if err != nil {
			return err
		}
		times = append(times, some...)
		select {
		case err := <-done:
			if err != nil {
				return err
			}
			running = false
		default:
		}
	}
	fmt.Printf("          beside two adders: p50 %v, p99 %v of %d searches, %.1f × idle p99\n",
		at(times, 50), at(times, 99), len(times), float64(at(times, 99))/float64(idle))
	return nil
}
