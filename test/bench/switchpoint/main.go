// Command switchpoint measures from which size on a walk over the graph is faster than
// the exact search: the figures behind the size at which a database gets a graph.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

const (
	queries = 200
	rounds  = 5
	k       = 10
)

func main() { measure.Main("switchpoint", run) }

func run(ctx context.Context) error {
	fmt.Println(measure.Machine())
	fmt.Printf("cosine, k = %d, default ef, medians over %d queries of the best of %d interleaved rounds\n", k, queries, rounds)
	fmt.Println("dims      n      MiB   exact µs   graph µs   graph/exact")
	for _, dims := range []int{32, 100, 384, 768, 1536} {
		for _, n := range []int{500, 1000, 2000, 4000, 8000, 16000, 32000} {
			if dims*n > 16_000_000 {
				continue
			}
			if err := compare(ctx, dims, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare measures the exact search and the graph by turns.
func compare(ctx context.Context, dims, n int) error {
	set := vectors.NewMade(vectors.Made{Dims: dims, Seed: 7}, n)
	qs := set.Queries[:queries]
	var indexes []ports.VectorIndex
	for _, e := range []ports.Engine{flat.Engine{}, hnsw.Engine{}} {
		ix, err := e.New(ports.IndexSettings{Metric: domain.Cosine, Dims: dims})
		if err != nil {
			return err
		}
		defer func() { _ = ix.Close() }() // its process ends soon
		if err := ix.Add(set.IDs(), set.Rows); err != nil {
			return err
		}
		indexes = append(indexes, ix)
	}
	best := [2]time.Duration{time.Hour, time.Hour}
	err := measure.Turns(rounds, []int{0, 1}, func(_, i int) error {
		took, err := median(ctx, indexes[i], qs)
		best[i] = min(best[i], took)
		return err
	})
	exact, graph := measure.Microseconds(best[0]), measure.Microseconds(best[1])
	fmt.Printf("%4d %6d %8.2f %10.1f %10.1f %10.2f\n", dims, n, float64(4*dims*n)/(1<<20), exact, graph, graph/exact)
	return err
}

// median returns the median time of a search for each of qs.
func median(ctx context.Context, ix ports.VectorIndex, qs [][]float32) (time.Duration, error) {
	times := make(measure.Times, len(qs))
	into := make([]domain.Neighbor, 0, k)
	for i, q := range qs {
		began := time.Now()
		if _, _, err := ix.Search(ctx, ports.Query{Vector: q, K: k, Into: into}); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	return times.At(50), nil
}
