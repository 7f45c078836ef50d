package graphfile

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// checkLinks makes sure that no link, parent or level leads out of the arrays, whatever
// wrote the file. Slabs are shared out among the cores.
func checkLinks(g *graph.Graph, v *memory.View) error {
	n := g.Used()
	var bad atomic.Bool
	var next atomic.Int64
	work := func() {
		for !bad.Load() {
			i := int(next.Add(1)) - 1
			if i >= len(v.Links)+len(v.Upper) {
				return
			}
			var ok bool
			if i < len(v.Links) {
				ok = linksBelow(v.Links[i], g.M0, n) && linksBelow(v.Parents[i], 1, n) && levelsFit(g, v.Ups[i])
			} else {
				ok = linksBelow(v.Upper[i-len(v.Links)], g.M, n)
			}
			if !ok {
				bad.Store(true)
			}
		}
	}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if bad.Load() {
		return corrupt("a link leads nowhere")
	}
	if err := checkLevels(g, v); err != nil {
		return err
	}
	return checkTree(g, v)
}

// checkHosts makes sure that hosts are nodes, and the start and the root as well, and that
// not too many vectors are kept apart.
func checkHosts(g *graph.Graph, v *memory.View) error {
	n, apart := g.Used(), 0
	for slot := range n {
		host, _ := v.HostOf(slot)
		if host != memory.None && (host >= n || !v.IsNode(host) || v.ID(host) == 0) {
			return corrupt("node %d is a copy of %d, which is no node", slot, host)
		}
		if v.IsOutlier(slot) {
			apart++
		}
	}
	start, _, ok := g.EntryPoint()
	if ok && (!v.IsNode(start) || !v.IsNode(g.Root.Load())) {
		return corrupt("the start or the root is no node")
	}
	if apart > graph.MostOutliers {
		return corrupt("%d vectors are kept apart", apart)
	}
	return nil
}

// checkTree makes sure that parents do not go round in circles.
func checkTree(g *graph.Graph, v *memory.View) error {
	n := g.Used()
	done := memory.NewSet(n)
	var path []uint32
	for slot := range n {
		path = path[:0]
		for at := slot; at != memory.None && !done.Has(at); at = v.Parent(at) {
			done.Add(at)
			path = append(path, at)
			if up := v.Parent(at); up != memory.None && done.Has(up) && slices.Contains(path, up) {
				return corrupt("node %d is its own ancestor", up)
			}
		}
	}
	if n > 0 && v.Parent(g.Root.Load()) != memory.None {
		return corrupt("the root has a parent")
	}
	return nil
}

// checkLevels makes sure that no node claims a level its neighbors do not know it on.
func checkLevels(g *graph.Graph, v *memory.View) error {
	start, level, ok := g.EntryPoint()
	if ok && v.Level(start) < level {
		return corrupt("the start is on level %d, not %d", v.Level(start), level)
	}
	for slot := range g.Used() {
		for l := 1; l <= v.Level(slot); l++ {
			for _, to := range g.List(v, slot, l) {
				if to != memory.None && v.Level(to) < l {
					return corrupt("node %d is not on level %d", to, l)
				}
			}
		}
	}
	return nil
}

// linksBelow reports whether all links in a slab of lists of the given width are none or
// below n.
func linksBelow(slab unsafe.Pointer, width int, n uint32) bool {
	bad := false
	for _, to := range unsafe.Slice((*uint32)(slab), width*simd.SlabRows) {
		bad = bad || to >= n && to != memory.None
	}
	return !bad
}

func levelsFit(g *graph.Graph, slab unsafe.Pointer) bool {
	for _, up := range unsafe.Slice((*uint32)(slab), simd.SlabRows) {
		if level := up & memory.MaxLevel; level > 0 && uint64(up>>4)+uint64(level) > uint64(g.UpperBlocks()) {
			return false
		}
	}
	return true
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("graph: %s: %w", fmt.Sprintf(format, args...), domain.ErrCorrupt)
}
