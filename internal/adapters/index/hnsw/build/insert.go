package build

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/hnsw/walk"
	"github.com/memista/memista/internal/domain"
)

// Builder is what one goroutine needs to add vectors to a graph. Its zero value is ready to
// use; it is kept and used again, so that adding allocates little.
type Builder struct {
	walk.Walker
	selection selection
	near      [memory.MaxLevel + 1][]uint32 // neighbors chosen for a new node, by level
	treeEdges []uint32
	rest      []float32 // what is left of a vector, see rows.Coding
	unit      []float32 // a vector brought to length one
}

// Prepare returns vec as the metric of g wants it: with length one under cosine, in memory of
// b until the next call, else vec itself.
func (b *Builder) Prepare(g *graph.Graph, vec []float32) []float32 {
	if g.Metric != domain.Cosine {
		return vec
	}
	b.unit = walk.Grow(b.unit, g.Dims)
	rows.Normalise(vec, b.unit[:g.Dims])
	return b.unit[:g.Dims]
}

// Insert puts vec, which must be as Prepare makes it, into g under id. It makes a node of it
// and links that to its nearest neighbors, or makes a copy of a node that is the same, or
// keeps it apart. It returns the slot, which the caller counts and maps id to. Any number of
// inserts run at a time, each with a builder of its own.
func (b *Builder) Insert(g *graph.Graph, id int64, vec []float32) uint32 {
	slot, level := g.Place()
	b.InsertAt(g, slot, level, id, vec)
	return slot
}

// InsertAt is Insert with a slot that g has placed on level.
func (b *Builder) InsertAt(g *graph.Graph, slot uint32, level int, id int64, vec []float32) {
	b.Begin(g)
	defer b.End()
	b.rest = walk.Grow(b.rest, g.Dims)
	g.Write(b.V, slot, vec, b.rest[:g.Dims])
	b.V.SetID(slot, id)
	if !g.AddOutlier(b.V, slot, vec) {
		b.connect(slot, level, vec, true)
	}
}

// Connect makes a node of slot, of which the vector is in b.G, and its lists are empty.
func (b *Builder) Connect(slot uint32) {
	vec := append([]float32(nil), b.G.Floats(b.V, slot)...)
	b.connect(slot, b.V.Level(slot), vec, false)
}

// connect links slot, whose lists are empty and which is in no tree, to the graph; if it
// may join a node that is the same, as a copy of that.
func (b *Builder) connect(slot uint32, level int, vec []float32, mayJoin bool) {
	g := b.G
	start, top, ok := g.EntryPoint()
	if !ok || level > top {
		// One at a time: two nodes that both become the start would not know each other.
		g.Raising.Lock()
		defer g.Raising.Unlock()
		if start, top, ok = g.EntryPoint(); !ok {
			g.Root.Store(slot)
			g.SetEntryPoint(slot, level)
			return
		}
	}
	b.Begin(g) // the start may be newer than the view
	if host, near := b.findNeighbors(slot, start, top, min(level, top), vec, mayJoin); host != memory.None {
		g.Join(b.V, slot, host, near)
		if near && g.Accuracy.Samples(slot) {
			g.Accuracy.NoteCopy()
		}
		return
	}
	// The base comes first: who finds the node further up finds a way down from it.
	for l := 0; l <= min(level, top); l++ {
		b.link(slot, l, b.near[l])
	}
	if level > top {
		g.SetEntryPoint(slot, level)
	}
}

// findNeighbors chooses neighbors for slot on its levels and leaves them in b.near. If
// mayJoin is set and it meets a node that slot would be a copy of, it returns that, and
// whether the two are only nearly the same.
func (b *Builder) findNeighbors(slot, start uint32, top, level int, vec []float32, mayJoin bool) (uint32, bool) {
	b.MakeRoom() // the choice of lists may have left less
	b.SetQuery(vec, true)
	near, distance := b.Descend(start, top, level)
	if mayJoin {
		if host, nearly := b.hostAmong([]uint64{walk.Entry(distance, near)}, vec); host != memory.None {
			return host, nearly
		}
	}
	for l := level; l >= 0; l-- {
		if l < level {
			b.SetQuery(vec, true)
		}
		b.SearchLayer(near, distance, l, b.G.EfConstruction)
		found := b.alive(slot)
		if mayJoin {
			if host, nearly := b.hostAmong(found, vec); host != memory.None {
				return host, nearly
			}
		}
		if len(found) > 0 {
			near, distance = walk.SlotOf(found[0]), walk.DistanceOf(found[0])
		}
		if l == 0 {
			b.sample(slot, vec, found)
		}
		b.near[l] = append(b.near[l][:0], b.selectNeighbors(found, b.G.M)...)
	}
	return memory.None, false
}

// Neighbors chooses neighbors on the base for slot, of which the vector is in b.G, by a walk
// for that.
func (b *Builder) Neighbors(slot uint32) []uint32 {
	vec := append([]float32(nil), b.G.Floats(b.V, slot)...)
	start, top, _ := b.G.EntryPoint()
	b.findNeighbors(slot, start, top, 0, vec, false)
	return append([]uint32(nil), b.near[0]...)
}

// alive returns the candidates without slot itself and removed nodes, in their place.
func (b *Builder) alive(slot uint32) []uint64 {
	kept := b.Candidates.Entries[:0]
	for _, e := range b.Candidates.Entries {
		if s := walk.SlotOf(e); s != slot && !b.V.IsDeleted(s) {
			kept = append(kept, e)
		}
	}
	return kept
}

// link gives slot, on level, its neighbors, and slot to them.
func (b *Builder) link(slot uint32, level int, neighbors []uint32) {
	mu := b.G.Lock(slot)
	memory.SetLinks(b.G.List(b.V, slot, level), neighbors)
	mu.Unlock()
	if level == 0 {
		b.Attach(slot, neighbors)
	}
	for _, from := range neighbors {
		b.LinkTo(from, slot, level)
	}
}
