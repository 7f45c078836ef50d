package memista_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista"
)

func TestQuery(t *testing.T) {
	db, ctx := openFile(t), t.Context()
	_, err := db.Create(ctx, "d", &memista.Settings{FullText: memista.Words, Metric: memista.L2})
	words := err == nil // a build may have none
	if err != nil && !errors.Is(err, memista.ErrUnsupported) {
		t.Fatal(err)
	}
	if _, err := db.Create(ctx, "d", &memista.Settings{Metric: memista.L2}); !words && err != nil {
		t.Fatal(err)
	}
	_, err = db.Insert(ctx, "d", []memista.Chunk{
		{Key: "a", Text: "red cat", Embedding: []float32{0}, Metadata: memista.Meta(json.RawMessage(`{"n":1}`))},
		{Key: "b", Text: "red dog", Embedding: []float32{1}, Metadata: memista.Meta(json.RawMessage(`{"n":2}`))},
		{Key: "c", Text: "blue dog", Embedding: []float32{3}, Metadata: memista.Meta(json.RawMessage(`{"n":3}`))},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	queries := []memista.Query{
		{Embedding: []float32{4}, K: 1, Offset: 1},
		{ChunkID: 1, K: 1},
		{Key: "a", Filter: memista.FilterJSON(`{"n":{"$gt":2}}`)},
		{Key: "c", Exact: true},
	}
	want := []string{"b", "b", "c", "ba"}
	if words {
		queries, want = append(queries, memista.Query{Text: "red", Key: "c"}), append(want, "ab")
	}
	got, err := db.Query(ctx, "d", queries, &memista.QueryOptions{Include: []memista.Part{memista.PartEmbedding}, Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, hits := range got.Hits {
		var keys strings.Builder
		for _, h := range hits {
			keys.WriteString(h.Key)
			if h.Text != "" || !h.Metadata.IsZero() || len(h.Embedding) != 1 {
				t.Errorf("hit %+v; want its embedding and no text", h)
			}
		}
		if keys.String() != want[i] {
			t.Errorf("query %d finds %s; want %s", i, &keys, want[i])
		}
		e := got.Explain[i]
		if (e.Filter != nil) != (i == 2) || (e.Text != nil) != (i == 4) || e.Tail == nil || e.Tail.Vectors != 3 || e.Graph != nil || e.Rounds != 1 || e.Times.Total <= 0 {
			t.Errorf("query %d is explained by %+v", i, e)
		}
	}
	if f := got.Explain[2].Filter; f.Matched != 1 || f.Of != 3 {
		t.Errorf("filter = %+v; want 1 of 3", f)
	}
	for why, q := range map[string]memista.Query{
		"k must be between 1 and 10000":                 {Key: "a", K: -1},
		"one of embedding, near_text, chunk_id and key": {Key: "a", ChunkID: 1},
		"a query needs an embedding":                    {K: 1},
		"unknown operator":                              {Key: "a", Filter: memista.FilterJSON(`{"n":{"$x":1}}`)},
	} {
		if _, err := db.Query(ctx, "d", []memista.Query{q}, nil); !errors.Is(err, memista.ErrInvalid) || !strings.Contains(err.Error(), why) {
			t.Errorf("Query(%+v) = %v; want ErrInvalid: %s", q, err, why)
		}
	}
	if _, err := db.Query(ctx, "d", nil, nil); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Query of nothing = %v; want ErrInvalid", err)
	}
}
