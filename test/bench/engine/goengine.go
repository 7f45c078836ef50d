package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

// goEngine is an engine behind our port.
type goEngine struct {
	engine   ports.Engine
	settings ports.IndexSettings
	set      *vectors.Set
	k        int
	index    ports.VectorIndex
}

// goEngines returns the engines of this build, each in its kinds.
func goEngines(c config, data dataset) []contender {
	var list []contender
	for _, engine := range []func() (ports.Engine, []string){flatEngine, hnswEngine, usearchEngine} {
		e, kinds := engine()
		for _, kind := range kinds {
			metric := data.metric
			if kind == "i8" && metric == domain.InnerProduct && data.unit {
				metric = domain.Cosine // all that some engines do with i8
			}
			list = append(list, &goEngine{engine: e, set: data.Set, k: c.k, settings: ports.IndexSettings{
				Metric: metric, Dims: data.Dims, M: c.m, EfConstruction: c.efc, Storage: kind,
			}})
		}
	}
	return list
}

// Name returns the engine and its kind of codes.
func (e *goEngine) Name() string { return e.engine.Name() + " " + e.settings.Storage }

// Build adds all rows from as many goroutines as threads.
func (e *goEngine) Build(threads int) (float64, int64, error) {
	if err := e.Close(); err != nil {
		return 0, 0, err
	}
	before := heap()
	index, err := e.engine.New(e.settings)
	if err != nil {
		return 0, 0, err
	}
	e.index = index
	start := now()
	if err := e.add(threads); err != nil {
		return 0, 0, err
	}
	if a, ok := index.(ports.Auditor); ok { // what a bulk load needs before it is done
		lost, err := a.Audit(context.Background())
		if err != nil {
			return 0, 0, err
		}
		if _, err := a.Repair(context.Background(), lost); err != nil {
			return 0, 0, err
		}
	}
	took := now() - start
	bytes := index.Stats().Bytes + index.Stats().Mapped
	if bytes == 0 {
		bytes = heap() - before
	}
	return took, bytes, nil
}

func (e *goEngine) add(threads int) error {
	const batch = 500
	ids := e.set.IDs()
	return measure.Share(threads, 0, len(ids), batch, func(_, from, to int) error { return e.index.Add(ids[from:to], e.set.Rows[from:to]) })
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Search runs the queries again and again for at least so many seconds.
func (e *goEngine) Search(ef, threads int, seconds float64) (float64, [][]int64, error) {
	ids := make([][]int64, len(e.set.Queries))
	done := 0
	start := now()
	for now()-start < seconds {
		var next atomic.Int64
		if err := measure.Together(threads, func(int) error { return e.pass(ef, &next, ids) }); err != nil {
			return 0, nil, err
		}
		done += len(ids)
	}
	return float64(done) / (now() - start), ids, nil
}

func (e *goEngine) pass(ef int, next *atomic.Int64, ids [][]int64) error {
	ctx := context.Background()
	into := make([]domain.Neighbor, 0, e.k)
	for {
		q := int(next.Add(1)) - 1
		if q >= len(ids) {
			return nil
		}
		found, _, err := e.index.Search(ctx, ports.Query{Vector: e.set.Queries[q], K: e.k, Ef: ef, Into: into[:0]})
		if err != nil {
			return fmt.Errorf("query %d: %w", q, err)
		}
		ids[q] = ids[q][:0]
		for _, n := range found {
			ids[q] = append(ids[q], n.ID)
		}
	}
}

// Close releases the index.
func (e *goEngine) Close() error {
	if e.index == nil {
		return nil
	}
	err := e.index.Close()
	e.index = nil
	runtime.GC()
	return err
}
