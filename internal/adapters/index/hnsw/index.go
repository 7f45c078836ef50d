package hnsw

import (
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/rows"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Index is a graph of vectors. It is safe for concurrent use: any number of goroutines
// add, remove and search at the same time, and a search never waits for any of them.
type Index struct {
	graph     atomic.Pointer[graph]
	epochs    *epochs      // searches are inside; slots and files go when they have left
	life      sync.RWMutex // held for reading by all other calls; Close waits for it
	closed    bool         // guarded by life
	writing   sync.RWMutex // held for reading around every change of the graph but removals
	removal   removal
	vacuum    vacuuming
	searchers sync.Pool
	mapped    atomic.Pointer[indexfile.File] // the file that slabs of the graph lie in, or nil
}

var (
	_ ports.VectorIndex = (*Index)(nil)
	_ ports.Auditor     = (*Index)(nil)
	_ ports.Saver       = (*Index)(nil)
	_ ports.Maintainer  = (*Index)(nil)
)

func newIndex(g *graph) *Index {
	ix := &Index{epochs: newEpochs()}
	ix.searchers.New = func() any { return new(searcher) }
	ix.vacuum.init()
	ix.graph.Store(g)
	return ix
}

// use begins a call other than a search; the caller releases ix.life.
func (ix *Index) use() error {
	ix.life.RLock()
	if ix.closed {
		ix.life.RUnlock()
		return domain.ErrClosed
	}
	return nil
}

// Add implements ports.VectorIndex. Each vector can be found as soon as it is linked,
// before Add returns.
func (ix *Index) Add(ids []int64, vectors [][]float32) error {
	if err := ix.use(); err != nil {
		return err
	}
	defer ix.life.RUnlock()
	g := ix.graph.Load()
	if err := g.checkBatch(ids, vectors); err != nil || len(ids) == 0 {
		return err
	}
	w := ix.searchers.Get().(*searcher)
	defer ix.searchers.Put(w)
	for i, id := range ids {
		vec := vectors[i]
		if g.Metric == domain.Cosine {
			w.unit = grow(w.unit, g.Dims)
			rows.Normalise(vec, w.unit)
			vec = w.unit[:g.Dims]
		}
		ix.put(w, id, vec, vectors)
		ix.reviewIfDue()
	}
	ix.vacuumIfDue()
	return nil
}

// put stores vec, one of a batch, under id, in place of what was there.
func (ix *Index) put(w *searcher, id int64, vec []float32, batch [][]float32) {
	ix.writing.RLock()
	defer ix.writing.RUnlock()
	g := ix.graph.Load()
	g.levelLengths(batch)
	replaces := g.ByID.Slot(id) != memory.None
	if replaces {
		g.replacing.Add(1)
		defer g.replacing.Add(-1)
	}
	slot := g.insert(w, id, vec)
	w.end()
	g.live.Add(1)
	ix.removal.replaceSlot(g, id, slot)
}

// markDeleted hides the vector in slot from searches that begin from now on.
func (g *graph) markDeleted(slot uint32) {
	stamp := g.clock.Add(1)
	g.View().SetDeletedAt(slot, stamp)
	g.live.Add(-1)
	g.gone.Add(1)
}

func (g *graph) checkBatch(ids []int64, vectors [][]float32) error {
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
		if err := g.checkVector(vectors[i]); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) checkVector(vec []float32) error {
	if len(vec) != g.Dims {
		return domain.DimensionMismatch(g.Dims, len(vec))
	}
	return g.Metric.CheckVector(vec)
}

// Remove implements ports.VectorIndex. It waits for nothing but other removals. The room
// is used again after the graph has been vacuumed, in the background.
func (ix *Index) Remove(ids []int64) (int, error) {
	if err := ix.use(); err != nil {
		return 0, err
	}
	defer ix.life.RUnlock()
	removed := 0
	for _, id := range ids {
		if ix.removal.remove(ix, id) {
			removed++
		}
	}
	ix.vacuumIfDue()
	return removed, nil
}

// Contains implements ports.VectorIndex.
func (ix *Index) Contains(id int64) bool {
	return id > 0 && ix.graph.Load().ByID.Slot(id) != memory.None
}

// Stats implements ports.VectorIndex.
func (ix *Index) Stats() ports.IndexStats {
	g := ix.graph.Load()
	s := ports.IndexStats{
		Engine: engineName, Kind: g.Kind, SIMD: simd.Level(),
		Len: int(g.live.Load()), Dead: int(g.gone.Load()), Bytes: g.Bytes() + g.hosts.bytes(),
	}
	if f := ix.mapped.Load(); f != nil && indexfile.Mapped {
		s.Mapped = f.Size()
		s.Bytes = max(s.Bytes-s.Mapped, 0)
	}
	return s
}

// Close implements ports.VectorIndex.
func (ix *Index) Close() error {
	ix.vacuum.stop()
	ix.life.Lock()
	defer ix.life.Unlock()
	if ix.closed {
		return nil
	}
	ix.closed = true
	ix.epochs.close()
	ix.graph.Store(newGraph(ix.graph.Load().Asked()))
	return ix.unmap()
}
