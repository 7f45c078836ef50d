package hnsw

import (
	"context"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// compact copies the nodes of g, which must be the index's graph, into a new one without
// free slots. Adds wait; searches finish on the old one, whose memory goes when they
// have. If ctx ends before the copy is made, the old one stays.
func (ix *Index) compact(ctx context.Context, g *graph) error {
	ix.writing.Lock()
	ix.removal.begin()
	h, err := g.compacted(ctx, &ix.vacuum.steps)
	if err != nil {
		ix.removal.abandon()
		ix.writing.Unlock()
		return err
	}
	ix.removal.replace(ix, h)
	ix.writing.Unlock()
	ix.epochs.wait()
	_ = ix.unmap() // all that lay in a file was copied; the file is no loss
	return nil
}

// copyStep is how many slots are copied between two looks at the context.
const copyStep = 256

// compacted returns a copy of g in which slots follow each other without gaps, or ctx's
// error. Each slot is a step.
func (g *graph) compacted(ctx context.Context, steps *steps) (*graph, error) {
	h := g.successor(g.Kind, g.Coding)
	return h, h.compactFrom(ctx, g, steps)
}

// compactFrom fills g, which is empty, with a copy of the nodes of old.
func (g *graph) compactFrom(ctx context.Context, old *graph, steps *steps) error {
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
	g.review.Store(reviewFor(n))
	rest := make([]float32, old.Dims)
	for from, to := range moved {
		if from%copyStep == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			steps.done.Add(min(copyStep, int64(len(moved)-from)))
		}
		if to != memory.None {
			g.take(old, uint32(from), to, moved, rest)
		}
	}
	g.hostAll(g.View())
	start, level, _ := old.entryPoint()
	g.setEntryPoint(moved[start], level)
	g.root.Store(moved[old.root.Load()])
	return nil
}

// take copies the node in slot from of old to slot to; moved says where all nodes go. It
// uses rest, of as many components as vectors have.
func (g *graph) take(old *graph, from, to uint32, moved []uint32, rest []float32) {
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
		g.gone.Add(1)
		return
	}
	g.live.Add(1)
	g.ByID.Swap(id, to)
}

func copyEntry(to, from unsafe.Pointer, size int) {
	copy(unsafe.Slice((*byte)(to), size), unsafe.Slice((*byte)(from), size))
}
