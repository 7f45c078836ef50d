package app_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func verify(t *testing.T, s *app.Service, repair bool) domain.Report {
	t.Helper()
	r, err := s.Verify(t.Context(), repair)
	if err != nil {
		t.Fatalf("Verify(%v) = %v; want nil", repair, err)
	}
	return r
}

// forge changes the index file of database m as only a fault of ours could: its checksums
// are right.
func forge(t *testing.T, st *station, change func(ix ports.VectorIndex) error) {
	t.Helper()
	store := openStore(t, filepath.Join(st.dir, "memista.db"))
	info, err := store.Find(t.Context(), "m")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(st.dir, "m.hnsw")
	ix, snap, err := hnsw.Engine{}.Open(path, ports.IndexSettings{Metric: info.Metric, Dims: info.Dims}, info.Incarnation)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if err := change(ix); err != nil {
		t.Fatal(err)
	}
	if err := ix.(ports.Saver).Save(t.Context(), path, snap); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyComparesIndexFiles(t *testing.T) {
	for name, c := range map[string]struct {
		change func(ix ports.VectorIndex) error
		want   string
	}{
		"another vector": {func(ix ports.VectorIndex) error {
			return ix.Add([]int64{5}, [][]float32{{9, 9, 9, 9, 9, 9, 9, 9}})
		}, "index m chunk 5: the index has another vector"},
		"another id": {func(ix ports.VectorIndex) error {
			if _, err := ix.Remove([]int64{5}); err != nil {
				return err
			}
			return ix.Add([]int64{9999}, [][]float32{{9, 9, 9, 9, 9, 9, 9, 9}})
		}, "index m chunk 5: it is not in the index"},
	} {
		t.Run(name, func(t *testing.T) {
			st := &station{t: t, dir: t.TempDir()}
			m := newModel(t, rand.New(rand.NewPCG(3, 4)), st.start)
			m.grow(500)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			m.s = st.start()
			if r := verify(t, m.s, false); len(r.Findings) > 0 || len(r.Notes) > 0 || r.Chunks != 500 {
				t.Fatalf("Verify of what is whole = %+v; want nothing", r)
			}
			st.stop(m.s)
			forge(t, st, c.change)
			m.s = st.start()
			r := verify(t, m.s, false)
			if len(r.Findings) != 1 || !strings.HasPrefix(r.Findings[0].String(), c.want) || r.Left() != 1 {
				t.Fatalf("findings = %+v; want %s", r.Findings, c.want)
			}
			if r := verify(t, m.s, true); len(r.Findings) != 1 || r.Left() != 0 {
				t.Errorf("Verify with repair = %+v; want it repaired", r)
			}
			if r := verify(t, m.s, false); len(r.Findings) > 0 || len(r.Notes) > 0 {
				t.Errorf("Verify after the repair = %+v; want nothing", r)
			}
			m.all()
			st.stop(m.s)
			m.s = st.start()
			m.all()
			if st.opened.restored != 1 || st.opened.made != 0 {
				t.Errorf("%d restored, %d made; want the new file to be used", st.opened.restored, st.opened.made)
			}
			st.stop(m.s)
		})
	}
}

// TestARepairedIndexFileStays repairs the index of an open database while the graph of the
// bad file is being saved, and before. A search has that graph all the time.
func TestARepairedIndexFileStays(t *testing.T) {
	for name, underWay := range map[string]bool{"a save is under way": true, "a save comes late": false} {
		t.Run(name, func(t *testing.T) {
			engine, exact := stoppedGraph{save: newStop(), found: newStop()}, stoppedFlat{add: newStop(), found: newStop()}
			st := &station{t: t, dir: t.TempDir(), exact: exact, graphs: engine}
			m := newModel(t, rand.New(rand.NewPCG(3, 4)), st.start)
			m.grow(500)
			plan(t, m.s, "m", domain.PlanGraph)
			st.stop(m.s)
			forge(t, st, func(ix ports.VectorIndex) error {
				return ix.Add([]int64{5}, [][]float32{{9, 9, 9, 9, 9, 9, 9, 9}})
			})
			m.s = st.start()
			exact.found.armed.Store(true)
			var searching sync.WaitGroup
			searching.Go(func() { search(t, m.s, "m", 1, make([]float32, 8)...) })
			<-exact.found.reached
			save, err := m.s.SaverOf(t.Context(), "m")
			if err != nil {
				t.Fatal(err)
			}
			saved, verified := make(chan error, 1), make(chan domain.Report, 1)
			if underWay {
				engine.save.armed.Store(true)
				go func() { saved <- save() }()
				<-engine.save.reached
			}
			go func() {
				r, err := m.s.Verify(t.Context(), true)
				if err != nil {
					t.Errorf("Verify: %v", err)
				}
				verified <- r
			}()
			var r domain.Report
			if underWay {
				select { // it may wait for the save
				case r = <-verified:
				case <-time.After(200 * time.Millisecond):
				}
				close(engine.save.free)
				if r.Findings == nil {
					r = <-verified
				}
			} else {
				r = <-verified
				saved <- save()
			}
			if err := <-saved; err != nil {
				t.Errorf("save: %v", err)
			}
			if len(r.Findings) != 1 || r.Left() != 0 {
				t.Errorf("Verify with repair = %+v; want one finding, repaired", r)
			}
			close(exact.found.free)
			searching.Wait()
			if r := verify(t, m.s, false); len(r.Findings) > 0 || len(r.Notes) > 0 {
				t.Errorf("Verify afterwards = %+v; want nothing", r)
			}
			m.all()
			st.stop(m.s)
			m.s = st.start()
			m.all()
			st.stop(m.s)
			if got := st.reports(); got != "<nil>" {
				t.Errorf("reported: %s", got)
			}
		})
	}
}

func TestAnIndexFileThatWouldNotBeUsedIsNoDamage(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rand.New(rand.NewPCG(3, 4)), st.start)
	m.grow(500)
	plan(t, m.s, "m", domain.PlanGraph)
	st.stop(m.s)
	spoil(t, filepath.Join(st.dir, "m.hnsw"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	m.s = st.start()
	defer func() { st.stop(m.s) }()
	r := verify(t, m.s, false)
	if len(r.Findings) > 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "it will be made from the rows") {
		t.Errorf("Verify = %+v; want a note", r)
	}
	m.all()
}

// A chunk that is taken out while its database is open is out of every search, and a
// database that could not be opened for it serves again.
func TestRepairWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := newService(t, openStore(t, path), 1<<30)
	var chunks []domain.Chunk
	for i := range 10 {
		chunks = append(chunks, chunk(fmt.Sprint(i), float32(i), 1))
	}
	insert(t, s, "a", chunks...)
	insert(t, s, "b", chunks...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, path)
	s = newService(t, openStore(t, path), 1<<30)
	search(t, s, "a", 10, 1, 0)
	if r := verify(t, s, false); r.Left() != 2 || len(r.Notes) != 2 {
		t.Errorf("Verify = %+v; want a chunk in each database", r)
	}
	if _, err := s.Search(t.Context(), app.Search{Database: "b", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 1}}}); err == nil {
		t.Error("a search where an embedding is missing finds it all the same")
	}
	if len(s.Problems()) != 1 {
		t.Errorf("Problems() = %+v; want one of b", s.Problems())
	}
	if r := verify(t, s, true); r.Left() != 0 || len(r.Findings) != 2 {
		t.Errorf("Verify with repair = %+v; want both repaired", r)
	}
	for _, id := range []string{"a", "b"} {
		hits := search(t, s, id, 20, 1, 0)
		if len(hits) != 9 {
			t.Errorf("%d hits in %s; want 9", len(hits), id)
		}
		for _, h := range hits {
			if h.ID == 4 {
				t.Errorf("the chunk that was taken out of %s is found", id)
			}
		}
	}
	if len(s.Problems()) != 0 {
		t.Errorf("Problems() = %+v after the repair; want none", s.Problems())
	}
}

// damage changes the text of chunk 4 in database a, and cuts off its embedding in b.
func damage(t *testing.T, path string) {
	t.Helper()
	driver := "sqlite"
	if slices.Contains(sql.Drivers(), "sqlite3") {
		driver = "sqlite3"
	}
	db, err := sql.Open(driver, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, change := range []string{
		"UPDATE chunks_a SET text = 'changed' WHERE chunk_id = 4",
		"UPDATE embeddings SET embedding = x'00' WHERE id = (2 << 36) + 4",
	} {
		if _, err := db.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
}
