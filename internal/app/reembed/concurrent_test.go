package reembed_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// TestSearchesAndWritersGoOn changes the embedder again and again while others search and
// write. Each text that stays is found by each search, with the score of the model that the
// search was embedded with, and in the end each chunk has the embedding of its text.
func TestSearchesAndWritersGoOn(t *testing.T) {
	for name, flatMax := range map[string]int{"searched exactly": 1 << 30, "with a graph": 200} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, flatMax)
			e.fill(1000)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var searches, writes atomic.Int64
			g, ctx := errgroup.WithContext(ctx)
			for seed := range 2 {
				g.Go(func() error { return e.keepSearching(ctx, uint64(seed), &searches) })
				g.Go(func() error { return e.keepWriting(ctx, seed, &writes) })
			}
			for _, dims := range []int{48, 100016, 20, 16} {
				if ctx.Err() != nil {
					break
				}
				e.done(e.reembed(dims, ""))
			}
			last, wrote := e.describe().Dims, writes.Load()
			stop()
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d searches, %d writes", searches.Load(), wrote)
			if searches.Load() == 0 || wrote == 0 {
				t.Errorf("%d searches, %d writes; want some", searches.Load(), wrote)
			}
			e.sound(last, int(e.describe().Chunks))
		})
	}
}

// keepSearching searches texts that stay until ctx ends.
func (e *env) keepSearching(ctx context.Context, seed uint64, n *atomic.Int64) error {
	r := rand.New(rand.NewPCG(seed, 1))
	for ctx.Err() == nil {
		text := fmt.Sprint("text ", r.IntN(500))
		h, err := e.find(ctx, text)
		if err != nil {
			return unlessEnded(ctx, err)
		}
		if want := vector(len(h.Embedding), text); fmt.Sprint(h.Embedding) != fmt.Sprint(want) && fmt.Sprint(h.Embedding) != fmt.Sprint(vector(100016, text)) {
			return fmt.Errorf("the hit for %q has %v; want an embedding of it", text, h.Embedding)
		}
		if err := e.likeItself(ctx, h.ID); err != nil {
			return unlessEnded(ctx, err)
		}
		n.Add(1)
	}
	return nil
}

// unlessEnded returns err, but nil if it came of the end of ctx.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// likeItself searches what is near a stored chunk and an embedding of it, which never is of
// another model than the index.
func (e *env) likeItself(ctx context.Context, id int64) error {
	found, err := e.Search(ctx, app.Search{Database: "db", Queries: []app.Query{{Like: app.Ref{ID: id}, K: 2}}, Fields: domain.FieldText})
	if err != nil || len(found.Hits[0]) != 2 {
		return fmt.Errorf("near chunk %d are %v, %w", id, found.Hits, err)
	}
	return nil
}

// keepWriting inserts, replaces, patches and deletes chunks other than those until ctx ends.
func (e *env) keepWriting(ctx context.Context, seed int, n *atomic.Int64) error {
	r := rand.New(rand.NewPCG(uint64(seed), 2))
	for ctx.Err() == nil {
		key := fmt.Sprint("k", 500+r.IntN(600))
		text := fmt.Sprint("written ", r.Uint64())
		var err error
		switch r.IntN(5) {
		case 4:
			var m domain.Metadata
			if m, err = domain.MetadataObject(fmt.Appendf(nil, `{"w":%q}`, text)); err != nil {
				return err
			}
			_, err = e.PatchWhere(ctx, "db", nil, app.Patch{Metadata: &m})
		case 0:
			_, err = e.Insert(ctx, app.Insert{Database: "db", Chunks: []domain.Chunk{{Key: key, Text: text}, {Text: text + "!"}}})
		case 1:
			_, err = e.Patch(ctx, "db", app.Ref{Key: key}, app.Patch{Text: &text})
		case 2:
			m := domain.MetadataString(text)
			_, err = e.Patch(ctx, "db", app.Ref{Key: key}, app.Patch{Metadata: &m})
		case 3:
			var c domain.Chunk
			if c, err = e.Chunk(ctx, "db", app.Ref{Key: key}, 0); err == nil {
				_, err = e.Delete(ctx, "db", []int64{c.ID})
			}
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, domain.ErrNotFound) {
			return err
		}
		n.Add(1)
	}
	return nil
}
