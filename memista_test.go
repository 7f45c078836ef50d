package memista_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
)

func openFile(t *testing.T) *memista.DB {
	t.Helper()
	db, err := memista.Open(filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

func TestMetadataComesBackAsSent(t *testing.T) {
	db := openFile(t)
	for name, tc := range map[string]struct{ in, want string }{
		"nothing": {"", ""},
		"null":    {"null", ""},
		"string":  {`"say \"hi\" ✓"`, `"say \"hi\" ✓"`},
		"object":  {` {"b":1, "a":[1.50,null]} `, `{"b":1,"a":[1.50,null]}`},
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := db.Insert(t.Context(), "a", []memista.Chunk{{Embedding: []float32{1}, Metadata: memista.Meta(json.RawMessage(tc.in))}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			c, err := db.Get(t.Context(), "a", ids[0])
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Metadata.String(); got != tc.want {
				t.Errorf("metadata %s came back as %s; want %s", tc.in, got, tc.want)
			}
		})
	}
	for _, bad := range []string{"7", "[1]", "{", `"open`, "{} {}"} {
		_, err := db.Insert(t.Context(), "b", []memista.Chunk{{Embedding: []float32{1}, Metadata: memista.Meta(json.RawMessage(bad))}}, nil)
		if !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("Insert with metadata %s: %v; want ErrInvalid", bad, err)
		}
	}
	if _, err := db.Describe(t.Context(), "b"); !errors.Is(err, memista.ErrNotFound) {
		t.Errorf("a refused insert made its database: %v", err)
	}
}

func TestSearchOptions(t *testing.T) {
	db := openFile(t)
	if _, err := db.Create(t.Context(), "a", &memista.Settings{Metric: memista.InnerProduct}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Insert(t.Context(), "a", []memista.Chunk{
		{Text: "one", Embedding: []float32{1, 0}}, {Text: "two", Embedding: []float32{0.5, 0}},
	}, nil); err != nil {
		t.Fatal(err)
	}
	least := float32(0.9)
	for name, tc := range map[string]struct {
		opts *memista.SearchOptions
		want []memista.Hit
	}{
		"min score": {&memista.SearchOptions{MinScore: &least}, []memista.Hit{
			{Chunk: memista.Chunk{ID: 1, Text: "one"}, Score: 1},
		}},
		"only ids": {&memista.SearchOptions{Include: []memista.Part{}}, []memista.Hit{
			{Chunk: memista.Chunk{ID: 1}, Score: 1}, {Chunk: memista.Chunk{ID: 2}, Score: 0.5, Distance: 0.5},
		}},
		"with embedding": {&memista.SearchOptions{Include: []memista.Part{memista.PartText, memista.PartEmbedding}, MinScore: &least, Exact: true}, []memista.Hit{
			{Chunk: memista.Chunk{ID: 1, Text: "one", Embedding: []float32{1, 0}}, Score: 1},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			hits, err := db.Search(t.Context(), "a", []float32{1, 0}, 5, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, hits); diff != "" {
				t.Errorf("Search (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	first, err := memista.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := memista.Open(path, nil); !errors.Is(err, memista.ErrLocked) {
		t.Errorf("second Open: %v; want ErrLocked", err)
	}
	for range 2 {
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := first.Databases(t.Context()); !errors.Is(err, memista.ErrClosed) {
		t.Errorf("Databases after Close: %v; want ErrClosed", err)
	}
	again, err := memista.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestVerifySaysNothingOfWhatIsEmpty(t *testing.T) {
	db := openFile(t)
	if _, err := db.Create(t.Context(), "empty", nil); err != nil {
		t.Fatal(err)
	}
	r, err := db.Verify(t.Context(), nil)
	if diff := cmp.Diff(memista.Report{Databases: 1}, r); err != nil || diff != "" {
		t.Errorf("Verify: %v (-want +got):\n%s", err, diff)
	}
}

func TestDatabaseTellsItsSettings(t *testing.T) {
	db := openFile(t)
	made, err := db.Create(t.Context(), "a", &memista.Settings{
		Dims: 3, Metric: memista.L2, Engine: "hnsw", M: 20, EfConstruction: 90, EfSearch: 70, Storage: "f32", TTL: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := memista.DatabaseInfo{
		ID: "a", CreatedAt: made.CreatedAt,
		Settings: memista.Settings{Dims: 3, Metric: memista.L2, Engine: "hnsw", M: 20, EfConstruction: 90, EfSearch: 70, Storage: "f32", TTL: time.Hour},
	}
	got, err := db.Describe(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []memista.DatabaseInfo{made, got} {
		if diff := cmp.Diff(want, d); diff != "" {
			t.Errorf("database (-want +got):\n%s", diff)
		}
	}
}

func TestBadOptions(t *testing.T) {
	if _, err := memista.Open("", &memista.Options{Durability: "maybe"}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Open with an unknown durability: %v; want ErrInvalid", err)
	}
	if _, err := memista.Open("", &memista.Options{Engine: "magic"}); !errors.Is(err, memista.ErrUnsupported) {
		t.Errorf("Open with an unknown engine: %v; want ErrUnsupported", err)
	}
	for _, o := range []memista.Options{{MemoryBudget: -1}, {IdleClose: -1}} {
		if _, err := memista.Open("", &o); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("Open with %+v: %v; want ErrInvalid", o, err)
		}
	}
	db := openFile(t)
	if _, err := db.Create(t.Context(), "a", &memista.Settings{Metric: "chebyshev"}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Create with an unknown metric: %v; want ErrInvalid", err)
	}
	if _, err := db.Insert(t.Context(), "a", []memista.Chunk{{ID: 7, Embedding: []float32{1}}}, nil); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Insert with an id: %v; want ErrInvalid", err)
	}
}

func TestFilters(t *testing.T) {
	db := openFile(t)
	_, err := db.Insert(t.Context(), "a", []memista.Chunk{
		{Text: "one", Embedding: []float32{1, 0}, Metadata: memista.Meta(json.RawMessage(`{"n":1}`))},
		{Text: "two", Embedding: []float32{0.5, 0}, Metadata: memista.Meta(json.RawMessage(`{"n":2}`))},
		{Text: "three", Embedding: []float32{0.2, 0}, Metadata: memista.Meta(json.RawMessage(`{"n":3}`))},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	filter := memista.Gte("n", 2)
	hits, err := db.Search(t.Context(), "a", []float32{1, 0}, 5, &memista.SearchOptions{Filter: filter, Offset: 1})
	if err != nil || len(hits) != 1 || hits[0].Text != "three" {
		t.Errorf("Search = %+v, %v; want three", hits, err)
	}
	page, err := db.List(t.Context(), "a", &memista.ListOptions{Filter: filter, Limit: 1})
	if err != nil || len(page.Chunks) != 1 || page.Chunks[0].Text != "two" || page.Next != 2 {
		t.Errorf("List = %+v, %v; want two and 2", page, err)
	}
	if n, err := db.DeleteWhere(t.Context(), "a", filter); err != nil || n != 2 {
		t.Errorf("DeleteWhere = %d, %v; want 2", n, err)
	}
	if n, err := db.Count(t.Context(), "a", nil); err != nil || n != 1 {
		t.Errorf("Count = %d, %v; want 1", n, err)
	}
	for _, bad := range []string{"", "{}", "[]", `{"$x":1}`} {
		if _, err := db.DeleteWhere(t.Context(), "a", memista.FilterJSON(bad)); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("DeleteWhere(%s) = %v; want ErrInvalid", bad, err)
		}
	}
}

func TestSearchByWords(t *testing.T) {
	ctx := t.Context()
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Create(ctx, "w", &memista.Settings{FullText: memista.Words}); errors.Is(err, memista.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	_, err = db.Insert(ctx, "w", []memista.Chunk{
		{Text: "cats purr", Embedding: []float32{1, 0}}, {Text: "stocks fell", Embedding: []float32{0, 1}}, {Text: "rain", Embedding: []float32{0.5, 0}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := db.Search(ctx, "w", nil, 3, &memista.SearchOptions{Text: "stocks"})
	if err != nil || len(hits) != 1 || hits[0].ID != 2 || hits[0].Scores == nil || hits[0].Scores.Vector != nil || *hits[0].Scores.Text != hits[0].Score {
		t.Errorf("Search by words = %+v, %v; want chunk 2", hits, err)
	}
	hits, err = db.Search(ctx, "w", []float32{1, 0}, 3, &memista.SearchOptions{Text: "rain", Fusion: &memista.Fusion{VectorWeight: new(0.0)}})
	if err != nil || len(hits) != 1 || hits[0].ID != 3 {
		t.Errorf("Search with a weight of 0 for the vector = %+v, %v; want chunk 3 alone", hits, err)
	}
	_, err = db.Search(ctx, "w", []float32{1, 0}, 3, &memista.SearchOptions{Text: "rain", Fusion: &memista.Fusion{VectorWeight: new(0.0), TextWeight: new(0.0)}})
	if !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Search with weights of 0 = %v; want ErrInvalid", err)
	}
	hits, err = db.Search(ctx, "w", []float32{1, 0}, 2, &memista.SearchOptions{Text: "rain", Fusion: &memista.Fusion{TextWeight: new(2.0)}})
	if err != nil || len(hits) != 2 || hits[0].ID != 3 || hits[1].ID != 1 || hits[0].Scores.Vector == nil || hits[0].Scores.Text == nil {
		t.Errorf("Search by words and vector = %+v, %v; want chunks 3 and 1", hits, err)
	}
}

func TestTheMetricIsCosineUnlessNamed(t *testing.T) {
	db := openFile(t)
	if _, err := db.Create(t.Context(), "made", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Insert(t.Context(), "filled", []memista.Chunk{{Embedding: []float32{1, 2}}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"made", "filled"} {
		if d, err := db.Describe(t.Context(), id); err != nil || d.Metric != memista.Cosine {
			t.Errorf("Database(%q) = %+v, %v; want the metric cosine", id, d, err)
		}
	}
}

func TestPagesOfDatabases(t *testing.T) {
	db := openFile(t)
	for _, id := range []string{"a-1", "a-2", "b"} {
		if _, err := db.Create(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []struct {
		o    *memista.DatabasesOptions
		n    int
		next string
	}{
		{nil, 3, ""},
		{&memista.DatabasesOptions{Limit: 3}, 3, ""},
		{&memista.DatabasesOptions{Limit: 1, Prefix: "a-"}, 1, "a-1"},
		{&memista.DatabasesOptions{Limit: 1, Prefix: "a-", After: "a-1"}, 1, ""},
	} {
		page, err := db.DatabasesPage(t.Context(), p.o)
		if err != nil || len(page.Databases) != p.n || page.Next != p.next {
			t.Errorf("DatabasesPage(%+v) = %d databases, %q, %v; want %d, %q", p.o, len(page.Databases), page.Next, err, p.n, p.next)
		}
	}
	if _, err := db.DatabasesPage(t.Context(), &memista.DatabasesOptions{Limit: -1}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("DatabasesPage of -1 = %v; want ErrInvalid", err)
	}
}
