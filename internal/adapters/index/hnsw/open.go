package hnsw

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Open implements ports.FileEngine. The file is mapped where the system can: slabs lie
// in the mapping, a page that is changed is copied, the file stays as it is.
func (Engine) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	sh, err := newShape(s)
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	f, err := indexfile.Open(path, indexfile.Want{
		Engine: engineName, Kind: sh.want, Metric: sh.metric, Dims: sh.dims, Incarnation: life,
	})
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	g, err := load(f, sh)
	if err != nil {
		_ = f.Close()
		return nil, ports.Snapshot{}, fmt.Errorf("%s: %w", path, err)
	}
	ix := newIndex(g)
	ix.mapped.Store(f)
	return ix, f.Header().Snapshot, nil
}

// Remove implements ports.FileEngine.
func (Engine) Remove(path string) error { return indexfile.Remove(path) }

// load makes a graph over the sections of f.
func load(f *indexfile.File, sh shape) (*graph, error) {
	sh, coding, err := loadCoding(f, sh)
	if err != nil {
		return nil, err
	}
	g := newGraph(sh)
	g.coding = coding
	if err := g.loadNumbers(f); err != nil {
		return nil, err
	}
	var v view
	n := g.n.Load()
	for _, a := range g.arrays(&v, n, g.blocks) {
		section, ok := f.Section(a.name)
		if !ok && a.name == secHosts {
			return nil, domain.Errorf(domain.ErrStaleSnapshot, "index file of before copies were no nodes")
		}
		if uint64(len(section)) != uint64(a.count)*uint64(a.entry) {
			return nil, corrupt("section %q has %d bytes for %d entries", a.name, len(section), a.count)
		}
		*a.table = slabsOf(section, a)
	}
	if g.kind == kindF32 {
		v.full = v.rows
	}
	if err := g.checkLinks(&v); err != nil {
		return nil, err
	}
	if err := g.checkHosts(&v); err != nil {
		return nil, err
	}
	g.hostAll(&v)
	g.view.Store(&v)
	if err := g.loadIDs(&v); err != nil {
		return nil, err
	}
	if got := g.live.Load(); got != f.Header().Count {
		return nil, corrupt("%d vectors, the header says %d", got, f.Header().Count)
	}
	return g, nil
}

// loadCoding reads which kind rows have, and what was taken away from vectors for them.
func loadCoding(f *indexfile.File, sh shape) (shape, coding, error) {
	b, _ := f.Section(secGraph)
	switch len(b) {
	case graphSize:
	case 32, 36: // without what vectors have in common; without the limit of lengths
		return sh, coding{}, domain.Errorf(domain.ErrStaleSnapshot, "index file is one of an earlier version")
	default:
		return sh, coding{}, corrupt("section %q has %d bytes", secGraph, len(b))
	}
	kind := binary.LittleEndian.Uint32(b[32:])
	if kind >= uint32(len(kinds)) || kinds[kind] != sh.want && kinds[kind] != kindF32 {
		return sh, coding{}, corrupt("rows of kind %d", kind)
	}
	raw, _ := f.Section(secCommon)
	if len(raw) == 0 {
		return sh.withKind(kinds[kind]), coding{}, nil
	}
	if len(raw) != 4*sh.dims {
		return sh, coding{}, corrupt("section %q has %d bytes", secCommon, len(raw))
	}
	common := make([]float32, sh.dims)
	for i := range common {
		common[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	if err := domain.InnerProduct.CheckVector(common); err != nil {
		return sh, coding{}, corrupt("section %q: %v", secCommon, err)
	}
	return sh.withKind(kinds[kind]), codingOf(sh.metric, common), nil
}

func (g *graph) loadNumbers(f *indexfile.File) error {
	b, _ := f.Section(secGraph)
	le := binary.LittleEndian
	if m := le.Uint32(b[0:]); m != uint32(g.m) {
		return domain.Errorf(domain.ErrStaleSnapshot, "index file has m %d, wanted %d", m, g.m)
	}
	g.n.Store(le.Uint32(b[4:]))
	g.blocks = le.Uint32(b[8:])
	g.root.Store(le.Uint32(b[12:]))
	g.entry.Store(le.Uint64(b[16:]))
	g.clock.Store(le.Uint32(b[24:]))
	g.radius.Store(le.Uint32(b[28:]))
	g.outliers.from.Store(le.Uint32(b[36:]))
	g.review.Store(reviewFor(g.n.Load()))
	n := g.n.Load()
	start, level, ok := g.entryPoint()
	if n > 1<<31-1 || g.blocks >= 1<<28 || ok != (n > 0) || ok && (start >= n || level > maxLevel || g.root.Load() >= n) {
		return corrupt("%d slots, %d blocks, start %d on level %d, root %d", n, g.blocks, start, level, g.root.Load())
	}
	return nil
}

// slabsOf cuts a section into slabs. The last one may be cut short there and is copied.
func slabsOf(section []byte, a array) []unsafe.Pointer {
	var table []unsafe.Pointer
	size := a.entry * simd.SlabRows
	for ; len(section) >= size; section = section[size:] {
		table = append(table, unsafe.Pointer(unsafe.SliceData(section)))
	}
	if len(section) > 0 {
		slab := newSlab(a.entry)
		if a.name == secLinks || a.name == secUpper || a.name == secParents || a.name == secHosts {
			slab = newLinks(a.entry / 4)
		}
		copy(unsafe.Slice((*byte)(slab), size), section)
		table = append(table, slab)
	}
	return table
}

// checkLinks makes sure that no link, parent or level leads out of the arrays, whatever
// wrote the file. Slabs are shared out among the cores.
func (g *graph) checkLinks(v *view) error {
	n := g.n.Load()
	var bad atomic.Bool
	var next atomic.Int64
	work := func() {
		for !bad.Load() {
			i := int(next.Add(1)) - 1
			if i >= len(v.links)+len(v.upper) {
				return
			}
			var ok bool
			if i < len(v.links) {
				ok = linksBelow(v.links[i], g.m0, n) && linksBelow(v.parents[i], 1, n) && g.levelsFit(v.ups[i])
			} else {
				ok = linksBelow(v.upper[i-len(v.links)], g.m, n)
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
	if err := g.checkLevels(v); err != nil {
		return err
	}
	return g.checkTree(v)
}

// checkHosts makes sure that hosts are nodes, and the start and the root as well, and that
// not too many vectors are kept apart.
func (g *graph) checkHosts(v *view) error {
	n, apart := g.n.Load(), 0
	for slot := range n {
		host, _ := v.hostOf(slot)
		if host != none && (host >= n || !v.isNode(host) || *v.id(host) == 0) {
			return corrupt("node %d is a copy of %d, which is no node", slot, host)
		}
		if v.isOutlier(slot) {
			apart++
		}
	}
	start, _, ok := g.entryPoint()
	if ok && (!v.isNode(start) || !v.isNode(g.root.Load())) {
		return corrupt("the start or the root is no node")
	}
	if apart > mostOutliers {
		return corrupt("%d vectors are kept apart", apart)
	}
	return nil
}

// checkTree makes sure that parents do not go round in circles.
func (g *graph) checkTree(v *view) error {
	n := g.n.Load()
	done := newBitset(n)
	var path []uint32
	for slot := range n {
		path = path[:0]
		for at := slot; at != none && !done.has(at); at = *v.parent(at) {
			done.add(at)
			path = append(path, at)
			if up := *v.parent(at); up != none && done.has(up) && slices.Contains(path, up) {
				return corrupt("node %d is its own ancestor", up)
			}
		}
	}
	if n > 0 && *v.parent(g.root.Load()) != none {
		return corrupt("the root has a parent")
	}
	return nil
}

// checkLevels makes sure that no node claims a level its neighbors do not know it on.
func (g *graph) checkLevels(v *view) error {
	start, level, ok := g.entryPoint()
	if ok && v.level(start) < level {
		return corrupt("the start is on level %d, not %d", v.level(start), level)
	}
	for slot := range g.n.Load() {
		for l := 1; l <= v.level(slot); l++ {
			for _, to := range g.list(v, slot, l) {
				if to != none && v.level(to) < l {
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
	for _, to := range unsafe.Slice((*uint32)(slab), width<<slabShift) {
		bad = bad || to >= n && to != none
	}
	return !bad
}

func (g *graph) levelsFit(slab unsafe.Pointer) bool {
	for _, up := range unsafe.Slice((*uint32)(slab), simd.SlabRows) {
		if level := up & maxLevel; level > 0 && uint64(up>>4)+uint64(level) > uint64(g.blocks) {
			return false
		}
	}
	return true
}

// loadIDs fills the map of ids and counts.
func (g *graph) loadIDs(v *view) error {
	for slot := range g.n.Load() {
		switch id := *v.id(slot); {
		case id < 0:
			return corrupt("slot %d has the id %d", slot, id)
		case id == 0:
			g.free = append(g.free, slot)
		case *v.deletedAt(slot) != 0:
			g.gone.Add(1)
		default:
			if g.byID.swap(id, slot) != none {
				return corrupt("id %d is there twice", id)
			}
			g.live.Add(1)
		}
	}
	return nil
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("graph: %s: %w", fmt.Sprintf(format, args...), domain.ErrCorrupt)
}

// unmap lets go of the file. No slab of it may be in use any more.
func (ix *Index) unmap() error {
	if f := ix.mapped.Swap(nil); f != nil {
		return f.Close()
	}
	return nil
}
