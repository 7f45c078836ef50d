package query

import (
	"math/bits"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// plan is how a query will be answered.
type plan struct {
	name   domain.Plan
	ef     int // nodes a walk keeps
	enough int // allowed ones among them that make its answer good
	scans  int // how many vectors a scan compares, at most
}

// visitCost is what keeping one more candidate costs a walk, in vectors that a scan compares
// in the same time: 1.2 µs against 0.05 µs among 100,000 word vectors of 100
// dimensions, and a little more as the answer of a scan is the better one.
const visitCost = 30

// choosePlan chooses the cheapest way to answer q well.
func choosePlan(g *graph.Graph, q ports.Query) plan {
	live := int(g.Live.Load())
	all := plan{name: domain.PlanFlat, scans: live}
	if q.Allow != nil {
		all.name, all.scans = domain.PlanExactIDs, min(q.Allow.Len(), live)
	}
	ef := beamWidth(g, q, live)
	if q.Exact || live == 0 {
		return all
	}
	if q.Allow == nil {
		if visitCost*ef >= live {
			return all
		}
		return plan{name: domain.PlanGraph, ef: ef, scans: live}
	}
	allowed := min(q.Allow.Len(), live)
	if allowed == 0 {
		return all
	}
	// Of the nodes a walk keeps the same share is allowed as of all, unless the filter
	// goes with the place; then the walk finds too few and the scan has to follow.
	wide := int(min(int64(ef)*int64(live)/int64(allowed), memory.MaxEf))
	if visitCost*wide >= allowed {
		return all
	}
	return plan{name: domain.PlanFiltered, ef: wide, enough: max(q.K, ef/4), scans: allowed}
}

// beamWidth returns how many nodes a walk keeps for a query over live vectors.
func beamWidth(g *graph.Graph, q ports.Query, live int) int {
	ef := q.Ef
	if ef <= 0 {
		ef = g.EfSearch
	}
	if ef <= 0 {
		ef = adaptedEf(live)
	}
	return min(max(ef, q.K), max(live, 1), memory.MaxEf)
}

// adaptedEf is the beam width that reaches a recall of 0.95 at ten on the hardest of
// the sets measured, word vectors: it grows with their number. With the default links
// 30,000 of them gave 0.973 at 128; 100,000 gave 0.950 at 128 and 0.967 at 192; 340,000
// gave 0.949 at 208 and 0.961 at 256.
func adaptedEf(n int) int {
	switch {
	case n <= 50_000:
		return 128
	case n <= 150_000:
		return 160
	default:
		return 160 + 48*bits.Len(uint(n/150_000))
	}
}
