package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// configured returns a service over a store of its own with c's other fields.
func configured(t *testing.T, c app.Config) *app.Service {
	t.Helper()
	if c.Flat = (flat.Engine{}); c.Repository == nil {
		c.Repository = openStore(t, filepath.Join(t.TempDir(), "memista.db"))
	}
	s, err := app.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func openCount(t *testing.T, s *app.Service) (n int, bytes int64) {
	t.Helper()
	all, err := s.Databases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		info, err := s.Database(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if info.Open {
			n++
			bytes += info.Tail.Bytes + info.Graph.Bytes
		}
	}
	return n, bytes
}

func TestMemoryBudget(t *testing.T) {
	const budget = 100_000
	s := configured(t, app.Config{Lifecycle: app.Lifecycle{MemoryBudget: budget}})
	for i := range 60 {
		id := fmt.Sprint("tenant-", i)
		insert(t, s, id, chunk(id, make([]float32, 1000)...))
		if hits := search(t, s, id, 1, make([]float32, 1000)...); len(hits) != 1 || hits[0].Text != id {
			t.Fatalf("%s: hits = %+v", id, hits)
		}
	}
	waitFor(t, "room", func() bool {
		n, bytes := openCount(t, s)
		return n > 0 && n < 60 && bytes <= budget
	})
	for i := range 60 { // closed or not, all are there
		id := fmt.Sprint("tenant-", i)
		if hits := search(t, s, id, 1, make([]float32, 1000)...); len(hits) != 1 || hits[0].Text != id {
			t.Fatalf("%s again: hits = %+v", id, hits)
		}
	}
}

func TestIdleClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := configured(t, app.Config{Repository: openStore(t, ""), Lifecycle: app.Lifecycle{IdleClose: 50 * time.Millisecond}})
		insert(t, s, "a", chunk("x", 1, 2))
		search(t, s, "a", 1, 1, 2)
		waitFor(t, "idle close", func() bool {
			n, _ := openCount(t, s)
			return n == 0
		})
		insert(t, s, "a", chunk("y", 2, 1))
		if hits := search(t, s, "a", 5, 1, 2); len(hits) != 2 {
			t.Errorf("%d hits after the database was closed; want 2", len(hits))
		}
	})
}

// stuckEngine makes graphs that take nothing until they are let go.
type stuckEngine struct {
	flat.Engine
	free chan struct{}
}

func (stuckEngine) Name() string { return "stuck" }

func (e stuckEngine) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := e.Engine.New(s)
	return stuckIndex{ix, e.free}, err
}

type stuckIndex struct {
	ports.VectorIndex
	free chan struct{}
}

func (ix stuckIndex) Add(ids []int64, vectors [][]float32) error {
	<-ix.free
	return ix.VectorIndex.Add(ids, vectors)
}

func TestInsertsWaitForTheIndexer(t *testing.T) {
	engine := stuckEngine{free: make(chan struct{})}
	s := configured(t, app.Config{
		Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 10 },
		Tail: app.Tail{MaxBytes: 64 << 10, MaxWait: 30 * time.Millisecond},
	})
	var refused error
	stored := 0
	for range 1000 {
		_, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{chunk("x", make([]float32, 256)...)}})
		if err != nil {
			refused = err
			break
		}
		stored++
	}
	if !errors.Is(refused, domain.ErrBusy) {
		t.Fatalf("after %d inserts into a full tail: %v; want ErrBusy", stored, refused)
	}
	if hits := search(t, s, "a", 1000, make([]float32, 256)...); len(hits) != stored {
		t.Errorf("%d hits while the tail is full; want %d", len(hits), stored)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Insert(ctx, app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{chunk("x", make([]float32, 256)...)}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Insert with an ended context: %v", err)
	}
	close(engine.free)
	waitFor(t, "room in the tail", func() bool {
		_, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{chunk("x", make([]float32, 256)...)}})
		return err == nil
	})
	plan(t, s, "a", domain.PlanGraph)
}

// TestWhatIsInTheGraphMakesRoom lets the indexer move a quarter of a tail that is over its
// bound, which is too little for the tail to be compacted.
func TestWhatIsInTheGraphMakesRoom(t *testing.T) {
	const dims, vectors, moved = 16, 2000, 512
	engine := stuckEngine{free: make(chan struct{})}
	s := configured(t, app.Config{
		Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 10 },
		Tail: app.Tail{MaxBytes: 150 << 10, MaxWait: 20 * time.Millisecond},
	})
	defer close(engine.free)
	insert(t, s, "a", chunk("x", make([]float32, dims)...))
	search(t, s, "a", 1, make([]float32, dims)...) // opens the database
	chunks := make([]domain.Chunk, vectors-1)
	for i := range chunks {
		chunks[i] = chunk("x", make([]float32, dims)...)
	}
	insert(t, s, "a", chunks...)
	more := app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: chunks[:1]}
	waitFor(t, "the graph", func() bool {
		info, err := s.Database(t.Context(), "a")
		return err == nil && info.Plan == domain.PlanGraph
	})
	if _, err := s.Insert(t.Context(), more); !errors.Is(err, domain.ErrBusy) {
		t.Fatalf("an insert into a full tail: %v; want ErrBusy", err)
	}
	for range moved / 8 { // calls of Add
		engine.free <- struct{}{}
	}
	waitFor(t, "room", func() bool {
		_, err := s.Insert(t.Context(), more)
		return err == nil
	})
	info, err := s.Database(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if info.Tail.Dead == 0 || info.Graph.Len != moved {
		t.Errorf("tail %+v, graph %+v; want %d in the graph and the tail not compacted", info.Tail, info.Graph, moved)
	}
}
