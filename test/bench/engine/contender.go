package main

import "github.com/memista/memista/test/bench/measure"

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
	build  map[int]measure.Values // threads: vectors per second
	qps    map[int]measure.Values // ef: queries per second
	recall map[int]float64        // ef: recall
	failed error
}
