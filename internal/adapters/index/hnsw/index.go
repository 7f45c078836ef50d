package hnsw

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/hnsw/build"
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/hnsw/query"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Index is a graph of vectors. It is safe for concurrent use: any number of goroutines
// add, remove and search at the same time, and a search never waits for any of them.
type Index struct {
	graph     atomic.Pointer[graph.Graph]
	epochs    *epochs      // searches are inside; slots and files go when they have left
	life      sync.RWMutex // held for reading by all other calls; Close waits for it
	closed    bool         // guarded by life
	writing   sync.RWMutex // held for reading around every change of the graph but removals
	removal   removal
	vacuum    vacuuming
	searchers sync.Pool                      // of *query.Searcher
	builders  sync.Pool                      // of *build.Builder
	mapped    atomic.Pointer[indexfile.File] // the file that slabs of the graph lie in, or nil
}

var (
	_ ports.VectorIndex = (*Index)(nil)
	_ ports.Auditor     = (*Index)(nil)
	_ ports.Saver       = (*Index)(nil)
	_ ports.Maintainer  = (*Index)(nil)
)

func newIndex(g *graph.Graph) *Index {
	ix := &Index{epochs: newEpochs()}
	ix.searchers.New = func() any { return new(query.Searcher) }
	ix.builders.New = func() any { return new(build.Builder) }
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
	if err := checkBatch(g, ids, vectors); err != nil || len(ids) == 0 {
		return err
	}
	b := ix.builders.Get().(*build.Builder)
	defer ix.builders.Put(b)
	for i, id := range ids {
		ix.put(b, id, b.Prepare(g, vectors[i]), vectors)
		ix.reviewIfDue()
	}
	ix.vacuumIfDue()
	return nil
}

// put stores vec, one of a batch, under id, in place of what was there.
func (ix *Index) put(b *build.Builder, id int64, vec []float32, batch [][]float32) {
	ix.writing.RLock()
	defer ix.writing.RUnlock()
	g := ix.graph.Load()
	g.LevelLengths(batch)
	replaces := g.ByID.Slot(id) != memory.None
	if replaces {
		g.Replacing.Add(1)
		defer g.Replacing.Add(-1)
	}
	slot := b.Insert(g, id, vec)
	g.Live.Add(1)
	ix.removal.replaceSlot(g, id, slot)
}

func checkBatch(g *graph.Graph, ids []int64, vectors [][]float32) error {
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
		if err := checkVector(g, vectors[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkVector(g *graph.Graph, vec []float32) error {
	if len(vec) != g.Dims {
		return domain.DimensionMismatch(g.Dims, len(vec))
	}
	return g.Metric.CheckVector(vec)
}

// Search implements ports.VectorIndex. It waits for nothing and, given q.Into, allocates
// nothing once warm, unless q is Exact.
func (ix *Index) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	parity, ok := ix.epochs.enter()
	if !ok {
		return nil, domain.Work{}, domain.ErrClosed
	}
	defer ix.epochs.leave(parity)
	if q.K < 1 {
		return nil, domain.Work{}, domain.Errorf(domain.ErrInvalid, "k must be at least 1, not %d", q.K)
	}
	g := ix.graph.Load()
	if err := checkVector(g, q.Vector); err != nil {
		return nil, domain.Work{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, domain.Work{}, err
	}
	s := ix.searchers.Get().(*query.Searcher)
	defer ix.searchers.Put(s)
	return s.Search(ctx, g, q)
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
		Len: int(g.Live.Load()), Dead: int(g.Gone.Load()), Bytes: g.Bytes() + g.Hosts.Bytes(),
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
	ix.graph.Store(graph.New(ix.graph.Load().Asked()))
	return ix.unmap()
}
