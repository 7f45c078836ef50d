package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

// build builds the graph that the server builds, with the same settings, in this process
// by all cores, and returns vectors per second and the recall@10.
func build(set *vectors.Set, truth [][]int64) (rate, recall float64, err error) {
	ix, err := hnsw.Engine{}.New(ports.IndexSettings{Metric: domain.InnerProduct, Dims: set.Dims})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, ix.Close()) }()
	ids := set.IDs()
	began := time.Now()
	err = measure.Share(runtime.GOMAXPROCS(0), 0, len(ids), 64, func(_, from, to int) error { return ix.Add(ids[from:to], set.Rows[from:to]) })
	took := time.Since(began)
	if err != nil {
		return 0, 0, err
	}
	for i, q := range set.Queries {
		got, _, err := ix.Search(context.Background(), ports.Query{Vector: q, K: k})
		if err != nil {
			return 0, 0, err
		}
		recall += vectors.Recall(truth[i], got) / float64(len(set.Queries))
	}
	return float64(len(ids)) / took.Seconds(), recall, nil
}
