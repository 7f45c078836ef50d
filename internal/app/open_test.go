package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// slowFind is a repository whose first Find has looked but does not return until told to.
type slowFind struct {
	ports.ChunkRepository
	once   sync.Once
	looked chan struct{} // closed when the first Find has its answer
	answer chan struct{} // the first Find returns when it is closed
}

func (r *slowFind) Find(ctx context.Context, id string) (domain.Database, error) {
	d, err := r.ChunkRepository.Find(ctx, id)
	r.once.Do(func() {
		close(r.looked)
		<-r.answer
	})
	return d, err
}

// TestInsertedWhileLookedFor has a search come after an acknowledged insert while a call
// from before the insert is still being told that there is no such database.
func TestInsertedWhileLookedFor(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "memista.db"))
	repo := &slowFind{ChunkRepository: store, looked: make(chan struct{}), answer: make(chan struct{})}
	s := newService(t, repo, 1<<30)

	var early sync.WaitGroup
	early.Go(func() { insert(t, s, "a", chunk("early", 0, 1)) })
	<-repo.looked
	batch := domain.Batch{Database: "a", Create: &domain.Settings{}, Put: []domain.Chunk{chunk("stored", 1, 0)}}
	if _, err := store.Write(t.Context(), batch, func(domain.Commit) {}); err != nil {
		t.Fatal(err)
	}
	var found []domain.Hit
	early.Go(func() { found = search(t, s, "a", 1, 1, 0) })
	close(repo.answer)
	early.Wait()
	if len(found) != 1 || found[0].Text != "stored" {
		t.Errorf("Search after the insert = %+v; want the chunk it stored", found)
	}
}

// damaged is a repository in which no row can be read.
type damaged struct{ ports.ChunkRepository }

func (damaged) Chunks(context.Context, domain.Database, domain.Selection, domain.Fields) ([]domain.Chunk, error) {
	return nil, fmt.Errorf("a bad page: %w", domain.ErrCorrupt)
}

func TestWhyADatabaseCannotBeOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := newService(t, openStore(t, path), 1<<30)
	insert(t, s, "a", chunk("x", 1, 0))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = newService(t, damaged{openStore(t, path)}, 1<<30)
	for range 2 {
		_, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 1}}})
		if !errors.Is(err, domain.ErrCorrupt) || errors.Is(err, domain.ErrClosed) {
			t.Errorf("Search where no row can be read: %v; want ErrCorrupt", err)
		}
	}
}

// lateNews is a repository in which commits become known some time after they are durable,
// as those of one transaction do: when what it sends to durable is closed.
type lateNews struct {
	ports.ChunkRepository
	durable chan chan struct{}
}

func (r *lateNews) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	c, err := r.ChunkRepository.Write(ctx, b, nil)
	tell := make(chan struct{})
	r.durable <- tell
	<-tell
	applied(c)
	return c, err
}

// TestOpenedBetweenACommitAndItsNews opens a database after two commits that nobody was
// told of yet: when the first one is, the state of the second must not go back to it.
func TestOpenedBetweenACommitAndItsNews(t *testing.T) {
	repo := &lateNews{openStore(t, filepath.Join(t.TempDir(), "memista.db")), make(chan chan struct{})}
	s := newService(t, repo, 1<<30)
	told := make(chan struct{})
	var tell []chan struct{}
	for _, c := range []domain.Chunk{
		{Key: "k", Text: "old", Metadata: domain.MetadataString(`{"is":"old"}`), Embedding: []float32{1, 0}},
		{Key: "k", Text: "new", Metadata: domain.MetadataString(`{"is":"new"}`), Embedding: []float32{0, 1}},
	} {
		go func() {
			if _, err := s.Write(t.Context(), domain.Batch{Database: "a", Create: &domain.Settings{}, Put: []domain.Chunk{c}}); err != nil {
				t.Error(err)
			}
			told <- struct{}{}
		}()
		tell = append(tell, <-repo.durable)
	}
	is := filterlang.Filter{Op: filterlang.In, Field: filterlang.Field{Path: []string{"is"}}, Args: []filterlang.Value{filterlang.Text("new")}}
	find := func(when string) {
		t.Helper()
		found, err := s.Search(t.Context(), app.Search{
			Database: "a", Queries: []app.Query{{Embedding: []float32{0, 1}, K: 1}, {Embedding: []float32{0, 1}, K: 1, Filter: &is}}, Fields: domain.DefaultFields,
		})
		for _, hits := range found.Hits {
			if err != nil || len(hits) != 1 || hits[0].Text != "new" || hits[0].Distance != 0 {
				t.Errorf("Search %s = %+v, %v; want the new chunk at distance 0", when, hits, err)
			}
		}
	}
	find("before the news")
	for i, when := range []string{"after the first news", "after all news"} {
		close(tell[i])
		<-told
		find(when)
	}
}
