package app_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// many returns n chunks at random.
func many(rng *rand.Rand, n int) []domain.Chunk {
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		v := make([]float32, 8)
		for j := range v {
			v[j] = rng.Float32()
		}
		chunks[i].Embedding = v
	}
	return chunks
}

// TestBusyDatabasesStarveNobody keeps the indexer of three databases busy while a hundred
// small ones get their graphs, are idle, and are closed.
func TestBusyDatabasesStarveNobody(t *testing.T) {
	dir := t.TempDir()
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(dir, "memista.db")), Flat: flat.Engine{}, Files: indexdir.Dir(dir),
		Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return 100 },
		Lifecycle: app.Lifecycle{IdleClose: 10 * time.Millisecond},
		Report:    func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.SetFinishTime(0)
	var writers sync.WaitGroup
	end := make(chan struct{})
	defer func() {
		close(end)
		writers.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	const busy, small = 3, 100
	name := func(i int) string { return fmt.Sprint("busy-", i) }
	waiting := func(i int) int { // vectors of a busy database that its graph lacks
		info, err := s.Database(t.Context(), name(i))
		if err != nil || !info.Open || info.Plan != domain.PlanGraph {
			return 0
		}
		return info.Tail.Len
	}
	for i := range busy {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		chunks := many(rng, 1000)
		insert(t, s, name(i), chunks...)
		search(t, s, name(i), 1, chunks[0].Embedding...) // opens it
		writers.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if waiting(i) > 5000 {
					time.Sleep(time.Millisecond)
					continue
				}
				if _, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: name(i), Chunks: chunks}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range busy {
		waitFor(t, "all to be busy", func() bool { return waiting(i) > 3000 })
	}
	rng := rand.New(rand.NewPCG(2, 0))
	for i := range small {
		chunks := many(rng, 150) // more than go without a graph
		insert(t, s, fmt.Sprint("small-", i), chunks...)
		search(t, s, fmt.Sprint("small-", i), 1, chunks[0].Embedding...) // opens it
	}
	for i := range small {
		waitFor(t, "the small ones to be saved and closed", func() bool {
			info, err := s.Database(t.Context(), fmt.Sprint("small-", i))
			return err == nil && !info.Open && info.IndexFile > 0
		})
	}
	for i := range busy {
		if waiting(i) == 0 {
			t.Errorf("%s is not busy any more: the test shows nothing", name(i))
		}
	}
}

// TestSavingWaitsForNoOtherDatabase saves, evicts and verifies databases while the indexer
// is stuck with another.
func TestSavingWaitsForNoOtherDatabase(t *testing.T) {
	dir := t.TempDir()
	engine := &gatedGraph{stop: newStop()}
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(dir, "memista.db")), Flat: flat.Engine{}, Files: indexdir.Dir(dir),
		Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 100 },
		Lifecycle: app.Lifecycle{MemoryBudget: 64 << 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 0))
	for _, id := range []string{"a", "b"} {
		insert(t, s, id, many(rng, 500)...)
		search(t, s, id, 1, make([]float32, 8)...)
		plan(t, s, id, domain.PlanGraph)
	}
	for _, id := range []string{"a", "b"} {
		waitFor(t, "the first file", func() bool {
			_, err := os.Stat(filepath.Join(dir, id+".hnsw"))
			return err == nil
		})
		insert(t, s, id, many(rng, 100)...)
		plan(t, s, id, domain.PlanGraph)
	}
	engine.armed.Store(true)
	insert(t, s, "stuck", many(rng, 500)...)
	search(t, s, "stuck", 1, make([]float32, 8)...)
	<-engine.reached
	defer func() {
		close(engine.free)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	saved := make(chan error, 1)
	go func() { saved <- s.Save(t.Context(), "a") }()
	select {
	case err := <-saved:
		if info, more := s.Database(t.Context(), "a"); err != nil || more != nil || info.Saved != 600 {
			t.Errorf("Save = %v, after it %+v, %v; want all 600 in the file", err, info, more)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("saving one database waits for the indexer of another")
	}
	if err := s.Evict(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Database(t.Context(), "b"); err != nil || info.Open {
		t.Errorf("after it was evicted b is %+v, %v; want it closed", info, err)
	}
	if hits := search(t, s, "b", 700, make([]float32, 8)...); len(hits) != 600 {
		t.Errorf("%d hits in b when it is open again; want 600", len(hits))
	}
}

// gatedGraph makes graphs with a stop in front of their Add. Once it is armed, as many
// calls as after pass it. Then it holds up one call, or with all every one.
type gatedGraph struct {
	hnsw.Engine
	*stop
	after int64
	calls atomic.Int64
	all   bool
	first sync.Once
}

func (e *gatedGraph) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := e.Engine.New(s)
	if err != nil {
		return nil, err
	}
	return gatedAdd{ix.(*hnsw.Index), e}, nil
}

type gatedAdd struct {
	*hnsw.Index
	engine *gatedGraph
}

func (ix gatedAdd) Add(ids []int64, vectors [][]float32) error {
	if ix.engine.armed.Load() && ix.engine.calls.Add(1) > ix.engine.after {
		if ix.engine.all {
			ix.engine.first.Do(func() { close(ix.engine.reached) })
			<-ix.engine.free
		} else {
			ix.engine.pass()
		}
	}
	return ix.Index.Add(ids, vectors)
}
