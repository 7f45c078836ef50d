package main

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
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
	const some = 64 // vectors in one call of Add
	var next atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	began := time.Now()
	for w := range errs {
		wg.Go(func() {
			for errs[w] == nil {
				to := int(next.Add(some))
				from := to - some
				if from >= len(ids) {
					return
				}
				to = min(to, len(ids))
				errs[w] = ix.Add(ids[from:to], set.Rows[from:to])
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	if err := errors.Join(errs...); err != nil {
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
