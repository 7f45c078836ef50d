package main

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// contender is one engine in one setting.
type contender interface {
	Name() string
	// Build makes the index anew and returns the seconds it took, and its bytes.
	Build(threads int) (seconds float64, bytes int64, err error)
	// Search runs all queries for at least so many seconds (ef 0: as the engine likes), and
	// returns queries per second and the ids of the results.
	Search(ef, threads int, seconds float64) (qps float64, ids [][]int64, err error)
	Close() error
}

// result is what was measured of a contender.
type result struct {
	contender
	bytes  int64
	build  map[int][]float64 // threads: vectors per second
	qps    map[int][]float64 // ef: queries per second
	recall map[int]float64   // ef: recall
	failed error
}

// run measures all engines on one set after the other.
func run(ctx context.Context, c config) error {
	for i, name := range c.sets {
		data, err := load(ctx, c, name)
		if err != nil {
			return err
		}
		if c.metric != "" {
			data.metric = c.metric
		}
		if i > 0 {
			fmt.Println()
		}
		if err := runSet(ctx, c, data); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func runSet(ctx context.Context, c config, data dataset) error {
	truth, err := data.Truth(data.metric, c.k)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "memista-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	results, err := contenders(ctx, c, data, dir)
	if err != nil {
		return err
	}
	defer func() {
		for _, r := range results {
			_ = r.Close() // what went wrong with it is in its result
		}
	}()
	if len(results) == 0 {
		return fmt.Errorf("no engine of this build has a name that begins with one of %q", c.engines)
	}
	fmt.Printf("%s: %d rows × %d, %d queries, k = %d, %s, M = %d, ef_construction = %d, %d search thread(s), %s\n",
		data.Name, len(data.Rows), data.Dims, len(data.Queries), c.k, data.metric, c.m, c.efc, c.searchThreads,
		map[bool]string{false: "by the clock", true: "by processor time"}[c.cpu])
	measureBuilds(ctx, c, len(data.Rows), results)
	measureSearches(ctx, c, data, truth, results)
	printTable(os.Stdout, c, results)
	if err := measureFiltered(ctx, os.Stdout, c, data.Set, results); err != nil {
		return err
	}
	return ctx.Err()
}

func contenders(ctx context.Context, c config, data dataset, dir string) ([]*result, error) {
	list, err := peers(ctx, c, data, dir)
	if err != nil {
		return nil, err
	}
	list = append(list, goEngines(c, data)...)
	var results []*result
	for _, e := range list {
		if !c.wants(e.Name()) {
			if err := e.Close(); err != nil {
				return nil, err
			}
			continue
		}
		results = append(results, &result{contender: e, build: map[int][]float64{}, qps: map[int][]float64{}, recall: map[int]float64{}})
	}
	return results, nil
}

func measureBuilds(ctx context.Context, c config, rows int, results []*result) {
	for round := range c.builds {
		for _, threads := range c.buildThreads {
			for _, r := range results {
				if r.failed != nil || ctx.Err() != nil {
					continue
				}
				fmt.Fprintf(os.Stderr, "build %d/%d, %d thread(s): %s … ", round+1, c.builds, threads, r.Name())
				seconds, bytes, err := r.Build(threads)
				r.failed, r.bytes = err, bytes
				r.build[threads] = append(r.build[threads], float64(rows)/seconds)
				fmt.Fprintf(os.Stderr, "%.1f s\n", seconds)
			}
		}
	}
}

// measureSearches goes round by round and ef by ef, and lets all engines run one after
// the other in between. ef 0 is what an engine does when it is told nothing.
func measureSearches(ctx context.Context, c config, data dataset, truth [][]int64, results []*result) {
	for round := range c.rounds {
		for _, ef := range append(slices.Clone(c.efs), 0) {
			for _, r := range results {
				if _, peer := r.contender.(*peer); r.failed != nil || ctx.Err() != nil || peer && ef == 0 {
					continue
				}
				qps, ids, err := r.Search(ef, c.searchThreads, c.minSeconds)
				if err != nil {
					r.failed = err
					continue
				}
				r.qps[ef] = append(r.qps[ef], qps)
				r.recall[ef] = data.recall(truth, ids)
			}
		}
		fmt.Fprintf(os.Stderr, "search round %d/%d done\n", round+1, c.rounds)
	}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}
