package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// stop holds up the next call that passes it, once it is armed.
type stop struct {
	armed   atomic.Bool
	reached chan struct{}
	free    chan struct{}
}

func newStop() *stop { return &stop{reached: make(chan struct{}), free: make(chan struct{})} }

func (s *stop) pass() {
	if s.armed.CompareAndSwap(true, false) {
		close(s.reached)
		<-s.free
	}
}

// stoppedFlat makes exact indexes with a stop in front of their Add, and one behind their
// Search.
type stoppedFlat struct {
	flat.Engine
	add, found *stop
}

func (e stoppedFlat) NewBuffer(s ports.IndexSettings) (ports.Buffer, error) {
	ix, err := e.Engine.NewBuffer(s)
	if err != nil {
		return nil, err
	}
	return stoppedTail{ix.(*flat.Index), e}, nil
}

type stoppedTail struct {
	*flat.Index
	engine stoppedFlat
}

func (ix stoppedTail) Add(ids []int64, vectors [][]float32) error {
	ix.engine.add.pass()
	return ix.Index.Add(ids, vectors)
}

func (ix stoppedTail) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	near, work, err := ix.Index.Search(ctx, q)
	ix.engine.found.pass()
	return near, work, err
}

// stoppedGraph makes and opens graphs with a stop in front of their Save, and one behind
// their Search.
type stoppedGraph struct {
	hnsw.Engine
	save, found *stop
}

func (e stoppedGraph) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := e.Engine.New(s)
	if err != nil {
		return nil, err
	}
	return savedIndex{ix.(*hnsw.Index), e}, nil
}

func (e stoppedGraph) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	ix, snap, err := e.Engine.Open(path, s, life)
	if err != nil {
		return nil, snap, err
	}
	return savedIndex{ix.(*hnsw.Index), e}, snap, nil
}

type savedIndex struct {
	*hnsw.Index
	engine stoppedGraph
}

func (ix savedIndex) Search(ctx context.Context, q ports.Query) ([]domain.Neighbor, domain.Work, error) {
	near, work, err := ix.Index.Search(ctx, q)
	ix.engine.found.pass()
	return near, work, err
}

func (ix savedIndex) Save(ctx context.Context, path string, snap ports.Snapshot) error {
	ix.engine.save.pass()
	return ix.Index.Save(ctx, path, snap)
}

// stopped returns a service whose engines stop where they are told to.
func stopped(t *testing.T, flatMax int) (*app.Service, stoppedFlat, stoppedGraph) {
	t.Helper()
	exact, graphs := stoppedFlat{add: newStop(), found: newStop()}, stoppedGraph{save: newStop(), found: newStop()}
	dir := t.TempDir()
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(dir, "memista.db")), Flat: exact, Engines: []ports.Engine{graphs},
		FlatMax: func(int) int { return flatMax }, Files: indexdir.Dir(dir),
		Report: func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s, exact, graphs
}

// TestRebuiltWhileACommitIsApplied has a rebuild come to its end while the index that
// it replaces is still taking in a commit, whose rows the new one has read already.
func TestRebuiltWhileACommitIsApplied(t *testing.T) {
	s, exact, _ := stopped(t, 1<<30)
	insert(t, s, "a", domain.Chunk{Key: "k", Text: "old", Embedding: []float32{1, 0}})
	search(t, s, "a", 1, 1, 0)
	exact.add.armed.Store(true)
	var calls sync.WaitGroup
	calls.Go(func() { insert(t, s, "a", domain.Chunk{Key: "k", Text: "new", Embedding: []float32{0, 1}}) })
	<-exact.add.reached
	rebuilt := make(chan struct{})
	calls.Go(func() {
		defer close(rebuilt)
		if err := s.Rebuild(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
	select { // it may wait for the commit
	case <-rebuilt:
	case <-time.After(200 * time.Millisecond):
	}
	close(exact.add.free)
	calls.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	found, err := s.Search(ctx, app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{0, 1}, K: 1}}, Fields: domain.DefaultFields})
	if err != nil || len(found.Hits[0]) != 1 || found.Hits[0][0].Text != "new" || found.Hits[0][0].Distance != 0 {
		t.Errorf("Search after the insert = %+v, %v; want the new chunk at distance 0", found.Hits, err)
	}
}

// TestReplacedWhileTheGraphIsSaved replaces a vector of the graph between the two parts of
// a search, while the graph is being written to its file and so keeps the old one.
func TestReplacedWhileTheGraphIsSaved(t *testing.T) {
	s, exact, graphs := stopped(t, 20)
	for i := range 50 {
		insert(t, s, "a", domain.Chunk{Key: fmt.Sprint(i), Text: "old", Embedding: []float32{float32(i), 1}})
	}
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	var calls sync.WaitGroup
	defer calls.Wait()
	graphs.save.armed.Store(true)
	calls.Go(func() {
		if err := s.Save(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
	<-graphs.save.reached
	defer close(graphs.save.free)
	exact.found.armed.Store(true)
	var hits []domain.Hit
	found := make(chan struct{})
	calls.Go(func() {
		defer close(found)
		hits = search(t, s, "a", 50, 1, 0)
	})
	<-exact.found.reached
	insert(t, s, "a", domain.Chunk{Key: "49", Text: "new", Embedding: []float32{100, 1}})
	close(exact.found.free)
	<-found
	if len(hits) != 50 || hits[0].Text != "new" {
		t.Errorf("%d hits, the first %+v; want all 50, the replaced chunk first", len(hits), hits[0])
	}
}

// TestReplacedAfterTheGraphWasSearched replaces vectors that the graph has just found by
// such as are far away: others have to take their places, and those of the buffer, which
// are farther than more of the graph, must not.
func TestReplacedAfterTheGraphWasSearched(t *testing.T) {
	s, _, graphs := stopped(t, 20)
	for i := range 50 {
		insert(t, s, "a", domain.Chunk{Key: fmt.Sprint(i), Text: fmt.Sprint(i), Embedding: []float32{float32(i), 1}})
	}
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	if err := s.WaitIndexed(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	defer calls.Wait()
	graphs.save.armed.Store(true) // while the graph is saved nothing comes to it
	calls.Go(func() {
		if err := s.Save(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
	<-graphs.save.reached
	defer close(graphs.save.free)
	for i := range 3 {
		insert(t, s, "a", domain.Chunk{Text: "in the buffer", Embedding: []float32{float32(10 + i), 1}})
	}
	graphs.found.armed.Store(true)
	var hits []domain.Hit
	found := make(chan struct{})
	calls.Go(func() {
		defer close(found)
		hits = search(t, s, "a", 5, 1, 0)
	})
	<-graphs.found.reached
	insert(t, s, "a", domain.Chunk{Key: "49", Text: "far", Embedding: []float32{-100, 1}}, domain.Chunk{Key: "48", Text: "far", Embedding: []float32{-101, 1}})
	close(graphs.found.free)
	<-found
	var texts []string
	for _, h := range hits {
		texts = append(texts, h.Text)
	}
	if want := []string{"47", "46", "45", "44", "43"}; !slices.Equal(texts, want) {
		t.Errorf("hits are %v; want %v", texts, want)
	}
}

// TestRebuildThatIsOvertaken drops a database while its new graph is being made: the
// rebuild has come to nothing and must say so.
func TestRebuildThatIsOvertaken(t *testing.T) {
	engine := stuckEngine{free: make(chan struct{})}
	s := configured(t, app.Config{Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 10 }})
	for i := range 5 {
		insert(t, s, "a", chunk("x", float32(i), 1))
	}
	search(t, s, "a", 1, 1, 0)
	for range 6 { // the graph that this calls for is stuck, and so is that of the rebuild
		insert(t, s, "a", chunk("x", 1, 1))
	}
	j, err := s.StartRebuild(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "all rows to be read", func() bool {
		now, err := s.Job(j.ID)
		return err == nil && now.Done == 11
	})
	if _, err := s.Drop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	close(engine.free)
	if j = wait(t, s, j.ID); j.State != app.JobFailed || j.Error == "" {
		t.Errorf("the rebuild of a database that was dropped meanwhile has ended as %+v; want it failed", j)
	}
}

// failingGraph makes graphs that take nothing once they are broken.
type failingGraph struct {
	flat.Engine
	broken *atomic.Bool
}

func (failingGraph) Name() string { return "failing" }

func (e failingGraph) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := e.Engine.New(s)
	return failingIndex{ix, e.broken}, err
}

type failingIndex struct {
	ports.VectorIndex
	broken *atomic.Bool
}

func (ix failingIndex) Add(ids []int64, vectors [][]float32) error {
	if ix.broken.Load() {
		return errors.New("no room")
	}
	return ix.VectorIndex.Add(ids, vectors)
}

// TestRebuildThatFails has the new graph fail: the one in use stays in use.
func TestRebuildThatFails(t *testing.T) {
	engine := failingGraph{broken: new(atomic.Bool)}
	s := configured(t, app.Config{
		Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 10 },
		Report: func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	for i := range 30 {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(i), 1))
	}
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	engine.broken.Store(true)
	j, err := s.StartRebuild(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if j = wait(t, s, j.ID); j.State != app.JobFailed || !strings.Contains(j.Error, "no room") {
		t.Errorf("the job has ended as %+v; want it failed for want of room", j)
	}
	if hits := search(t, s, "a", 50, 1, 0); len(hits) != 30 {
		t.Errorf("%d hits; want 30", len(hits))
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.Abandoned != 0 || st.OpenedFromRows != 1 || st.Graph.Vectors != 30 {
		t.Errorf("Stats = %+v, %v; want the graph of before still in use", st, err)
	}
}

// TestIdleCloseSparesARebuild has a database be idle for longer than its new graph takes.
func TestIdleCloseSparesARebuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := stuckEngine{free: make(chan struct{})}
		s := configured(t, app.Config{
			Repository: openStore(t, ""),
			Engines:    []ports.Engine{engine}, FlatMax: func(int) int { return 10 },
			Lifecycle: app.Lifecycle{IdleClose: time.Millisecond},
		})
		for i := range 9 {
			insert(t, s, "a", chunk("x", float32(i), 1))
		}
		j, err := s.StartRebuild(t.Context(), "a") // opens it
		if err != nil {
			t.Fatal(err)
		}
		wait(t, s, j.ID)
		insert(t, s, "a", chunk("x", 1, 1), chunk("x", 1, 1)) // its first graph is stuck from here on
		if j, err = s.StartRebuild(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		isOpen := func(id string) bool {
			info, err := s.Database(t.Context(), id)
			return err == nil && info.Open
		}
		for range 2 { // idle databases are looked for twice, the second time while a is being rebuilt for sure
			insert(t, s, "b", chunk("x", 1, 1))
			search(t, s, "b", 1, 1, 1)
			waitFor(t, "the idle database to be closed", func() bool { return !isOpen("b") })
		}
		if !isOpen("a") {
			t.Error("the database that is being rebuilt was closed")
		}
		close(engine.free)
		if j = wait(t, s, j.ID); j.State != app.JobDone {
			t.Errorf("the job has ended as %+v; want it done", j)
		}
	})
}
