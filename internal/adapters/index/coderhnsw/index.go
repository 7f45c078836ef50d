//go:build coderhnsw

package coderhnsw

import (
	"math"
	"math/rand"
	"sync"

	coder "github.com/coder/hnsw"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Index is a graph of coder/hnsw with its vectors beside it. It is safe for concurrent
// use; a search waits for an Add.
type Index struct {
	settings ports.IndexSettings

	mu      sync.RWMutex // guards all below
	graph   *coder.Graph[uint64]
	vectors map[int64]entry
	ids     map[uint64]int64 // of the nodes that stand for a vector that is there
	nodes   uint64           // nodes the graph has had, the key of the latest
	sound   bool             // no call of the graph has panicked
	closed  bool
}

var _ ports.VectorIndex = (*Index)(nil)

// entry is a vector, of length one under cosine, and its node.
type entry struct {
	vector []float32
	key    uint64
}

// graphSeed makes graphs that are built in one order equal.
const graphSeed = 1

// restart begins an empty graph.
func (ix *Index) restart() {
	g := coder.NewGraph[uint64]()
	g.Distance = ix.distance
	g.Rng = rand.New(rand.NewSource(graphSeed))
	if ix.settings.M > 0 {
		g.M = ix.settings.M
	}
	if ix.settings.EfSearch > 0 {
		g.EfSearch = ix.settings.EfSearch
	}
	ix.graph, ix.ids, ix.nodes, ix.sound = g, make(map[uint64]int64), 0, true
}

func (ix *Index) distance(a, b []float32) float32 {
	if ix.settings.Metric == domain.L2 {
		return simd.L2(a, b)
	}
	return 1 - simd.Dot(a, b)
}

// Add implements ports.VectorIndex.
func (ix *Index) Add(ids []int64, vectors [][]float32) error {
	if err := ix.check(ids, vectors); err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.closed {
		return domain.ErrClosed
	}
	for i, id := range ids {
		ix.forget(id)
		ix.node(id, ix.own(vectors[i]))
	}
	ix.tidy()
	return nil
}

func (ix *Index) check(ids []int64, vectors [][]float32) error {
	if len(ids) != len(vectors) {
		return domain.Errorf(domain.ErrInvalid, "%d ids for %d vectors", len(ids), len(vectors))
	}
	seen := make(map[int64]struct{}, len(ids))
	for i, id := range ids {
		if id < 1 {
			return domain.Errorf(domain.ErrInvalid, "id %d: ids are positive", id)
		}
		if _, twice := seen[id]; twice {
			return domain.Errorf(domain.ErrInvalid, "id %d occurs twice in one call", id)
		}
		seen[id] = struct{}{}
		if err := ix.checkVector(vectors[i]); err != nil {
			return err
		}
	}
	return nil
}

func (ix *Index) checkVector(v []float32) error {
	if len(v) != ix.settings.Dims {
		return domain.DimensionMismatch(ix.settings.Dims, len(v))
	}
	return ix.settings.Metric.CheckVector(v)
}

// own returns a copy of v, of length one under cosine.
func (ix *Index) own(v []float32) []float32 {
	out := make([]float32, len(v))
	copy(out, v)
	if ix.settings.Metric == domain.Cosine {
		scale := 1 / math.Sqrt(float64(simd.Dot(v, v)))
		for i, x := range v {
			out[i] = float32(float64(x) * scale)
		}
	}
	return out
}

// node adds a node for the vector of id. The vector counts even if the graph panics.
func (ix *Index) node(id int64, vector []float32) {
	ix.nodes++
	key := ix.nodes
	ix.vectors[id] = entry{vector, key}
	ix.ids[key] = id
	if ix.sound {
		ix.sound = shielded(func() { ix.graph.Add(coder.MakeNode(key, vector)) })
	}
}

// shielded calls f and reports whether it returned without a panic.
func shielded(f func()) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	f()
	return true
}

// forget lets go of the vector of id, and reports whether it was there. Its node stays.
func (ix *Index) forget(id int64) bool {
	e, ok := ix.vectors[id]
	if ok {
		delete(ix.vectors, id)
		delete(ix.ids, e.key)
	}
	return ok
}

// leastWaste is how many nodes without a vector are not worth building a graph anew.
const leastWaste = 1000

// tidy builds the graph anew if more than half of it is waste.
func (ix *Index) tidy() {
	waste := int(ix.nodes) - len(ix.vectors)
	if len(ix.vectors) == 0 && waste > 0 {
		ix.restart()
		return
	}
	if waste < leastWaste || waste < len(ix.vectors) {
		return
	}
	ix.restart()
	for id, e := range ix.vectors {
		ix.node(id, e.vector)
	}
}

// Remove implements ports.VectorIndex.
func (ix *Index) Remove(ids []int64) (int, error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.closed {
		return 0, domain.ErrClosed
	}
	removed := 0
	for _, id := range ids {
		if ix.forget(id) {
			removed++
		}
	}
	ix.tidy()
	return removed, nil
}

// Contains implements ports.VectorIndex.
func (ix *Index) Contains(id int64) bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	_, ok := ix.vectors[id]
	return ok
}

// bytesPerNode is what a node of the library takes besides its vector: its maps of
// neighbors on all its layers; 96 MB were measured for 100,000 nodes at M = 16.
const bytesPerNode = 960

// Stats implements ports.VectorIndex.
func (ix *Index) Stats() ports.IndexStats {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ports.IndexStats{
		Engine: engineName, Kind: kindF32, SIMD: simd.Level(),
		Len: len(ix.vectors), Dead: int(ix.nodes) - len(ix.vectors),
		Bytes: int64(ix.nodes) * int64(4*ix.settings.Dims+bytesPerNode),
	}
}

// Close implements ports.VectorIndex.
func (ix *Index) Close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.closed = true
	ix.vectors = nil
	ix.restart()
	return nil
}
