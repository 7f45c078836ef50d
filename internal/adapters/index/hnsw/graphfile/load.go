package graphfile

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// Load makes a graph over the sections of f, for settings of the shape sh. Slabs lie in the
// memory of f, which the caller keeps open as long as the graph. It returns an error of kind
// domain.ErrCorrupt or domain.ErrStaleSnapshot for a file that no graph can be made of,
// whatever is in it.
func Load(f *indexfile.File, sh memory.Shape) (*graph.Graph, error) {
	sh, coding, err := loadCoding(f, sh)
	if err != nil {
		return nil, err
	}
	g := graph.New(sh)
	g.Coding = coding
	if err := loadMemory(g, f); err != nil {
		return nil, err
	}
	v := g.View()
	if err := checkLinks(g, v); err != nil {
		return nil, err
	}
	if err := checkHosts(g, v); err != nil {
		return nil, err
	}
	g.HostAll(v)
	if err := loadIDs(g, v); err != nil {
		return nil, err
	}
	if got := g.Live.Load(); got != f.Header().Count {
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
func loadMemory(g *graph.Graph, f *indexfile.File) error {
	n, blocks, err := loadNumbers(g, f)
	if err != nil {
		return err
	}
	var v memory.View
	for _, a := range arrays(g, &v, n, blocks) {
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
	g.PutOffReview()
	return nil
}

// loadNumbers reads the numbers, and returns how many slots and upper blocks there are.
func loadNumbers(g *graph.Graph, f *indexfile.File) (n, blocks uint32, err error) {
	b, _ := f.Section(secGraph)
	le := binary.LittleEndian
	if m := le.Uint32(b[0:]); m != uint32(g.M) {
		return 0, 0, domain.Errorf(domain.ErrStaleSnapshot, "index file has m %d, wanted %d", m, g.M)
	}
	n, blocks = le.Uint32(b[4:]), le.Uint32(b[8:])
	g.Root.Store(le.Uint32(b[12:]))
	g.Entry.Store(le.Uint64(b[16:]))
	g.Clock.Store(le.Uint32(b[24:]))
	g.Radius.Store(le.Uint32(b[28:]))
	g.Outliers.From.Store(le.Uint32(b[36:]))
	start, level, ok := g.EntryPoint()
	if n > 1<<31-1 || blocks >= 1<<28 || ok != (n > 0) || ok && (start >= n || level > memory.MaxLevel || g.Root.Load() >= n) {
		return 0, 0, corrupt("%d slots, %d blocks, start %d on level %d, root %d", n, blocks, start, level, g.Root.Load())
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

// loadIDs fills the map of ids and counts.
func loadIDs(g *graph.Graph, v *memory.View) error {
	for slot := range g.Used() {
		switch id := v.ID(slot); {
		case id < 0:
			return corrupt("slot %d has the id %d", slot, id)
		case id == 0:
			g.GiveBack(slot)
		case v.DeletedAt(slot) != 0:
			g.Gone.Add(1)
		default:
			if g.ByID.Swap(id, slot) != memory.None {
				return corrupt("id %d is there twice", id)
			}
			g.Live.Add(1)
		}
	}
	return nil
}
