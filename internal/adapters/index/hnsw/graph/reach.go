package graph

import (
	"context"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// reachBatch is how many nodes are visited between looks at the context.
const reachBatch = 4096

// Reach returns the slots that a walk can reach over links of the base, their copies, and
// what is kept apart, or the error of ctx. Slots that are placed after the call are not in it.
func (g *Graph) Reach(ctx context.Context) (memory.Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := g.Used() // what comes later is no concern of ours
	reached := memory.NewSet(n)
	start, _, ok := g.EntryPoint()
	if !ok {
		return reached, nil
	}
	v := g.View()
	reached.AddBelow(n, g.Outliers.Slots())
	queue := []uint32{start}
	reached.Add(start)
	for i := 0; i < len(queue); i++ {
		if i%reachBatch == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list := g.List(v, queue[i], 0)
		for j := range list {
			to := atomic.LoadUint32(&list[j])
			if to == memory.None {
				break
			}
			if to < n && !reached.Has(to) {
				reached.Add(to)
				queue = append(queue, to)
			}
		}
		if c := g.Hosts.Of(queue[i]); c != nil {
			reached.AddBelow(n, c.Equal())
			reached.AddBelow(n, c.Near())
		}
	}
	return reached, nil
}
