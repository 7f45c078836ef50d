package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// missing returns how many chunks the index file of database m in st lacks.
func (st *station) missing() int {
	st.t.Helper()
	store := openStore(st.t, filepath.Join(st.dir, "memista.db"))
	info, err := store.Find(st.t.Context(), "m")
	if err = errors.Join(err, store.Close()); err != nil {
		st.t.Fatal(err)
	}
	ix, snap, err := hnsw.Engine{}.Open(filepath.Join(st.dir, "m.hnsw"), ports.IndexSettings{Metric: info.Metric, Dims: info.Dims}, info.Incarnation)
	if err != nil {
		st.t.Fatal(err)
	}
	if err := ix.Close(); err != nil {
		st.t.Fatal(err)
	}
	return len(snap.Missing)
}

// TestAStopKeepsWhatTheGraphHas stops while a graph is being made.
func TestAStopKeepsWhatTheGraphHas(t *testing.T) {
	engine := &gatedGraph{stop: newStop()}
	st := &station{t: t, dir: t.TempDir(), graphs: engine}
	m := newModel(t, rand.New(rand.NewPCG(11, 12)), st.start)
	m.s.SetFinishTime(0)
	m.grow(50)
	engine.after = 100 // calls of Add, of 8 vectors each
	engine.armed.Store(true)
	m.growQuietly(5000)
	<-engine.reached
	closed := make(chan error, 1)
	go func() { closed <- m.s.Close() }()
	waitFor(t, "Close to begin", func() bool {
		_, err := m.s.Databases(t.Context())
		return errors.Is(err, domain.ErrClosed)
	})
	close(engine.free)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if n := st.missing(); n == 0 || n > 5050-99*8 {
		t.Fatalf("the file lacks %d vectors; want some, and not the first", n)
	}
	st.graphs = nil
	m.s = st.start()
	m.all()
	if info, err := m.s.Database(t.Context(), "m"); err != nil || info.Indexed < 50 || info.Graph.Len < 99*8 {
		t.Errorf("at the next start it is %+v, %v; want the first insert indexed, and what the file has", info, err)
	}
	if st.opened.restored != 1 || st.opened.made != 0 {
		t.Errorf("%d restored, %d made; want the file to be used", st.opened.restored, st.opened.made)
	}
	plan(t, m.s, "m", domain.PlanGraph)
	m.all()
	st.stop(m.s)
	if n := st.missing(); n != 0 {
		t.Errorf("the file still lacks %d vectors", n)
	}
	if got := st.reports(); got != "<nil>" {
		t.Errorf("reported: %s", got)
	}
}

// TestStopsBesideChanges stops again and again while vectors are on their way to the graph,
// with changes before and after that are of vectors in it, on their way, and missing.
func TestStopsBesideChanges(t *testing.T) {
	const seed = 13
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rng, st.start)
	m.s.SetFinishTime(0)
	m.grow(300)
	unfinished := 0
	for range 15 {
		m.growQuietly(rng.IntN(600))
		for range rng.IntN(30) {
			m.insert() // which replaces, too
			m.delete()
		}
		st.stop(m.s)
		if n := st.missing(); n > 0 {
			unfinished++
		}
		m.s = st.start()
		m.s.SetFinishTime(0)
		if rng.IntN(2) == 0 {
			m.delete() // before the index is opened
			m.insert()
		}
		m.all()
		if st.opened.restored != 1 || st.opened.made != 0 {
			t.Fatalf("%d restored, %d made; want the file to be used: %s", st.opened.restored, st.opened.made, st.reports())
		}
	}
	if unfinished == 0 {
		t.Error("no file lacked anything: the test shows nothing")
	}
	plan(t, m.s, "m", domain.PlanGraph)
	m.all()
	if r := verify(t, m.s, false); len(r.Findings) > 0 {
		t.Errorf("Verify = %+v; want nothing", r)
	}
	st.stop(m.s)
	if got := st.reports(); got != "<nil>" {
		t.Errorf("reported: %s", got)
	}
}

// TestCloseFinishesWhatTakesAMoment closes right after the inserts.
func TestCloseFinishesWhatTakesAMoment(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rand.New(rand.NewPCG(15, 16)), st.start)
	m.s.SetFinishTime(time.Minute)
	m.grow(50)
	m.growQuietly(3000)
	st.stop(m.s)
	if n := st.missing(); n != 0 {
		t.Errorf("the file lacks %d vectors; want all in it", n)
	}
}

// TestFewChangesAreNotWorthAFile has a few changes in a database with a large graph: they
// are added again at the next start, until they are more.
func TestFewChangesAreNotWorthAFile(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rand.New(rand.NewPCG(17, 18)), st.start)
	m.grow(990)
	plan(t, m.s, "m", domain.PlanGraph)
	st.stop(m.s)
	path := filepath.Join(st.dir, "m.hnsw")
	file := copyOf(t, path)
	for i := range 12 {
		m.s = st.start()
		m.grow(1)
		plan(t, m.s, "m", domain.PlanGraph)
		st.stop(m.s)
		if same := bytes.Equal(copyOf(t, path), file); same != (i < 9) {
			t.Fatalf("after %d vectors more the file is the same: %v; want it written at 1 %%", i+1, same)
		}
		if i >= 9 {
			break
		}
	}
}

// slowSave is a graph that is written until it is told to stop.
type slowSave struct{ hnsw.Engine }

func (e slowSave) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := e.Engine.New(s)
	if err != nil {
		return nil, err
	}
	return slowIndex{ix.(*hnsw.Index)}, nil
}

type slowIndex struct{ *hnsw.Index }

func (slowIndex) Save(ctx context.Context, _ string, _ ports.Snapshot) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestCloseIsBounded(t *testing.T) {
	dir := t.TempDir()
	s, err := app.New(app.Config{
		Repository: openStore(t, filepath.Join(dir, "memista.db")), Flat: flat.Engine{}, Files: indexdir.Dir(dir),
		Engines: []ports.Engine{slowSave{}}, FlatMax: func(int) int { return 20 },
		Lifecycle: app.Lifecycle{CloseTime: 20 * time.Millisecond},
		Report:    func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		insert(t, s, "a", chunk(fmt.Sprint(i), float32(i), 1))
	}
	search(t, s, "a", 1, 1, 0)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Errorf("Close = %v; want nil", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Close waits for a graph to be saved although its time is up")
	}
}
