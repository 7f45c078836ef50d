package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/memista/memista/test/bench/measure"
)

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
	fmt.Println(measure.Machine())
	fmt.Printf("%s: %d rows × %d, %d queries, k = %d, %s, M = %d, ef_construction = %d, %d search thread(s), %s\n",
		data.Name, len(data.Rows), data.Dims, len(data.Queries), c.k, data.metric, c.m, c.efc, c.searchThreads,
		map[bool]string{false: "by the clock", true: "by processor time"}[c.cpu])
	if err := measureBuilds(ctx, c, len(data.Rows), results); err != nil {
		return err
	}
	if err := measureSearches(ctx, c, data, truth, results); err != nil {
		return err
	}
	printTable(os.Stdout, c, results)
	return measureFiltered(ctx, os.Stdout, c, data.Set, results)
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
		results = append(results, &result{contender: e, build: map[int]measure.Values{}, qps: map[int]measure.Values{}, recall: map[int]float64{}})
	}
	return results, nil
}

// job is a contender and what it does in its turn: a number of threads, or a beam width.
type job struct {
	*result
	with int
}

func jobs(results []*result, with []int) []job {
	var list []job
	for _, w := range with {
		for _, r := range results {
			list = append(list, job{r, w})
		}
	}
	return list
}

// measureBuilds builds all indexes by turns. One that fails is left out from then on.
func measureBuilds(ctx context.Context, c config, rows int, results []*result) error {
	return measure.Turns(c.builds, jobs(results, c.buildThreads), func(round int, j job) error {
		if j.failed != nil {
			return ctx.Err()
		}
		seconds, bytes, err := j.Build(j.with)
		j.failed, j.bytes = err, bytes
		j.build[j.with] = append(j.build[j.with], float64(rows)/seconds)
		measure.Say("build %d/%d, %d thread(s): %s, %.1f s", round+1, c.builds, j.with, j.Name(), seconds)
		return ctx.Err()
	})
}

// measureSearches has all engines search by turns, at every ef. ef 0 is what an engine does
// when it is told nothing.
func measureSearches(ctx context.Context, c config, data dataset, truth [][]int64, results []*result) error {
	return measure.Turns(c.rounds, jobs(results, append(slices.Clone(c.efs), 0)), func(_ int, j job) error {
		if _, peer := j.contender.(*peer); j.failed != nil || peer && j.with == 0 {
			return ctx.Err()
		}
		qps, ids, err := j.Search(j.with, c.searchThreads, c.minSeconds)
		if j.failed = err; err == nil {
			j.qps[j.with] = append(j.qps[j.with], qps)
			j.recall[j.with] = data.recall(truth, ids)
		}
		return ctx.Err()
	})
}
