package query

import (
	"sync/atomic"

	"github.com/memista/memista/internal/domain"
)

// counts are what searches have done since the service was made; anybody counts.
type counts struct {
	queries            [len(plans)]atomic.Uint64 // by plan
	visited, distances atomic.Uint64
	repeats            atomic.Uint64
	rowsKept, rowsRead atomic.Uint64 // rows of hits
}

// plans are the ways in which queries are answered, in the order of counts.queries.
var plans = [...]domain.Plan{domain.PlanFlat, domain.PlanExactIDs, domain.PlanGraph, domain.PlanFiltered}

// searched counts the queries of one search.
func (n *counts) searched(work []domain.Explain) {
	for i := range work {
		w := &work[i]
		for p, plan := range plans {
			if w.Plan == plan {
				n.queries[p].Add(1)
				break
			}
		}
		n.visited.Add(uint64(w.Visited))
		n.distances.Add(uint64(w.Distances))
	}
}

// SearchStats are what searches have done since the service was made.
type SearchStats struct {
	Queries   map[domain.Plan]uint64 // answered, by how
	Visited   uint64                 // nodes of graphs whose links were followed
	Distances uint64                 // distances computed
	Repeats   uint64                 // searches done again because their rows had changed concurrently

	RowsKept uint64 // rows of hits that were in memory
	RowsRead uint64 // rows of hits that were read from the repository
}

func (n *counts) stats() SearchStats {
	st := SearchStats{
		Queries: make(map[domain.Plan]uint64, len(plans)),
		Visited: n.visited.Load(), Distances: n.distances.Load(), Repeats: n.repeats.Load(),
		RowsKept: n.rowsKept.Load(), RowsRead: n.rowsRead.Load(),
	}
	for i, plan := range plans {
		st.Queries[plan] = n.queries[i].Load()
	}
	return st
}
