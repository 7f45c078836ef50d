package memista_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
)

// TestNamedVectors has the library and the client do the same.
func TestNamedVectors(t *testing.T) {
	for name, s := range services(t) {
		t.Run(name, func(t *testing.T) { testNamed(t, s.Database("named")) })
	}
}

func testNamed(t *testing.T, d *memista.Database) {
	ctx := t.Context()
	declared := map[string]memista.VectorSettings{"title": {Dims: 2, Metric: memista.L2}, "body": {Dims: 3}}
	info, err := d.Create(ctx, &memista.Settings{Dims: 2, Vectors: declared, Sparse: map[string]memista.SparseSettings{"bm25": {}}})
	want := map[string]memista.VectorSettings{"title": {Dims: 2, Metric: memista.L2}, "body": {Dims: 3, Metric: memista.Cosine}}
	if diff := cmp.Diff(want, info.Vectors); err != nil || diff != "" {
		t.Fatalf("Create = %v (-want +got):\n%s", err, diff)
	}
	stored := map[string][]float32{"title": {1, 0}, "body": {1, 2, 3}}
	chunks := []memista.Chunk{
		{Key: "a", Text: "one", Embedding: []float32{1, 0}, Vectors: map[string][]float32{"title": {3, 1e-40}}},
		{Key: "b", Text: "two", Embedding: []float32{0, 1}, Vectors: stored},
		{Key: "c", Text: "three", Embedding: []float32{1, 1}},
	}
	if _, err := d.Insert(ctx, chunks, nil); err != nil {
		t.Fatal(err)
	}
	got, err := d.GetByKey(ctx, "b")
	if diff := cmp.Diff(stored, got.Vectors); err != nil || diff != "" {
		t.Errorf("GetByKey = %v (-want +got):\n%s", err, diff)
	}
	hits, err := d.Search(ctx, []float32{0, 0}, 5, &memista.SearchOptions{Using: "title", Include: []memista.Part{memista.PartEmbedding}})
	if err != nil || len(hits) != 2 || hits[0].ID != 2 || hits[0].Distance != 1 || !cmp.Equal(hits[0].Vectors, stored) || hits[1].ID != 1 {
		t.Errorf("Search = %+v, %v; want chunks 2 and 1", hits, err)
	}
	found, err := d.Query(ctx, []memista.Query{{Key: "a", Using: "title"}, {Embedding: []float32{1, 0}, K: 1}}, nil)
	if err != nil || len(found.Hits[0]) != 1 || found.Hits[0][0].ID != 2 || found.Hits[1][0].ID != 1 || found.Hits[1][0].Vectors != nil {
		t.Errorf("Query = %+v, %v; want chunk 2, and chunk 1", found.Hits, err)
	}
	sparse := memista.SparseVector{Indices: []uint32{7}, Values: []float32{2}}
	got, err = d.PatchByKey(ctx, "b", memista.Patch{Vectors: map[string][]float32{"title": {9, 9}, "body": nil}, Sparse: map[string]*memista.SparseVector{"bm25": &sparse}})
	if err != nil || !cmp.Equal(got.Vectors, map[string][]float32{"title": {9, 9}}) || !cmp.Equal(got.Sparse["bm25"], sparse) {
		t.Errorf("Patch = %+v, %v; want title alone, and bm25", got, err)
	}
	if got, err = d.PatchByKey(ctx, "b", memista.Patch{Sparse: map[string]*memista.SparseVector{"bm25": nil}}); err != nil || len(got.Sparse) != 0 || len(got.Vectors) != 1 {
		t.Errorf("Patch = %+v, %v; want no sparse vector", got, err)
	}
	page, err := d.List(ctx, &memista.ListOptions{Include: []memista.Part{memista.PartEmbedding}})
	if err != nil || len(page.Chunks) != 3 || !cmp.Equal(page.Chunks[0].Vectors, chunks[0].Vectors) || page.Chunks[2].Vectors != nil {
		t.Errorf("List = %+v, %v", page.Chunks, err)
	}
	refusedNamed(t, d)
}

func refusedNamed(t *testing.T, d *memista.Database) {
	ctx := t.Context()
	for name, v := range map[string]map[string][]float32{
		"a name that is not declared": {"other": {1}},
		"another dimension":           {"title": {1}},
		"no UTF-8":                    {"a\xff": {1}},
		"nil":                         {"title": nil},
	} {
		_, err := d.Insert(ctx, []memista.Chunk{{Embedding: []float32{1, 1}}, {Embedding: []float32{1, 1}, Vectors: v}}, nil)
		if !errors.Is(err, memista.ErrInvalid) && !errors.Is(err, memista.ErrDimension) {
			t.Errorf("%s: Insert = %v; want it refused", name, err)
		}
	}
	if _, err := d.PatchWhere(ctx, memista.Eq("x", 1), memista.Patch{Vectors: map[string][]float32{"title": nil}}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("PatchWhere of vectors = %v; want ErrInvalid", err)
	}
	if _, err := d.Search(ctx, []float32{1, 1}, 1, &memista.SearchOptions{Using: "other"}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Search under a name that is not declared = %v; want ErrInvalid", err)
	}
	if n, err := d.Count(ctx, nil); err != nil || n != 3 {
		t.Errorf("Count = %d, %v; want 3", n, err)
	}
}
