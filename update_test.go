package memista_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista"
)

func TestUpdate(t *testing.T) {
	db, ctx := openFile(t), t.Context()
	if _, err := db.Create(ctx, "a", &memista.Settings{Metric: memista.InnerProduct}); err != nil {
		t.Fatal(err)
	}
	_, err := db.Insert(ctx, "a", []memista.Chunk{{Text: "far", Embedding: []float32{10, 0}}, {Text: "near", Embedding: []float32{1, 0}}, {Text: "zero", Embedding: []float32{0, 0}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Update(ctx, "a", memista.Update{TTL: new(time.Hour), Metadata: memista.Meta(json.RawMessage(`{"x":1}`))})
	if err != nil || d.TTL != time.Hour || d.Metadata.String() != `{"x":1}` || d.Metric != memista.InnerProduct {
		t.Errorf("Update = %+v, %v; want the new TTL and metadata", d, err)
	}
	if d, err = db.Update(ctx, "a", memista.Update{Metric: new(memista.L2)}); err != nil || d.Metric != memista.L2 || d.TTL != time.Hour {
		t.Errorf("Update = %+v, %v; want l2", d, err)
	}
	hits, err := db.Search(ctx, "a", []float32{1, 0}, 1, nil)
	if err != nil || len(hits) != 1 || hits[0].Text != "near" || hits[0].Score != 1 {
		t.Errorf("Search = %+v, %v; want the nearest by l2", hits, err)
	}
	if _, err = db.Update(ctx, "a", memista.Update{Metric: new(memista.Cosine)}); err == nil || !strings.Contains(err.Error(), "chunk 3") {
		t.Errorf("Update to cosine with a zero vector = %v; want an error that names chunk 3", err)
	}
	if _, err = db.Update(ctx, "none", memista.Update{M: new(8)}); !errors.Is(err, memista.ErrNotFound) {
		t.Errorf("Update of no database = %v; want ErrNotFound", err)
	}
}
