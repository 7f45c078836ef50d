// Command scale measures how our graph grows: the time of a search at the default ef, its
// recall, the first search after opening a saved file, and searches beside adders.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
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
	flag.Parse()
	if err := run(*largest, settings.Dims); err != nil {
		log.Fatal(err)
	}
}

func run(largest, dims int) error {
	set := vectors.NewMade(vectors.Made{Dims: dims, Seed: 11}, largest)
	fmt.Printf("made vectors × %d, cosine, k = %d, nothing set, %d queries, one searcher\n", dims, k, queries)
	for n := min(10_000, largest); ; n = min(10*n, largest) {
		if err := measure(set, n, n == largest); err != nil || n == largest {
			return err
		}
	}
}

func measure(set *vectors.Set, n int, last bool) (err error) {
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
	recall, err := recallOf(ix, qs)
	if err != nil {
		return err
	}
	times, err := search(ix, qs, 3)
	if err != nil {
		return err
	}
	two := both(ix, qs)
	st := ix.Stats()
	fmt.Printf("%8d: build %.0f vec/s, recall %.3f, p50 %v, p99 %v, two searchers %.2f ×, %.0f bytes per vector\n",
		n, float64(n)/built.Seconds(), recall, at(times, 50), at(times, 99), two, float64(st.Bytes)/float64(n))
	if n == 100_000 {
		if err := besideAdders(ix, set, n, qs, at(times, 99)); err != nil {
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
	if err := ix.(ports.Saver).Save(context.Background(), path, ports.Snapshot{}); err != nil {
		return err
	}
	fmt.Printf("          saved in %.1f s\n", time.Since(began).Seconds())
	if err := ix.Close(); err != nil {
		return err
	}
	return reopen(path, qs)
}

// add adds rows from on to to by two goroutines.
func add(ix ports.VectorIndex, set *vectors.Set, from, to int) error {
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for w := range errs {
		wg.Go(func() {
			for {
				end := int(next.Add(64))
				begin := end - 64
				if begin >= to || errs[w] != nil {
					return
				}
				end = min(end, to)
				ids := make([]int64, end-begin)
				for i := range ids {
					ids[i] = int64(begin + i + 1)
				}
				errs[w] = ix.Add(ids, set.Rows[begin:end])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// search returns the sorted times of rounds × qs searches.
func search(ix ports.VectorIndex, qs [][]float32, rounds int) ([]time.Duration, error) {
	var times []time.Duration
	into := make([]domain.Neighbor, 0, k)
	for range rounds {
		for _, q := range qs {
			began := time.Now()
			if _, _, err := ix.Search(context.Background(), ports.Query{Vector: q, K: k, Into: into}); err != nil {
				return nil, err
			}
			times = append(times, time.Since(began))
		}
	}
	slices.Sort(times)
	return times, nil
}

func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[len(sorted)*percent/100].Round(time.Microsecond)
}

// both returns how much more two searchers get done than one.
func both(ix ports.VectorIndex, qs [][]float32) float64 {
	rate := func(searchers int) float64 {
		var wg sync.WaitGroup
		began := time.Now()
		for range searchers {
			wg.Go(func() { _, _ = search(ix, qs, 5) })
		}
		wg.Wait()
		return float64(searchers) / time.Since(began).Seconds()
	}
	var ratios []float64
	for range 5 {
		ratios = append(ratios, rate(2)/rate(1))
	}
	slices.Sort(ratios)
	return ratios[2]
}

func recallOf(ix ports.VectorIndex, qs [][]float32) (float64, error) {
	sum := 0.0
	for _, q := range qs[:100] {
		truth, _, err := ix.Search(context.Background(), ports.Query{Vector: q, K: k, Exact: true})
		if err != nil {
			return 0, err
		}
		got, _, err := ix.Search(context.Background(), ports.Query{Vector: q, K: k})
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
func besideAdders(ix ports.VectorIndex, set *vectors.Set, n int, qs [][]float32, idle time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- add(ix, set, n, min(n+40_000, len(set.Rows))) }()
	var times []time.Duration
	for running := true; running; {
		some, err := search(ix, qs[:50], 1)
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
	slices.Sort(times)
	fmt.Printf("          beside two adders: p50 %v, p99 %v of %d searches, %.1f × idle p99\n",
		at(times, 50), at(times, 99), len(times), float64(at(times, 99))/float64(idle))
	return nil
}
