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

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Open implements ports.FileEngine. The file is mapped where the system can: slabs lie
// in the mapping, a page that is changed is copied, the file stays as it is.
func (Engine) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	sh, err := memory.NewShape(s)
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	f, err := indexfile.Open(path, indexfile.Want{
		Engine: engineName, Kind: sh.Want, Metric: sh.Metric, Dims: sh.Dims, Incarnation: life,
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
func load(f *indexfile.File, sh memory.Shape) (*graph, error) {
	sh, coding, err := loadCoding(f, sh)
	if err != nil {
		return nil, err
	}
	g := newGraph(sh)
	g.Coding = coding
	if err := g.loadMemory(f); err != nil {
		return nil, err
	}
	v := g.View()
	if err := g.checkLinks(v); err != nil {
		return nil, err
	}
	if err := g.checkHosts(v); err != nil {
		return nil, err
	}
	g.hostAll(v)
	if err := g.loadIDs(v); err != nil {
		return nil, err
	}
	if got := g.live.Load(); got != f.Header().Count {
		return nil, corrupt("%d vectors, the header says %d", got, f.Header().Count)
	}
	return g, nil
}

// loadCoding reads which kind rows have, and what was taken away from vectors for them.
func loadCoding(f *indexfile.File, sh memory.Shape) (memory.Shape, rows.Coding, error) {
	b, _ := f.Section(secGraph)
	switch len(b) {
	case graphSize:
	case 32, 36: // without what vectors have in common; without the limit of lengths
		return sh, rows.Coding{}, domain.Errorf(domain.ErrStaleSnapshot, "index file is one of an earlier version")
	default:
		return sh, rows.Coding{}, corrupt("section %q has %d bytes", secGraph, len(b))
	}
	kind := binary.LittleEndian.Uint32(b[32:])
	if kind >= uint32(len(memory.Kinds)) || memory.Kinds[kind] != sh.Want && memory.Kinds[kind] != memory.KindF32 {
		return sh, rows.Coding{}, corrupt("rows of kind %d", kind)
	}
	raw, _ := f.Section(secCommon)
	if len(raw) == 0 {
		return sh.WithKind(memory.Kinds[kind]), rows.Coding{}, nil
	}
	if len(raw) != 4*sh.Dims {
		return sh, rows.Coding{}, corrupt("section %q has %d bytes", secCommon, len(raw))
	}
	common := make([]float32, sh.Dims)
	for i := range common {
		common[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	if err := domain.InnerProduct.CheckVector(common); err != nil {
		return sh, rows.Coding{}, corrupt("section %q: %v", secCommon, err)
	}
	return sh.WithKind(memory.Kinds[kind]), rows.NewCoding(sh.Metric, common), nil
}

// loadMemory reads the numbers and lays the memory of g over the arrays.
func (g *graph) loadMemory(f *indexfile.File) error {
	n, blocks, err := g.loadNumbers(f)
	if err != nil {
		return err
	}
	var v memory.View
	for _, a := range g.arrays(&v, n, blocks) {
		section, ok := f.Section(a.name)
		if !ok && a.name == secHosts {
			return domain.Errorf(domain.ErrStaleSnapshot, "index file of before copies were no nodes")
		}
		if uint64(len(section)) != uint64(a.count)*uint64(a.entry) {
			return corrupt("section %q has %d bytes for %d entries", a.name, len(section), a.count)
		}
		*a.table = slabsOf(section, a)
	}
	if g.Kind == memory.KindF32 {
		v.Full = v.Rows
	}
	g.Adopt(&v, n, blocks)
	g.review.Store(reviewFor(n))
	return nil
}

// loadNumbers reads the numbers, and returns how many slots and upper blocks there are.
func (g *graph) loadNumbers(f *indexfile.File) (n, blocks uint32, err error) {
	b, _ := f.Section(secGraph)
	le := binary.LittleEndian
	if m := le.Uint32(b[0:]); m != uint32(g.M) {
		return 0, 0, domain.Errorf(domain.ErrStaleSnapshot, "index file has m %d, wanted %d", m, g.M)
	}
	n, blocks = le.Uint32(b[4:]), le.Uint32(b[8:])
	g.root.Store(le.Uint32(b[12:]))
	g.entry.Store(le.Uint64(b[16:]))
	g.clock.Store(le.Uint32(b[24:]))
	g.Radius.Store(le.Uint32(b[28:]))
	g.outliers.from.Store(le.Uint32(b[36:]))
	start, level, ok := g.entryPoint()
	if n > 1<<31-1 || blocks >= 1<<28 || ok != (n > 0) || ok && (start >= n || level > memory.MaxLevel || g.root.Load() >= n) {
		return 0, 0, corrupt("%d slots, %d blocks, start %d on level %d, root %d", n, blocks, start, level, g.root.Load())
	}
	return n, blocks, nil
}

// slabsOf cuts a section into slabs. The last one may be cut short there and is copied.
func slabsOf(section []byte, a array) []unsafe.Pointer {
	var table []unsafe.Pointer
	size := a.entry * simd.SlabRows
	for ; len(section) >= size; section = section[size:] {
		table = append(table, unsafe.Pointer(unsafe.SliceData(section)))
	}
	if len(section) > 0 {
		slab := memory.NewSlab(a.entry)
		if a.name == secLinks || a.name == secUpper || a.name == secParents || a.name == secHosts {
			slab = memory.NewLinks(a.entry / 4)
		}
		copy(unsafe.Slice((*byte)(slab), size), section)
		table = append(table, slab)
	}
	return table
}

// checkLinks makes sure that no link, parent or level leads out of the arrays, whatever
// wrote the file. Slabs are shared out among the cores.
func (g *graph) checkLinks(v *memory.View) error {
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
				ok = linksBelow(v.Links[i], g.M0, n) && linksBelow(v.Parents[i], 1, n) && g.levelsFit(v.Ups[i])
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
	if err := g.checkLevels(v); err != nil {
		return err
	}
	return g.checkTree(v)
}

// checkHosts makes sure that hosts are nodes, and the start and the root as well, and that
// not too many vectors are kept apart.
func (g *graph) checkHosts(v *memory.View) error {
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
	start, _, ok := g.entryPoint()
	if ok && (!v.IsNode(start) || !v.IsNode(g.root.Load())) {
		return corrupt("the start or the root is no node")
	}
	if apart > mostOutliers {
		return corrupt("%d vectors are kept apart", apart)
	}
	return nil
}

// checkTree makes sure that parents do not go round in circles.
func (g *graph) checkTree(v *memory.View) error {
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
	if n > 0 && v.Parent(g.root.Load()) != memory.None {
		return corrupt("the root has a parent")
	}
	return nil
}

// checkLevels makes sure that no node claims a level its neighbors do not know it on.
func (g *graph) checkLevels(v *memory.View) error {
	start, level, ok := g.entryPoint()
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

func (g *graph) levelsFit(slab unsafe.Pointer) bool {
	for _, up := range unsafe.Slice((*uint32)(slab), simd.SlabRows) {
		if level := up & memory.MaxLevel; level > 0 && uint64(up>>4)+uint64(level) > uint64(g.UpperBlocks()) {
			return false
		}
	}
	return true
}

// loadIDs fills the map of ids and counts.
func (g *graph) loadIDs(v *memory.View) error {
	for slot := range g.Used() {
		switch id := v.ID(slot); {
		case id < 0:
			return corrupt("slot %d has the id %d", slot, id)
		case id == 0:
			g.GiveBack(slot)
		case v.DeletedAt(slot) != 0:
			g.gone.Add(1)
		default:
			if g.ByID.Swap(id, slot) != memory.None {
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
