package app_test

import (
	"context"
	"fmt"
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

// TestRebuiltBeforeTheDimensionIsKnown rebuilds a new database while its first commit is
// being applied, and the one after it waits for that.
func TestRebuiltBeforeTheDimensionIsKnown(t *testing.T) {
	s, exact, _ := stopped(t, 1<<30)
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{Metric: domain.InnerProduct}); err != nil {
		t.Fatal(err)
	}
	if hits := search(t, s, "a", 1, 1, 0); len(hits) != 0 {
		t.Fatalf("%d hits in a new database", len(hits))
	}
	exact.add.armed.Store(true)
	var calls sync.WaitGroup
	calls.Go(func() { insert(t, s, "a", chunk("first", 1, 0), chunk("second", 1, 1)) })
	<-exact.add.reached
	calls.Go(func() {
		if err := s.Rebuild(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
	waitFor(t, "the new projection to have all commits", func() bool { return s.CaughtUp("a") })
	close(exact.add.free)
	calls.Wait()
	for want := 2; want <= 3; want++ {
		if hits := search(t, s, "a", 9, 1, 0); len(hits) != want {
			t.Errorf("%d hits of %d acknowledged chunks", len(hits), want)
		}
		insert(t, s, "a", chunk("later", 0, 1))
	}
}

// TestRebuiltBetweenACommitAndItsNews has a rebuild read, and take its place with, a commit
// that nobody was told of yet: the news must not be waited for once it has come.
func TestRebuiltBetweenACommitAndItsNews(t *testing.T) {
	repo := &lateNews{openStore(t, filepath.Join(t.TempDir(), "memista.db")), make(chan chan struct{})}
	s := newService(t, repo, 1<<30)
	for _, id := range []string{"new", "old"} {
		if _, _, err := repo.ChunkRepository.Create(t.Context(), id, domain.Settings{Metric: domain.InnerProduct}, nil); err != nil {
			t.Fatal(err)
		}
		want := 1
		if id == "old" {
			want++
			batch := domain.Batch{Database: id, Put: []domain.Chunk{chunk("before", 0, 1)}}
			if _, err := repo.ChunkRepository.Write(t.Context(), batch, nil); err != nil {
				t.Fatal(err)
			}
		}
		search(t, s, id, 1, 1, 0)
		var calls sync.WaitGroup
		calls.Go(func() { insert(t, s, id, chunk("x", 1, 0)) })
		tell := <-repo.durable
		if err := s.Rebuild(t.Context(), id); err != nil {
			t.Error(err)
		}
		close(tell)
		calls.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		found, err := s.Search(ctx, app.Search{Database: id, Queries: []app.Query{{Embedding: []float32{1, 0}, K: 9}}})
		cancel()
		if err != nil || len(found.Hits[0]) != want {
			t.Errorf("Search in the %s database after the news = %+v, %v; want %d hits", id, found.Hits, err, want)
		}
	}
}

// singly makes exact indexes that stop in front of the first Add of a single vector.
type singly struct {
	flat.Engine
	added *atomic.Int32
	stop  *stop
}

func (e singly) NewBuffer(s ports.IndexSettings) (ports.Buffer, error) {
	ix, err := e.Engine.NewBuffer(s)
	if err != nil {
		return nil, err
	}
	return singlyIndex{ix.(*flat.Index), e}, nil
}

type singlyIndex struct {
	*flat.Index
	engine singly
}

func (ix singlyIndex) Add(ids []int64, vectors [][]float32) error {
	if len(ids) == 1 && ix.engine.added.Add(1) == 1 {
		ix.engine.stop.pass()
	}
	return ix.Index.Add(ids, vectors)
}

// TestOpenedWhileItBecomesSmall opens a database whose graph is in a file when most of it
// has just been deleted: the exact index that is to take the graph's place must not do so
// before the index that is being opened has all commits, or that is closed under its
// maker's hands, and the database cannot be opened.
func TestOpenedWhileItBecomesSmall(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "memista.db")
	start := func(repo ports.ChunkRepository, tail ports.BufferEngine) *app.Service {
		s, err := app.New(app.Config{
			Repository: repo, Flat: tail, Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return 20 }, Files: indexdir.Dir(dir),
			Report: func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start(openStore(t, file), flat.Engine{})
	var chunks []domain.Chunk
	for i := range 50 {
		chunks = append(chunks, chunk(fmt.Sprint(i), float32(i), 1))
	}
	insert(t, s, "a", chunks...)
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	store := openStore(t, file)
	log := &slowChanges{ChangeLog: store, looked: make(chan struct{}), answer: make(chan struct{})}
	tail := singly{added: new(atomic.Int32), stop: newStop()}
	tail.stop.armed.Store(true)
	s = start(logged{store, log}, tail)
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	var opener sync.WaitGroup
	opener.Go(func() { search(t, s, "a", 1, 1, 0) })
	<-log.looked // what follows is not in the index that is being read
	var ids []int64
	for id := int64(1); id <= 45; id++ {
		ids = append(ids, id)
	}
	for _, b := range []domain.Batch{{Database: "a", Delete: ids}, {Database: "a", Put: []domain.Chunk{chunk("new", 1, 1)}}} {
		if _, err := s.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	close(log.answer)
	<-tail.stop.reached // the second commit is about to be applied, the first one was
	if jobs := compactions(s); len(jobs) > 0 {
		wait(t, s, jobs[0].ID)
	}
	close(tail.stop.free)
	opener.Wait()
	if hits := search(t, s, "a", 50, 1, 0); len(hits) != 6 {
		t.Errorf("%d hits; want 6", len(hits))
	}
}

// TestACommitThatWasReadWithTheFileIsAppliedOnce opens a database beside a commit that is
// among the changes since its index file, but not in the description that was read before,
// and that nobody was told of until the database is open.
func TestACommitThatWasReadWithTheFileIsAppliedOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "memista.db")
	start := func(repo ports.ChunkRepository) *app.Service {
		s, err := app.New(app.Config{
			Repository: repo, Flat: flat.Engine{}, Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return 20 }, Files: indexdir.Dir(dir),
			Report: func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start(openStore(t, file))
	var chunks []domain.Chunk
	for i := range 50 {
		chunks = append(chunks, chunk(fmt.Sprint(i), float32(i), 1))
	}
	insert(t, s, "a", chunks...)
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	store := openStore(t, file)
	late := &lateNews{store, make(chan chan struct{})}
	find := &slowFind{ChunkRepository: late, looked: make(chan struct{}), answer: make(chan struct{})}
	s = start(logged{find, store})
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	unsaved := func() int64 {
		st, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st.Unsaved
	}
	var calls sync.WaitGroup
	calls.Go(func() { search(t, s, "a", 1, 1, 0) })
	<-find.looked
	calls.Go(func() {
		if _, err := s.Write(t.Context(), domain.Batch{Database: "a", Put: []domain.Chunk{chunk("new", 1, 1)}}); err != nil {
			t.Error(err)
		}
	})
	news := <-late.durable
	close(find.answer)
	waitFor(t, "the vector to come to the graph", func() bool { return unsaved() > 0 })
	close(news)
	calls.Wait()
	plan(t, s, "a", domain.PlanGraph)
	if err := s.WaitIndexed(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	if n := unsaved(); n != 1 {
		t.Errorf("%d changes of the graph for one vector", n)
	}
	if hits := search(t, s, "a", 100, 1, 0); len(hits) != 51 {
		t.Errorf("%d hits; want 51", len(hits))
	}
}

// logged is a repository that remembers changes as log does.
type logged struct {
	ports.ChunkRepository
	log ports.ChangeLog
}

func (r logged) KeepChanges(ctx context.Context, db domain.Database, since int64) (domain.Database, error) {
	return r.log.KeepChanges(ctx, db, since)
}

func (r logged) ForgetChanges(ctx context.Context, db domain.Database) error {
	return r.log.ForgetChanges(ctx, db)
}

func (r logged) ChangesSince(ctx context.Context, db domain.Database, snap ports.Snapshot) (ports.Changes, error) {
	return r.log.ChangesSince(ctx, db, snap)
}

// slowChanges is a log whose first ChangesSince has looked but does not return until told to.
type slowChanges struct {
	ports.ChangeLog
	first          sync.Once
	looked, answer chan struct{}
}

func (l *slowChanges) ChangesSince(ctx context.Context, db domain.Database, snap ports.Snapshot) (ports.Changes, error) {
	changes, err := l.ChangeLog.ChangesSince(ctx, db, snap)
	l.first.Do(func() {
		close(l.looked)
		<-l.answer
	})
	return changes, err
}
