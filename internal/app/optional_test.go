package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// createOptional makes database id, whose chunks need no embedding.
func createOptional(t *testing.T, s *app.Service, id string, set domain.Settings) {
	t.Helper()
	set.OptionalEmbeddings = true
	if _, _, err := s.Create(t.Context(), id, set); err != nil {
		t.Fatalf("Create: %v", err)
	}
}

// put inserts chunks into a database that is there.
func put(t *testing.T, s *app.Service, id string, chunks ...domain.Chunk) []int64 {
	t.Helper()
	ids, err := s.Insert(t.Context(), app.Insert{Database: id, Chunks: chunks})
	if err != nil {
		t.Fatalf("Insert: %v", err)
	}
	return ids
}

func TestEmbeddingsAreNeededUnlessTheyAreOptional(t *testing.T) {
	s := open(t)
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{Metric: domain.Cosine}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		chunk domain.Chunk
		kind  error
		says  string
	}{
		{domain.Chunk{Text: "t"}, domain.ErrInvalid, "embedding cannot be empty: there is no embedder to make one of the text (chunks[1])"},
		{domain.Chunk{}, domain.ErrInvalid, "embedding cannot be empty (chunks[1])"},
		{chunk("zero", 0, 0), domain.ErrZeroVector, "length zero"},
	} {
		_, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{chunk("x", 1, 0), c.chunk}})
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Insert of %+v = %v; want %v that says %q", c.chunk, err, c.kind, c.says)
		}
	}
	on, off := true, false
	if got, err := s.Alter(t.Context(), "a", domain.Alteration{OptionalEmbeddings: &on}); err != nil || !got.Database.OptionalEmbeddings || got.Job != nil {
		t.Fatalf("Alter = %+v, %v; want optional embeddings at once", got, err)
	}
	put(t, s, "a", domain.Chunk{Text: "t"}, domain.Chunk{}, chunk("zero", 0, 0), chunk("x", 1, 0))
	if hits := search(t, s, "a", 10, 1, 0); len(hits) != 1 || hits[0].Text != "x" {
		t.Errorf("Search = %+v; want the one with an embedding that has a direction", hits)
	}
	if _, err := s.Alter(t.Context(), "a", domain.Alteration{OptionalEmbeddings: &off}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Alter back = %v; want ErrInvalid", err)
	}
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{}); err != nil {
		t.Errorf("Create as it is = %v; want nil", err)
	}
	if _, _, err := s.Create(t.Context(), "b", domain.Settings{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Create(t.Context(), "b", domain.Settings{OptionalEmbeddings: true}); !errors.Is(err, domain.ErrConflict) {
		t.Errorf("Create of one without optional embeddings with them = %v; want ErrConflict", err)
	}
}

// TestChunksBeforeTheFirstEmbedding has chunks in a database without dimension, and an
// embedding that comes to one of them by a patch.
func TestChunksBeforeTheFirstEmbedding(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := newService(t, openStore(t, path), 1<<30)
	createOptional(t, s, "a", domain.Settings{})
	ids := put(t, s, "a", object(`{"g":1}`), object(`{"g":1}`), object(`{"g":2}`))
	all := app.List{Database: "a", Limit: 10, Fields: domain.FieldEmbedding}
	page, err := s.List(t.Context(), all)
	if err != nil || len(page.Chunks) != 3 {
		t.Fatalf("List = %+v, %v; want 3 chunks", page, err)
	}
	if hits := search(t, s, "a", 10, 1, 2, 3); len(hits) != 0 {
		t.Errorf("Search = %+v; want nothing", hits)
	}
	if n, err := s.Count(t.Context(), "a", filter(t, `{"g":1}`)); err != nil || n != 2 {
		t.Errorf("Count = %d, %v; want 2", n, err)
	}
	like := app.Search{Database: "a", Queries: []app.Query{{Like: app.Ref{ID: ids[0]}, K: 1}}}
	if _, err := s.Search(t.Context(), like); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "chunk 1 has no embedding") {
		t.Errorf("Search like a chunk without embedding = %v; want ErrInvalid that says so", err)
	}
	if _, err := s.Patch(t.Context(), "a", app.Ref{ID: ids[1]}, app.Patch{Embedding: []float32{1, 0, 0}}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0, 0}, K: 5, Filter: filter(t, `{"g":1}`)}}})
	if err != nil || len(found.Hits[0]) != 1 || found.Hits[0][0].ID != ids[1] || found.Explain[0].Rounds != 1 {
		t.Errorf("Search = %+v, %v; want chunk %d in one round", found, err, ids[1])
	}
	if d, err := s.Database(t.Context(), "a"); err != nil || d.Dims != 3 || d.Tail.Len != 1 || d.Chunks != 3 {
		t.Errorf("Database = %+v, %v; want 3 dimensions, 3 chunks and 1 vector", d, err)
	}
	_, err = s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{object(`{"g":3}`), chunk("two", 1, 2)}})
	if !errors.Is(err, domain.ErrDimension) {
		t.Errorf("Insert of 2 components = %v; want ErrDimension", err)
	}
	if _, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{0, 0, 0}, K: 1}}}); !errors.Is(err, domain.ErrZeroVector) {
		t.Errorf("Search near a vector of length zero = %v; want ErrZeroVector", err)
	}
}

// object is a chunk with nothing but metadata.
func object(fields string) domain.Chunk {
	return domain.Chunk{Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: fields}}
}

// TestWordsFindChunksWithoutEmbedding searches by words and by both, before there is any
// embedding and after.
func TestWordsFindChunksWithoutEmbedding(t *testing.T) {
	s := open(t)
	if !hasFullText(t, s) {
		t.Skip("this build has no full text")
	}
	createOptional(t, s, "a", domain.Settings{FullText: domain.Words})
	put(t, s, "a", domain.Chunk{Text: "red house", Metadata: object(`{"g":1}`).Metadata}, domain.Chunk{Text: "red car"})
	ask := func(q app.Query) (ids []int64) {
		t.Helper()
		q.K = 10
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		if r := found.Explain[0].Rounds; r != 1 {
			t.Errorf("Search(%+v) took %d rounds; want 1", q, r)
		}
		ids = hitIDs(found.Hits[0])
		slices.Sort(ids)
		return ids
	}
	check := func(q app.Query, want ...int64) {
		t.Helper()
		if got := ask(q); !slices.Equal(got, want) {
			t.Errorf("Search(%+v) = %v; want %v", q, got, want)
		}
	}
	check(app.Query{Text: "red"}, 1, 2)
	check(app.Query{Text: "red", Filter: filter(t, `{"g":1}`)}, 1)
	check(app.Query{Text: "house", Embedding: []float32{1, 0}}, 1)
	put(t, s, "a", chunk("blue boat", 1, 0), chunk("red boat", 0, 0))
	check(app.Query{Text: "red"}, 1, 2, 4)
	check(app.Query{Text: "red", Embedding: []float32{1, 0}}, 1, 2, 3, 4)
	check(app.Query{Text: "red", Embedding: []float32{1, 0}, Filter: filter(t, `{"g":1}`)}, 1)
	check(app.Query{Embedding: []float32{1, 0}}, 3)
}

// TestFiltersOverChunksWithoutEmbedding searches among a selection of which few have an
// embedding: all of them come back, and the search is made once.
func TestFiltersOverChunksWithoutEmbedding(t *testing.T) {
	for name, flatMax := range map[string]int{"searched exactly": 1 << 30, "with a graph": 100} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, openFast(t), flatMax)
			createOptional(t, s, "a", domain.Settings{Metric: domain.Cosine})
			var chunks []domain.Chunk
			for i := range 3000 {
				c := object(fmt.Sprintf(`{"g":%d}`, i%2))
				if i%2 == 0 && i%10 == 0 || i == 5 || i == 7 {
					c.Embedding = []float32{1, float32(i)}
				}
				chunks = append(chunks, c)
			}
			put(t, s, "a", chunks...)
			if flatMax == 100 {
				plan(t, s, "a", domain.PlanGraph)
			}
			for _, exact := range []bool{false, true} {
				q := app.Query{Embedding: []float32{1, 0}, K: 10, Filter: filter(t, `{"g":1}`), Exact: exact}
				found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}})
				if err != nil {
					t.Fatal(err)
				}
				if got := hitIDs(found.Hits[0]); !slices.Equal(got, []int64{6, 8}) {
					t.Errorf("Search = %v; want the two of the group that have an embedding", got)
				}
				if e := found.Explain[0]; e.Rounds != 1 || e.Filter.Matched != 1500 {
					t.Errorf("Explain = %+v; want 1 round over 1500 selected chunks", e)
				}
				q.Filter = filter(t, `{"g":0}`)
				if found, err = s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}}); err != nil || len(found.Hits[0]) != 10 || found.Explain[0].Rounds != 1 {
					t.Errorf("Search = %d hits, %v; want 10", len(found.Hits[0]), err)
				}
			}
		})
	}
}

// TestMetricChangesWithVectorsOfLengthZero has such be found by inner product, and not by
// cosine.
func TestMetricChangesWithVectorsOfLengthZero(t *testing.T) {
	s := open(t)
	createOptional(t, s, "a", domain.Settings{Metric: domain.InnerProduct})
	put(t, s, "a", chunk("zero", 0, 0), chunk("one", 1, 0), domain.Chunk{Text: "none"})
	for _, step := range []struct {
		metric domain.Metric
		want   int
	}{{domain.Cosine, 1}, {domain.L2, 2}, {domain.Cosine, 1}} {
		got, err := s.Alter(t.Context(), "a", domain.Alteration{Metric: &step.metric})
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the job", func() bool {
			j, err := s.Job(got.Job.ID)
			return err == nil && j.State != app.JobRunning
		})
		if hits := search(t, s, "a", 10, 1, 0); len(hits) != step.want {
			t.Errorf("%d hits by %s; want %d", len(hits), step.metric, step.want)
		}
	}
}

// TestChunksWithoutEmbeddingExpire lets such expire, be swept, and be away when a graph is
// read from its file.
func TestChunksWithoutEmbeddingExpire(t *testing.T) {
	c, dir := newClock(), t.TempDir()
	var engine *counting
	start := func() *app.Service {
		engine = &counting{}
		s, err := app.New(app.Config{
			Repository: unswept{openStore(t, filepath.Join(dir, "memista.db"))}, Flat: flat.Engine{},
			Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 50 }, Files: indexdir.Dir(dir), Now: c.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start()
	createOptional(t, s, "a", domain.Settings{})
	for i := range 300 { // a third each: in an hour, in two, never; every second without embedding
		one := keyed(fmt.Sprint(i), living(time.Duration(i%3)*time.Hour, object(`{"g":1}`)))
		if i%2 == 0 {
			one.Embedding = []float32{float32(i), 1}
		}
		put(t, s, "a", one)
	}
	check := func(s *app.Service, vectors, chunks int) {
		t.Helper()
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 300, Exact: true, Filter: filter(t, `{"g":1}`)}}})
		if err != nil || len(found.Hits[0]) != vectors || found.Explain[0].Rounds != 1 || found.Explain[0].Filter.Matched != chunks {
			t.Errorf("Search = %d hits of %+v, %v; want %d of %d chunks in one round", len(found.Hits[0]), found.Explain, err, vectors, chunks)
		}
		if n, err := s.Count(t.Context(), "a", filter(t, `{"g":1}`)); err != nil || int(n) != chunks {
			t.Errorf("Count = %d, %v; want %d", n, err, chunks)
		}
	}
	check(s, 150, 300)
	plan(t, s, "a", domain.PlanGraph)
	for _, at := range []struct {
		turn            time.Duration
		vectors, chunks int
	}{{time.Hour, 100, 200}, {0, 100, 200}, {time.Hour, 50, 100}} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		c.turn(at.turn)
		s = start()
		check(s, at.vectors, at.chunks)
		if engine.made != 0 {
			t.Errorf("after %v: %d graphs were made of the rows; want none", at.turn, engine.made)
		}
		if r := verify(t, s, false); len(r.Findings)+len(r.Notes) > 0 {
			t.Errorf("after %v: Verify = %+v; want nothing", at.turn, r)
		}
		plan(t, s, "a", domain.PlanGraph)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	swept := timed(t, openStore(t, filepath.Join(dir, "memista.db")), c, 50)
	sweep(t, swept)
	check(swept, 50, 100)
	if d, err := swept.Database(t.Context(), "a"); err != nil || d.Chunks != 100 {
		t.Errorf("Database = %+v, %v; want 100 chunks", d, err)
	}
}

// TestEmbeddingsComeAndGoBesideSearches gives chunks embeddings and takes them away while
// others search: what always has one is always found, and what is found has the embedding
// that it was found by.
func TestEmbeddingsComeAndGoBesideSearches(t *testing.T) {
	for name, flatMax := range map[string]int{"searched exactly": 1 << 30, "with a graph": 20} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, openFast(t), flatMax)
			createOptional(t, s, "a", domain.Settings{Metric: domain.Cosine})
			const always, changing = 30, 20
			vector := func(rng *rand.Rand) []float32 { return []float32{rng.Float32() + 0.1, rng.Float32(), rng.Float32()} }
			first := rand.New(rand.NewPCG(1, 2))
			for i := range always + changing {
				c := keyed(fmt.Sprint(i), object(`{"g":1}`))
				if i < always {
					c.Embedding = vector(first)
				}
				put(t, s, "a", c)
			}
			var writers sync.WaitGroup
			done := make(chan struct{})
			for w := range 2 {
				writers.Go(func() {
					rng := rand.New(rand.NewPCG(3, uint64(w)))
					for range 150 {
						c := keyed(fmt.Sprint(always+rng.IntN(changing)), object(`{"g":1}`))
						switch rng.IntN(3) {
						case 0:
							c.Embedding = vector(rng)
						case 1:
							c.Embedding = make([]float32, 3)
						}
						if _, err := s.Insert(context.Background(), app.Insert{Database: "a", Chunks: []domain.Chunk{c}}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			go func() { writers.Wait(); close(done) }()
			for over := false; !over; {
				select {
				case <-done:
					over = true
				default:
				}
				q := app.Query{Embedding: []float32{1, 0, 0}, K: 100, Exact: true, Filter: filter(t, `{"g":1}`)}
				found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}, Fields: domain.FieldEmbedding})
				if err != nil {
					t.Fatal(err)
				}
				there := 0
				for _, h := range found.Hits[0] {
					if h.ID <= always {
						there++
					}
					if len(h.Embedding) == 0 {
						t.Fatalf("hit %d has no embedding", h.ID)
					}
					if d := domain.Cosine.Distance(q.Embedding, h.Embedding) - h.Distance; d > 1e-4 || d < -1e-4 {
						t.Fatalf("hit %d is %v from the distance of its embedding", h.ID, d)
					}
				}
				if there != always {
					t.Fatalf("%d of the chunks that always have an embedding are found; want %d", there, always)
				}
			}
		})
	}
}

// meddled is a meddler that can search texts.
type meddled struct {
	*repotest.Memory
	before func() // called before Chunks
}

func (m *meddled) Chunks(ctx context.Context, d domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
	if m.before != nil && sel.IDs != nil {
		m.before()
	}
	return m.Memory.Chunks(ctx, d, sel, f)
}

// TestAnEmbeddingThatGoesInTheLastRound takes the embedding of a chunk away when a search has
// found it for the last time.
func TestAnEmbeddingThatGoesInTheLastRound(t *testing.T) {
	m := &meddled{Memory: repotest.NewMemory()}
	s := newService(t, m, 1<<30)
	createOptional(t, s, "a", domain.Settings{FullText: domain.Words})
	near := func(v ...float32) domain.Chunk { return domain.Chunk{Key: "near", Text: "word", Embedding: v} }
	for _, q := range []app.Query{{Embedding: []float32{1, 0}, K: 3}, {Embedding: []float32{1, 0}, Text: "word", K: 3}} {
		m.before = nil
		put(t, s, "a", near(1, 0), keyed("far", chunk("word", 0, 1)))
		round := 0
		m.before = func() {
			switch round++; {
			case round < app.Rounds:
				put(t, s, "a", near(1, float32(round)))
			case round == app.Rounds: // nobody is told
				_, err := m.Write(t.Context(), domain.Batch{Database: "a", Put: []domain.Chunk{near()}}, nil)
				if err != nil {
					t.Error(err)
				}
			}
		}
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}, Fields: domain.FieldEmbedding})
		if err != nil || len(found.Hits[0]) != 1 || found.Hits[0][0].Key != "far" || round <= app.Rounds {
			t.Errorf("Search(%+v) = %+v, %v in %d rounds; want what still has an embedding", q, found.Hits, err, round)
		}
	}
}

// BenchmarkFilteredPageOfOptional searches for a page far behind, which is searched for in several
// blocks, among those of many chunks that have an embedding.
func BenchmarkFilteredPageOfOptional(b *testing.B) {
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "memista.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	s, err := app.New(app.Config{Repository: store, Flat: flat.Engine{}, Engines: []ports.Engine{graphEngine{}}, FlatMax: func(int) int { return 100 }})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, _, err := s.Create(b.Context(), "a", domain.Settings{OptionalEmbeddings: true}); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	chunks := make([]domain.Chunk, 50_000)
	for i := range chunks {
		m, err := domain.MetadataObject(fmt.Appendf(nil, `{"n":%d}`, rng.IntN(2)))
		if err != nil {
			b.Fatal(err)
		}
		chunks[i] = domain.Chunk{Text: "x", Metadata: m}
		if rng.IntN(2) == 0 {
			chunks[i].Embedding = []float32{rng.Float32(), rng.Float32(), rng.Float32(), rng.Float32()}
		}
	}
	if _, err := s.Insert(b.Context(), app.Insert{Database: "a", Chunks: chunks}); err != nil {
		b.Fatal(err)
	}
	f, err := filterlang.Parse([]byte(`{"n":1}`))
	if err != nil {
		b.Fatal(err)
	}
	for _, offset := range []int{0, 1000} {
		b.Run(fmt.Sprintf("offset=%d", offset), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Search(b.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 2, 3, 4}, K: 5, Offset: offset, Filter: &f}}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// hasFullText reports whether the build under test can search texts.
func hasFullText(t *testing.T, s *app.Service) bool {
	t.Helper()
	_, _, err := s.Create(t.Context(), "with-words", domain.Settings{FullText: domain.Words})
	if err != nil && !errors.Is(err, domain.ErrUnsupported) {
		t.Fatal(err)
	}
	return err == nil
}
