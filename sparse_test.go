package memista_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
)

// TestSparseVectors has the library and the client do the same.
func TestSparseVectors(t *testing.T) {
	for name, s := range services(t) {
		t.Run(name, func(t *testing.T) { testSparse(t, s.Database("sparse")) })
	}
}

func testSparse(t *testing.T, d *memista.Database) {
	ctx := t.Context()
	declared := map[string]memista.SparseSettings{"bm25": {Modifier: memista.SparseIDF}, "text": {}}
	info, err := d.Create(ctx, &memista.Settings{Dims: 2, Metric: memista.InnerProduct, Sparse: declared})
	want := map[string]memista.SparseSettings{"bm25": {Modifier: memista.SparseIDF}, "text": {Modifier: memista.SparseNone}}
	if diff := cmp.Diff(want, info.Sparse); err != nil || diff != "" {
		t.Fatalf("Create = %v (-want +got):\n%s", err, diff)
	}
	chunks := []memista.Chunk{
		{Key: "a", Text: "one", Embedding: []float32{1, 0}, Sparse: map[string]memista.SparseVector{"text": {Indices: []uint32{9, math.MaxUint32}, Values: []float32{1, 0.25}}}},
		{Key: "b", Text: "two", Embedding: []float32{0, 1}, Sparse: map[string]memista.SparseVector{"text": {Indices: []uint32{9, 3}, Values: []float32{2, 1e-40}}, "bm25": {}}},
		{Key: "c", Text: "three", Embedding: []float32{0, 2}},
	}
	if _, err := d.Insert(ctx, chunks, nil); err != nil {
		t.Fatal(err)
	}
	got, err := d.GetByKey(ctx, "b")
	stored := map[string]memista.SparseVector{"text": {Indices: []uint32{3, 9}, Values: []float32{1e-40, 2}}, "bm25": {Indices: []uint32{}, Values: []float32{}}}
	if diff := cmp.Diff(stored, got.Sparse); err != nil || diff != "" {
		t.Errorf("GetByKey = %v (-want +got):\n%s", err, diff)
	}
	if got, err = d.Patch(ctx, 2, memista.Patch{Metadata: memista.Meta(map[string]any{"n": 1})}); err != nil || !cmp.Equal(got.Sparse, stored) {
		t.Errorf("Patch = %+v, %v; want the same sparse vectors", got.Sparse, err)
	}
	q := memista.SparseQuery{Name: "text", Indices: []uint32{9}, Values: []float32{1}}
	hits, err := d.Search(ctx, nil, 5, &memista.SearchOptions{Sparse: &q, Include: []memista.Part{memista.PartSparse}})
	if err != nil || len(hits) != 2 || hits[0].ID != 2 || hits[0].Score != 2 || *hits[0].Scores.Sparse != 2 || hits[0].Scores.Vector != nil || !cmp.Equal(hits[0].Sparse, stored) || hits[0].Text != "" {
		t.Errorf("Search = %+v, %v; want chunks 2 and 1", hits, err)
	}
	found, err := d.Query(ctx, []memista.Query{{Embedding: []float32{1, 0}, Sparse: &q, Fusion: &memista.Fusion{SparseWeight: new(3.0)}}}, &memista.QueryOptions{Explain: true})
	if err != nil || len(found.Hits[0]) != 3 || found.Hits[0][0].ID != 2 {
		t.Fatalf("Query = %+v, %v; want 3 hits, chunk 2 first", found, err)
	}
	work := memista.ExplainSparse{
		Name: "text", Entries: 1, Visited: 2, Found: 2,
		Ranks:  []memista.ExplainSparseRanks{{Vector: 2, Sparse: 1}, {Vector: 1, Sparse: 2}, {Vector: 3}},
		Fusion: &memista.ExplainSparseFusion{ExplainFusion: memista.ExplainFusion{Method: memista.ReciprocalRank, VectorWeight: 1, TextWeight: 1}, SparseWeight: 3},
	}
	if diff := cmp.Diff(&work, found.Explain[0].Sparse); diff != "" {
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
	declared["more"] = memista.SparseSettings{}
	if info, err = d.Update(ctx, memista.Update{Sparse: declared}); err != nil || len(info.Sparse) != 3 {
		t.Errorf("Update = %v, %v; want 3 names", info.Sparse, err)
	}
	refusedSparse(t, d)
}

func refusedSparse(t *testing.T, d *memista.Database) {
	ctx := t.Context()
	for name, v := range map[string]map[string]memista.SparseVector{
		"a name that is not declared": {"other": {}},
		"an index twice":              {"text": {Indices: []uint32{1, 1}, Values: []float32{1, 1}}},
		"no number":                   {"text": {Indices: []uint32{1}, Values: []float32{float32(math.NaN())}}},
		"no UTF-8":                    {"a\xff": {}},
	} {
		_, err := d.Insert(ctx, []memista.Chunk{{Embedding: []float32{1, 1}}, {Embedding: []float32{1, 1}, Sparse: v}}, nil)
		if !errors.Is(err, memista.ErrInvalid) && !errors.Is(err, memista.ErrNotFinite) {
			t.Errorf("%s: Insert = %v; want it refused", name, err)
		}
	}
	if info, err := d.Describe(ctx); err != nil || info.Chunks != 3 {
		t.Errorf("Describe = %+v, %v; want 3 chunks", info, err)
	}
	for _, o := range []memista.SearchOptions{
		{Sparse: &memista.SparseQuery{Name: "other"}},
		{Sparse: &memista.SparseQuery{Name: "text", Indices: []uint32{1}}},
		{Fusion: &memista.Fusion{}},
	} {
		if _, err := d.Search(ctx, []float32{1, 0}, 5, &o); !errors.Is(err, memista.ErrInvalid) && o.Fusion == nil {
			t.Errorf("Search(%+v) = %v; want ErrInvalid", o.Sparse, err)
		}
	}
	if _, err := d.Update(ctx, memista.Update{Sparse: map[string]memista.SparseSettings{"text": {}}}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Update that leaves out names = %v; want ErrInvalid", err)
	}
}
