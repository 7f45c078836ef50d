package usecasetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

func testExpiry(_ *testing.T, b *bench) {
	id := b.name()
	const life = 1500 * time.Millisecond
	began := time.Now()
	ids := b.insert(id, domain.Chunk{Key: "short", Text: "short", Embedding: []float32{1, 0}, TTL: life}, domain.Chunk{Text: "long", Embedding: []float32{1, 0.1}, TTL: time.Hour}, domain.Chunk{Text: "ever", Embedding: []float32{1, 0.2}})
	for i, want := range []time.Duration{life, time.Hour, 0} {
		c, err := b.Chunk(b.Context(), id, app.Ref{ID: ids[i]}, domain.FieldText)
		if want == 0 && (err != nil || !c.ExpiresAt.IsZero()) {
			b.Errorf("Chunk %d = %+v, %v; want it to live for ever", i, c, err)
		}
		if left := c.ExpiresAt.Sub(began); want != 0 && time.Since(began) < life && (err != nil || left < want || left > want+5*time.Second) {
			b.Errorf("Chunk %d = %+v, %v; want it to expire after %v", i, c, err, want)
		}
	}
	time.Sleep(time.Until(began.Add(life + 500*time.Millisecond)))
	_, err := b.Chunk(b.Context(), id, app.Ref{Key: "short"}, 0)
	b.is("Chunk of one that has expired", err, domain.ErrNotFound)
	_, err = b.Chunk(b.Context(), id, app.Ref{ID: ids[0]}, 0)
	b.is("Chunk of one that has expired, by its id", err, domain.ErrNotFound)
	b.soon("what has expired is not found", func() error { return b.wantHits(id, app.Query{Embedding: []float32{1, 0}, K: 5}, ids[1], ids[2]) })
	b.soon("what has expired does not count", func() error {
		n, err := b.Count(b.Context(), id, nil)
		if err == nil && n != 2 {
			err = fmt.Errorf("Count = %d; want 2", n)
		}
		return err
	})
	b.soon("what has expired is not listed", func() error {
		left, err := b.pages(app.List{Database: id, Limit: 10, Fields: domain.FieldText})
		if err == nil && len(left) != 2 {
			err = fmt.Errorf("list = %v", texts(left))
		}
		return err
	})
	if n, err := b.DeleteKeys(b.Context(), id, []string{"short"}); err != nil || n != 0 {
		b.Errorf("DeleteKeys of one that has expired = %d, %v; want 0", n, err)
	}
	b.insert(id, domain.Chunk{Key: "short", Text: "again", Embedding: []float32{1, 0}})
	if c, err := b.Chunk(b.Context(), id, app.Ref{Key: "short"}, domain.FieldText); err != nil || c.Text != "again" || !c.ExpiresAt.IsZero() {
		b.Errorf("Chunk = %+v, %v; want the one that came again", c, err)
	}
	aged := b.name()
	b.create(aged, domain.Settings{Dims: 2, Metric: domain.L2, TTL: time.Hour})
	own := b.insert(aged, domain.Chunk{Text: "x", Embedding: []float32{1, 0}})
	if c, err := b.Chunk(b.Context(), aged, app.Ref{ID: own[0]}, 0); err != nil || c.ExpiresAt.IsZero() {
		b.Errorf("Chunk = %+v, %v; want it to live as long as its database says", c, err)
	}
}

func testPatch(_ *testing.T, b *bench) {
	id := b.name()
	ids := b.insert(id, domain.Chunk{Key: "k", Text: "one", Metadata: meta(`{"a":1,"b":{"c":2}}`), Embedding: []float32{1, 0}}, domain.Chunk{Text: "two", Metadata: meta(`{"a":1}`), Embedding: []float32{0, 1}})
	patch := meta(`{"b":{"d":3},"a":null}`)
	c, err := b.Patch(b.Context(), id, app.Ref{Key: "k"}, app.Patch{Text: new("uno"), Metadata: &patch})
	if !b.can.Has(capability.CompareAndSet) {
		b.refused("Patch", err, capability.CompareAndSet)
		_, err = b.PatchWhere(b.Context(), id, filter(`{"a":1}`), app.Patch{Metadata: &patch})
		b.refused("PatchWhere", err, capability.CompareAndSet)
		if c, err := b.Chunk(b.Context(), id, app.Ref{Key: "k"}, domain.FieldText); err != nil || c.Text != "one" {
			b.Errorf("Chunk = %+v, %v; want it as it was", c, err)
		}
		return
	}
	want := meta(`{"b":{"c":2,"d":3}}`)
	if err != nil || c.ID != ids[0] || c.Key != "k" || c.Text != "uno" || c.Metadata != want || !slices.Equal(c.Embedding, []float32{1, 0}) {
		b.Errorf("Patch = %+v, %v", c, err)
	}
	if c, err := b.Chunk(b.Context(), id, app.Ref{ID: ids[0]}, domain.WholeChunk); err != nil || c.Text != "uno" || c.Metadata != want {
		b.Errorf("Chunk = %+v, %v; want it patched", c, err)
	}
	b.soon("one chunk has the field", func() error {
		n, err := b.Count(b.Context(), id, filter(`{"a":1}`))
		if err == nil && n != 1 {
			err = fmt.Errorf("Count = %d; want 1", n)
		}
		return err
	})
	more := meta(`{"z":9}`)
	if n, err := b.PatchWhere(b.Context(), id, filter(`{"a":1}`), app.Patch{Metadata: &more}); err != nil || n != 1 {
		b.Errorf("PatchWhere = %d, %v; want 1", n, err)
	}
	if c, err := b.Chunk(b.Context(), id, app.Ref{ID: ids[1]}, domain.WholeChunk); err != nil || c.Metadata != meta(`{"a":1,"z":9}`) {
		b.Errorf("Chunk = %+v, %v; want it patched", c, err)
	}
	_, err = b.Patch(b.Context(), id, app.Ref{Key: "none"}, app.Patch{Text: new("x")})
	b.is("Patch of one that is not there", err, domain.ErrNotFound)
	_, err = b.Patch(b.Context(), id, app.Ref{Key: "k"}, app.Patch{})
	b.is("Patch of nothing", err, domain.ErrInvalid)
	_, err = b.Patch(b.Context(), id, app.Ref{Key: "k"}, app.Patch{Embedding: []float32{1, 2, 3}})
	b.is("Patch with another dimension", err, domain.ErrDimension)
}

func testChange(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, domain.Chunk{Key: "a", Text: "1", Embedding: []float32{1, 0}}, domain.Chunk{Key: "b", Text: "2", Embedding: []float32{0, 1}})
	in := app.Change{Database: id, Keys: []string{"a", "new", "left"}, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
		switch {
		case i == 2:
			return nil, nil
		case old == nil:
			return &domain.Chunk{Text: "made", Embedding: []float32{1, 1}}, nil
		}
		old.Text += "!"
		return old, nil
	}}
	n, err := b.Change(b.Context(), in)
	if !b.can.Has(capability.CompareAndSet) {
		b.refused("Change", err, capability.CompareAndSet)
		return
	}
	if err != nil || n != 2 {
		b.Errorf("Change = %d, %v; want 2", n, err)
	}
	for key, want := range map[string]string{"a": "1!", "new": "made", "b": "2"} {
		if c, err := b.Chunk(b.Context(), id, app.Ref{Key: key}, domain.FieldText); err != nil || c.Text != want {
			b.Errorf("Chunk %q = %+v, %v; want %q", key, c, err, want)
		}
	}
	_, err = b.Chunk(b.Context(), id, app.Ref{Key: "left"}, 0)
	b.is("Chunk of one that was left alone", err, domain.ErrNotFound)
	mine := errors.New("mine")
	in.Make = func(i int, old *domain.Chunk) (*domain.Chunk, error) {
		if i == 1 {
			return nil, mine
		}
		return &domain.Chunk{Text: "lost", Embedding: []float32{1, 1}}, nil
	}
	if _, err := b.Change(b.Context(), in); !errors.Is(err, mine) {
		b.Errorf("Change = %v; want the error of Make", err)
	}
	if c, err := b.Chunk(b.Context(), id, app.Ref{Key: "a"}, domain.FieldText); err != nil || c.Text != "1!" {
		b.Errorf("Chunk = %+v, %v; want it as it was", c, err)
	}
}

func testConcurrentPatches(_ *testing.T, b *bench) {
	if !b.can.Has(capability.CompareAndSet) {
		return
	}
	id := b.name()
	b.insert(id, domain.Chunk{Key: "k", Metadata: meta(`{}`), Embedding: []float32{1, 0}})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 4 {
				m := meta(fmt.Sprintf(`{"w%d_%d":true}`, w, i))
				if _, err := b.Patch(b.Context(), id, app.Ref{Key: "k"}, app.Patch{Metadata: &m}); err != nil {
					b.Errorf("Patch: %v", err)
				}
			}
		})
	}
	wg.Wait()
	c, err := b.Chunk(b.Context(), id, app.Ref{Key: "k"}, domain.FieldMetadata)
	for w := range 8 {
		for i := range 4 {
			if f := filter(fmt.Sprintf(`{"w%d_%d":true}`, w, i)); err != nil || !f.Matches(&c) {
				b.Fatalf("Chunk = %s, %v; a patch is lost", c.Metadata.Text, err)
			}
		}
	}
}
