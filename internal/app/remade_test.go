package app_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
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
