package app_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// compactions returns the jobs of that kind.
func compactions(s *app.Service) []app.Job {
	var list []app.Job
	for _, j := range s.Jobs() {
		if j.Kind == app.KindCompaction {
			list = append(list, j)
		}
	}
	return list
}

// deleteFrom deletes the chunks from to to.
func deleteFrom(t *testing.T, s *app.Service, id string, from, to int64) {
	t.Helper()
	var ids []int64
	for i := from; i <= to; i++ {
		ids = append(ids, i)
	}
	if n, err := s.Delete(t.Context(), id, ids); err != nil || n != len(ids) {
		t.Fatalf("Delete of %d chunks = %d, %v", len(ids), n, err)
	}
}

// TestCompactionIsAJob deletes half of the chunks of a graph, and later most others.
func TestCompactionIsAJob(t *testing.T) {
	s := configured(t, app.Config{Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return 500 }})
	const n = 2000
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = chunk(fmt.Sprint(i), float32(i), 1)
	}
	insert(t, s, "a", chunks...)
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	deleteFrom(t, s, "a", 1, n/2)
	waitFor(t, "a compaction", func() bool { return len(compactions(s)) > 0 })
	j := wait(t, s, compactions(s)[0].ID)
	if j.Database != "a" || j.State != app.JobDone || j.Percent() != 100 || j.Total < n || j.Ended.IsZero() || j.Error != "" {
		t.Errorf("the compaction has ended as %+v", j)
	}
	info, err := s.Database(t.Context(), "a")
	if err != nil || info.Graph.Dead != 0 || info.Graph.Len != n/2 {
		t.Errorf("after it the graph is %+v, %v; want %d vectors, none dead", info.Graph, err, n/2)
	}
	// Below half of the size of a graph it loses it.
	deleteFrom(t, s, "a", n/2+1, n-100)
	plan(t, s, "a", domain.PlanFlat)
	shrunk := false // by reading the chunks that are left
	for _, j := range compactions(s) {
		j = wait(t, s, j.ID)
		shrunk = shrunk || j.State == app.JobDone && j.Total == 100 && j.Done == 100
	}
	if !shrunk {
		t.Errorf("the jobs are %+v; want one that has read the 100 chunks that are left", compactions(s))
	}
	if hits := search(t, s, "a", n, 1, 0); len(hits) != 100 {
		t.Errorf("%d hits; want 100", len(hits))
	}
}

// TestACompactionAfterARestart compacts a graph that was read from its file.
func TestACompactionAfterARestart(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	s := st.start()
	const n = 1000
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = chunk("", float32(i), 1)
	}
	insert(t, s, "m", chunks...)
	search(t, s, "m", 1, 1, 0)
	plan(t, s, "m", domain.PlanGraph)
	st.stop(s)
	s = st.start()
	defer st.stop(s)
	search(t, s, "m", 1, 1, 0)
	if st.opened.restored != 1 {
		t.Fatalf("the graph was not read from its file: %s", st.reports())
	}
	deleteFrom(t, s, "m", 1, n/2)
	waitFor(t, "a compaction", func() bool { return len(compactions(s)) > 0 })
	if j := wait(t, s, compactions(s)[0].ID); j.State != app.JobDone {
		t.Errorf("the compaction has ended as %+v", j)
	}
}

// upkept is a graph whose work on itself is the test's.
type upkept struct {
	ports.VectorIndex
	began *func(ports.Task) func(error)
}

func (u upkept) OnTask(began func(ports.Task) func(error)) { *u.began = began }

type upkeptEngine struct {
	flat.Engine
	began *func(ports.Task) func(error)
}

func (upkeptEngine) Name() string { return "upkept" }

func (e upkeptEngine) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := e.Engine.New(s)
	return upkept{ix, e.began}, err
}

func TestACompactionIsSeenAndCanceled(t *testing.T) {
	var began func(ports.Task) func(error)
	s := configured(t, app.Config{Engines: []ports.Engine{upkeptEngine{began: &began}}, FlatMax: func(int) int { return 20 }})
	for i := range 30 {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(i), 1))
	}
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	canceled := make(chan struct{})
	ended := began(ports.Task{
		Progress: func() (int64, int64) { return 30, 120 },
		Cancel:   func() { close(canceled) },
	})
	j, err := s.Job(1)
	if err != nil || j.Kind != app.KindCompaction || j.Database != "a" || j.State != app.JobRunning || j.Percent() != 25 || j.Rate <= 0 {
		t.Errorf("under way it is %+v, %v", j, err)
	}
	go func() {
		<-canceled
		ended(t.Context().Err()) // nil: it was done all the same
	}()
	if j, err := s.CancelJob(t.Context(), 1); err != nil || j.State != app.JobDone {
		t.Errorf("CancelJob of one that gets done = %+v, %v", j, err)
	}
	failed := began(ports.Task{Progress: func() (int64, int64) { return 1, 2 }})
	failed(errors.New("no memory"))
	if j, err := s.Job(2); err != nil || j.State != app.JobFailed || j.Error != "no memory" || j.Done != 1 {
		t.Errorf("one that fails is %+v, %v", j, err)
	}
}

// gatedFlat is the exact engine. Of an index that it makes while shut is set, Add closes
// reached and waits until free is closed.
type gatedFlat struct {
	flat.Engine
	shut          atomic.Bool
	reached, free chan struct{}
}

func (g *gatedFlat) NewBuffer(s ports.IndexSettings) (ports.Buffer, error) {
	ix, err := g.Engine.NewBuffer(s)
	if !g.shut.Load() {
		return ix, err
	}
	return gatedIndex{ix, g}, err
}

type gatedIndex struct {
	ports.Buffer
	gate *gatedFlat
}

func (ix gatedIndex) Add(ids []int64, vectors [][]float32) error {
	close(ix.gate.reached)
	<-ix.gate.free
	return ix.Buffer.Add(ids, vectors)
}

// TestACanceledShrinkKeepsTheGraph cancels the replacing of a graph by an exact index.
func TestACanceledShrinkKeepsTheGraph(t *testing.T) {
	flats := &gatedFlat{reached: make(chan struct{}), free: make(chan struct{})}
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(t.TempDir(), "memista.db")), Flat: flats,
		Engines: []ports.Engine{graphEngine{}}, FlatMax: func(int) int { return 20 },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	for i := range 30 {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(i), 1))
	}
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	flats.shut.Store(true)
	deleteFrom(t, s, "a", 1, 25)
	<-flats.reached
	ended := make(chan app.Job, 1)
	go func() {
		j, err := s.CancelJob(t.Context(), 1)
		if err != nil {
			t.Errorf("CancelJob: %v", err)
		}
		ended <- j
	}()
	waitFor(t, "the cancel", func() bool { j, err := s.Job(1); return err == nil && j.Canceling })
	close(flats.free)
	if j := <-ended; j.State != app.JobCanceled || j.Canceling {
		t.Errorf("the canceled compaction is %+v", j)
	}
	deleteFrom(t, s, "a", 26, 27)
	if n := len(compactions(s)); n != 1 {
		t.Errorf("%d compactions after the next delete; want the one that was canceled", n)
	}
	plan(t, s, "a", domain.PlanGraph)
	if hits := search(t, s, "a", 30, 1, 0); len(hits) != 3 {
		t.Errorf("%d hits; want 3", len(hits))
	}
}
