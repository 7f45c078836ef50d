package usecasetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

func testDatabases(_ *testing.T, b *bench) {
	id := b.name()
	_, err := b.Database(b.Context(), id)
	b.is("Database of one that is not there", err, domain.ErrNotFound)
	_, _, err = b.Create(b.Context(), "no/such/id", domain.Settings{})
	b.is("Create with a bad id", err, domain.ErrInvalid)
	want := domain.Settings{Dims: 3, Metric: domain.L2, TTL: time.Hour, Metadata: meta(`{"about":"x"}`)}
	made := b.create(id, want)
	if made.ID != id || made.Dims != 3 || made.Metric != domain.L2 || made.Chunks != 0 || made.CreatedAt.IsZero() {
		b.Errorf("Create = %+v", made)
	}
	if _, again, err := b.Create(b.Context(), id, domain.Settings{Dims: 3}); err != nil || again {
		b.Errorf("Create again = %v, %v; want the one that is there", again, err)
	}
	_, _, err = b.Create(b.Context(), id, domain.Settings{Dims: 4})
	b.is("Create with another dimension", err, domain.ErrConflict)
	_, _, err = b.Create(b.Context(), strings.ToUpper(id), domain.Settings{})
	b.is("Create with an id that differs in case", err, domain.ErrConflict)
	info, err := b.Database(b.Context(), id)
	if err != nil || info.Settings.TTL != time.Hour || info.Settings.Metadata != want.Metadata || info.Dims != 3 {
		b.Errorf("Database = %+v, %v", info, err)
	}
	all, err := b.Databases(b.Context())
	if err != nil || !slices.ContainsFunc(all, func(d domain.Database) bool { return d.ID == id }) || !slices.IsSortedFunc(all, byID) {
		b.Errorf("Databases = %d of them, %v; want %q among them, sorted by id", len(all), err, id)
	}
	b.pagesOfDatabases(id)
	existed, err := b.Drop(b.Context(), id)
	if err != nil || !existed {
		b.Errorf("Drop = %v, %v; want it gone", existed, err)
	}
	if existed, err = b.Drop(b.Context(), id); err != nil || existed {
		b.Errorf("Drop again = %v, %v; want that there was none", existed, err)
	}
	_, err = b.Database(b.Context(), id)
	b.is("Database of one that was dropped", err, domain.ErrNotFound)
	_, err = b.Search(b.Context(), app.Search{Database: id, Queries: []app.Query{{Embedding: []float32{1, 2, 3}, K: 1}}})
	b.is("Search in one that was dropped", err, domain.ErrNotFound)
}

func byID(a, b domain.Database) int { return strings.Compare(a.ID, b.ID) }

// pagesOfDatabases lists those whose ids begin with id.
func (b *bench) pagesOfDatabases(id string) {
	b.Helper()
	for _, end := range []string{"-a", "-b"} {
		b.create(id+end, domain.Settings{Dims: 2})
		b.Cleanup(func() { _, _ = b.Drop(context.WithoutCancel(b.Context()), id+end) })
	}
	in := app.ListDatabases{Prefix: id, Limit: 2}
	var got []string
	for {
		page, err := b.ListDatabases(b.Context(), in)
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range page.Databases {
			got = append(got, d.ID)
		}
		if page.Next == "" {
			break
		}
		in.After = page.Next
	}
	if want := []string{id, id + "-a", id + "-b"}; !slices.Equal(got, want) {
		b.Errorf("pages of databases = %v; want %v", got, want)
	}
	_, err := b.ListDatabases(b.Context(), app.ListDatabases{Limit: -1})
	b.is("ListDatabases with a bad limit", err, domain.ErrInvalid)
}

func testSettings(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, domain.Chunk{Text: "a", Embedding: []float32{1, 2, 3}})
	info, err := b.Database(b.Context(), id)
	if err != nil || info.Dims != 3 || info.Metric != domain.L2 {
		b.Fatalf("Database = %+v, %v; want the dimension of the first embedding, and the metric of the insert", info, err)
	}
	ttl, about := time.Hour, meta(`{"a":1}`)
	done, err := b.Alter(b.Context(), id, domain.Alteration{TTL: &ttl, Metadata: &about})
	if err != nil || done.Job != nil || done.Database.TTL != ttl || done.Database.Metadata != about {
		b.Errorf("Alter = %+v, %v", done, err)
	}
	if info, err = b.Database(b.Context(), id); err != nil || info.TTL != ttl {
		b.Errorf("Database after Alter = %+v, %v", info, err)
	}
	_, err = b.Alter(b.Context(), id, domain.Alteration{})
	b.is("Alter of nothing", err, domain.ErrInvalid)
	_, err = b.Alter(b.Context(), id, domain.Alteration{Dims: new(7)})
	b.is("Alter of the dimension", err, domain.ErrInvalid)
	_, err = b.Alter(b.Context(), b.name(), domain.Alteration{TTL: &ttl})
	b.is("Alter of one that is not there", err, domain.ErrNotFound)
	for what, set := range map[string]domain.Settings{
		"too many dimensions": {Dims: domain.MaxDims + 1}, "an unknown metric": {Metric: "abacus"}, "an unknown tokenizer": {FullText: "runes"}, "a negative time to live": {TTL: -1},
		"metadata that is no object": {Metadata: domain.MetadataString("x")},
	} {
		_, _, err := b.Create(b.Context(), b.name(), set)
		b.is("Create with "+what, err, domain.ErrInvalid)
	}
	opt := b.name()
	b.create(opt, domain.Settings{Dims: 2, Metric: domain.Cosine, OptionalEmbeddings: true})
	ids := b.insert(opt, domain.Chunk{Key: "none", Text: "no vector"}, domain.Chunk{Key: "zero", Embedding: []float32{0, 0}}, domain.Chunk{Key: "one", Embedding: []float32{1, 0}})
	for i, want := range [][]float32{nil, {0, 0}, {1, 0}} {
		if c, err := b.Chunk(b.Context(), opt, app.Ref{ID: ids[i]}, domain.WholeChunk); err != nil || !slices.Equal(c.Embedding, want) {
			b.Errorf("Chunk %d = %+v, %v; want the embedding %v", i, c, err, want)
		}
	}
	b.soon("search where embeddings are optional", func() error {
		return b.wantHits(opt, app.Query{Embedding: []float32{1, 0}, K: 5}, ids[2])
	})
}
