package remake

import (
	"context"
	"sync/atomic"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// copyStep is how many slots are copied between two looks at the context.
const copyStep = 256

// Compacted returns a copy of g without free slots, or the error of ctx if that ends before.
// Nothing is added to g meanwhile; what is removed may be in the copy. It adds each slot to
// done.
func Compacted(ctx context.Context, g *graph.Graph, done *atomic.Int64) (*graph.Graph, error) {
	h := successor(g, g.Kind, g.Coding)
	if err := Copy(ctx, h, g, done); err != nil {
		return nil, err
	}
	return h, nil
}

// Copy is Compacted into g, which is empty and of the same shape but for its rows.
func Copy(ctx context.Context, g, old *graph.Graph, done *atomic.Int64) error {
	v := old.View()
	moved := make([]uint32, old.Used())
	var n, blocks uint32
	for slot := range moved {
		moved[slot] = memory.None
		if v.ID(uint32(slot)) != 0 {
			moved[slot] = n
			n++
			blocks += uint32(v.Level(uint32(slot)))
		}
	}
	g.Occupy(n, blocks)
	g.PutOffReview()
	rest := make([]float32, old.Dims)
	for from, to := range moved {
		if from%copyStep == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			done.Add(min(copyStep, int64(len(moved)-from)))
		}
		if to != memory.None {
			take(g, old, uint32(from), to, moved, rest)
		}
	}
	g.HostAll(g.View())
	start, level, _ := old.EntryPoint()
	g.SetEntryPoint(moved[start], level)
	g.Root.Store(moved[old.Root.Load()])
	return nil
}

// take copies the node in slot from of old to slot to; moved says where all nodes go. It
// uses rest, of as many components as vectors have.
func take(g, old *graph.Graph, from, to uint32, moved []uint32, rest []float32) {
	v, w := old.View(), g.View()
	copyEntry(g.Original(w, to), g.Original(v, from), g.FullLayout.Stride)
	g.Encode(w, to, rest)
	id, level := v.ID(from), v.Level(from)
	w.SetID(to, id)
	died := v.DeletedAt(from)
	w.SetDeletedAt(to, died)
	if parent := v.Parent(from); parent != memory.None {
		w.SetParent(to, moved[parent])
	}
	if host, near := v.HostOf(from); host != memory.None {
		w.SetHost(to, moved[host], near)
	} else if v.IsOutlier(from) {
		w.SetOutlier(to)
	}
	g.Raise(w, to, level)
	for l := range level + 1 {
		target := g.List(w, to, l)
		n := 0
		for _, link := range memory.LinksOf(old.List(v, from, l), nil) {
			if moved[link] != memory.None {
				target[n] = moved[link]
				n++
			}
		}
	}
	if died != 0 {
		g.Gone.Add(1)
		return
	}
	g.Live.Add(1)
	g.ByID.Swap(id, to)
}

func copyEntry(to, from unsafe.Pointer, size int) {
	copy(unsafe.Slice((*byte)(to), size), unsafe.Slice((*byte)(from), size))
}
