package app_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// parsed is text as a filter.
func parsed(t *testing.T, text string) *filterlang.Filter {
	t.Helper()
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &f
}

// TestSweptWhileItIsCounted has the sweeper delete what has expired at the moment at which
// a count looks at the clock, between any two things that it reads.
func TestSweptWhileItIsCounted(t *testing.T) {
	c, sweeping := newClock(), atomic.Bool{}
	var s *app.Service
	now := func() time.Time {
		if sweeping.CompareAndSwap(true, false) {
			sweep(t, s)
		}
		return c.Now()
	}
	store := openStore(t, filepath.Join(t.TempDir(), "memista.db"))
	s, err := app.New(app.Config{Repository: store, Flat: flat.Engine{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	counts := map[string]func(id string) (int64, error){
		"Count of all": func(id string) (int64, error) { return s.Count(t.Context(), id, nil) },
		"Count of a filter": func(id string) (int64, error) {
			return s.Count(t.Context(), id, parsed(t, `{"$id":{"$gte":1}}`))
		},
		"Database": func(id string) (int64, error) {
			d, err := s.Database(t.Context(), id)
			return d.Chunks, err
		},
		"Databases": func(id string) (int64, error) {
			list, err := s.Databases(t.Context())
			for _, d := range list {
				if d.ID == id {
					return d.Chunks, err
				}
			}
			return -1, err
		},
	}
	for name, count := range counts {
		for _, open := range []bool{false, true} {
			id := fmt.Sprintf("%d-%t", len(name), open)
			batch := domain.Batch{Database: id, Create: &domain.Settings{}}
			for i := range 5 {
				batch.Put = append(batch.Put, chunk("x", float32(i), 1))
				if i < 3 {
					batch.Put[i].ExpiresAt = c.Now().Add(time.Second)
				}
			}
			if _, err := store.Write(t.Context(), batch, nil); err != nil {
				t.Fatal(err)
			}
			if open {
				search(t, s, id, 1, 1, 1)
				if n, err := count(id); err != nil || n != 5 {
					t.Errorf("%s of what is open = %d, %v; want 5", name, n, err)
				}
			}
			c.turn(time.Second)
			sweeping.Store(true)
			if n, err := count(id); err != nil || n != 2 {
				t.Errorf("%s beside a sweep, open %t = %d, %v; want the 2 that do not expire", name, open, n, err)
			}
			sweeping.Store(false)
		}
	}
}

// TestFieldsReadBetweenACommitAndItsNews has one part of a filter be of the rows before a
// delete, and the other of those after it.
func TestFieldsReadBetweenACommitAndItsNews(t *testing.T) {
	repo := &lateNews{openStore(t, filepath.Join(t.TempDir(), "memista.db")), make(chan chan struct{})}
	s := newService(t, repo, 1<<30)
	batch := domain.Batch{Database: "a", Create: &domain.Settings{}}
	for i := range 6 { // ids from 1: the odd ones have h = 0
		c := chunk("x", float32(i), 1)
		c.Metadata = domain.MetadataString(fmt.Sprintf(`{"all":true,"h":%d}`, i%2))
		batch.Put = append(batch.Put, c)
	}
	if _, err := repo.ChunkRepository.Write(t.Context(), batch, nil); err != nil {
		t.Fatal(err)
	}
	search(t, s, "a", 1, 1, 1)
	if n, err := s.Count(t.Context(), "a", parsed(t, `{"all":true}`)); err != nil || n != 6 {
		t.Fatalf("Count of all = %d, %v; want 6", n, err)
	}
	var calls sync.WaitGroup
	calls.Go(func() {
		if n, err := s.Delete(t.Context(), "a", []int64{2}); err != nil || n != 1 {
			t.Errorf("Delete = %d, %v; want 1", n, err)
		}
	})
	tell := <-repo.durable
	var n int64
	var err error
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		n, err = s.Count(t.Context(), "a", parsed(t, `{"all":true,"$not":{"h":1}}`))
	}()
	waitFor(t, "the count to be made, or to wait for the news", func() bool {
		select {
		case <-counted:
			return true
		default:
			return s.Waited("a")
		}
	})
	close(tell)
	<-counted
	calls.Wait()
	if err != nil || n != 3 {
		t.Errorf("Count of those without h = 1 = %d, %v; want 3: the deleted one had it", n, err)
	}
}
