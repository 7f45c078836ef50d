package app_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// TestRowsInMemoryAreNotOlderThanARebuiltIndex rebuilds an index between a commit and its
// news: the new index has the vector of that commit, and the row in memory is from before.
func TestRowsInMemoryAreNotOlderThanARebuiltIndex(t *testing.T) {
	repo := &lateNews{openStore(t, filepath.Join(t.TempDir(), "memista.db")), make(chan chan struct{})}
	s := newService(t, repo, 1<<30)
	var calls sync.WaitGroup
	write := func(c domain.Chunk) (tell chan struct{}) {
		calls.Go(func() {
			if _, err := s.Write(t.Context(), domain.Batch{Database: "a", Create: &domain.Settings{}, Put: []domain.Chunk{c}}); err != nil {
				t.Error(err)
			}
		})
		return <-repo.durable
	}
	close(write(domain.Chunk{Key: "k", Text: "old", Embedding: []float32{1, 0}}))
	calls.Wait()
	for range 100 { // until rows are kept in memory
		search(t, s, "a", 1, 0, 1)
	}
	tell := write(domain.Chunk{Key: "k", Text: "new", Embedding: []float32{0, 1}})
	if err := s.Rebuild(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	var hits []domain.Hit
	found := make(chan struct{})
	calls.Go(func() {
		defer close(found)
		hits = search(t, s, "a", 1, 0, 1)
	})
	waitFor(t, "an answer, or a search that waits for the news", func() bool {
		select {
		case <-found:
			return true
		default:
			return s.Waited("a")
		}
	})
	close(tell)
	calls.Wait()
	if len(hits) != 1 || (hits[0].Text == "new") != (hits[0].Distance == 0) {
		t.Errorf("hits = %+v: the distance is that of another version than the text", hits)
	}
}

// heldWrites is a repository whose next write, once armed, waits to be let through.
type heldWrites struct {
	ports.ChunkRepository
	stop *stop
}

func (r heldWrites) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	r.stop.pass()
	return r.ChunkRepository.Write(ctx, b, applied)
}

// TestWritersFromBeforeTheOpeningAreWaitedFor pauses the writers of a database one of whom
// began when it was closed.
func TestWritersFromBeforeTheOpeningAreWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := newService(t, openStore(t, path), 1<<30)
	insert(t, s, "a", chunk("x", 1, 0))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	repo := heldWrites{openStore(t, path), newStop()}
	repo.stop.armed.Store(true)
	s = newService(t, repo, 1<<30)
	var calls sync.WaitGroup
	written := make(chan struct{})
	calls.Go(func() {
		defer close(written)
		if _, err := s.Write(t.Context(), domain.Batch{Database: "a", Put: []domain.Chunk{chunk("y", 0, 1)}}); err != nil {
			t.Error(err)
		}
	})
	<-repo.stop.reached
	search(t, s, "a", 1, 1, 0) // it is open
	paused := make(chan struct{})
	calls.Go(func() {
		release := s.PauseWrites("a")
		defer release()
		close(paused)
		select {
		case <-written:
		default:
			t.Error("writers are paused, and one is still at work")
		}
	})
	select {
	case <-paused:
	case <-time.After(200 * time.Millisecond): // it waits, as it should
	}
	close(repo.stop.free)
	calls.Wait()
}
