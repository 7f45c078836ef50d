package reembed_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// TestChunksWithoutTextStayWithoutEmbedding gives a database another embedder that has
// chunks with neither text nor embedding, and gets more meanwhile: they are passed over, and
// searches among them are made once.
func TestChunksWithoutTextStayWithoutEmbedding(t *testing.T) {
	for name, flatMax := range map[string]int{"searched exactly": 1 << 30, "with a graph": 200} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, flatMax)
			set := domain.Settings{OptionalEmbeddings: true, Embedder: domain.Embedder{EmbedderRef: ref(16)}}
			if _, _, err := e.Create(t.Context(), "db", set); err != nil {
				t.Fatal(err)
			}
			e.fill(600)
			meta := func(g int) domain.Metadata {
				return domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"g":%d}`, g)}
			}
			put := func(ctx context.Context, chunks ...domain.Chunk) error {
				_, err := e.Insert(ctx, app.Insert{Database: "db", Chunks: chunks})
				return err
			}
			for i := range 300 {
				if err := put(t.Context(), domain.Chunk{Key: fmt.Sprint("none", i), Metadata: meta(1)}); err != nil {
					t.Fatal(err)
				}
			}
			e.on(func(ctx context.Context, dims, calls int) error {
				if dims != 48 || calls != 1 {
					return nil
				}
				return put(ctx, domain.Chunk{Metadata: meta(1)}, domain.Chunk{Key: "k0", Metadata: meta(1)}, domain.Chunk{Key: "none0", Text: "text of none0", Metadata: meta(1)})
			})
			beside(t, func(i int) error {
				return put(t.Context(), domain.Chunk{Key: fmt.Sprint("none", 1+i%299), Metadata: meta(1)})
			}, func() { e.done(e.reembed(48, domain.Cosine)) })
			filter, err := filterlang.Parse([]byte(`{"g":1}`))
			if err != nil {
				t.Fatal(err)
			}
			check := func(dims int) {
				t.Helper()
				found, err := e.Search(t.Context(), app.Search{Database: "db", Queries: []app.Query{{Embedding: vector(dims, "x"), K: 10, Filter: &filter}}, Fields: domain.DefaultFields})
				if err != nil || len(found.Hits[0]) != 1 || found.Hits[0][0].Text != "text of none0" || found.Explain[0].Rounds != 1 {
					t.Errorf("Search = %+v, %v; want the one chunk of the group with an embedding, in one round", found, err)
				}
				if d := e.describe(); d.Dims != dims || d.Chunks != 901 {
					t.Errorf("the database is %+v; want %d dimensions and 901 chunks", d, dims)
				}
				if r, err := e.Verify(t.Context(), false); err != nil || len(r.Findings)+len(r.Notes) > 0 {
					t.Errorf("Verify = %+v, %v; want nothing", r, err)
				}
			}
			check(48)
			for range 2 {
				e.stop()
				e.start()
				check(48)
			}
			e.done(e.reembed(16, ""))
			check(16)
		})
	}
}

// beside calls write again and again until work returns.
func beside(t *testing.T, write func(i int) error, work func()) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := write(i); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	work()
}
