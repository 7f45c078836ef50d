package memista_test

import (
	"errors"
	"testing"

	"github.com/memista/memista"
)

func TestOptionalEmbeddings(t *testing.T) {
	db, ctx := openFile(t), t.Context()
	d, err := db.Create(ctx, "a", &memista.Settings{OptionalEmbeddings: true})
	if err != nil || !d.OptionalEmbeddings || d.Dims != 0 {
		t.Fatalf("Create = %+v, %v; want optional embeddings", d, err)
	}
	ids, err := db.Insert(ctx, "a", []memista.Chunk{{Text: "none"}, {Text: "zero", Embedding: []float32{0, 0}}, {Text: "one", Embedding: []float32{1, 0}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := db.Search(ctx, "a", []float32{1, 0}, 10, nil)
	if err != nil || len(hits) != 1 || hits[0].Text != "one" {
		t.Errorf("Search = %+v, %v; want one", hits, err)
	}
	if c, err := db.Get(ctx, "a", ids[0]); err != nil || c.Embedding != nil || c.Text != "none" {
		t.Errorf("Get = %+v, %v; want no embedding", c, err)
	}
	if _, err := db.Patch(ctx, "a", ids[0], memista.Patch{Embedding: []float32{0, 1}}); err != nil {
		t.Fatal(err)
	}
	if hits, err = db.Search(ctx, "a", []float32{0, 1}, 10, nil); err != nil || len(hits) != 2 || hits[0].Text != "none" {
		t.Errorf("Search after Patch = %+v, %v; want two", hits, err)
	}
	if _, err := db.Query(ctx, "a", []memista.Query{{ChunkID: ids[1]}}, nil); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Query by a chunk of length zero = %v; want ErrInvalid", err)
	}

	if _, err := db.Create(ctx, "b", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Insert(ctx, "b", []memista.Chunk{{Text: "none"}}, nil); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Insert without embedding = %v; want ErrInvalid", err)
	}
	if d, err := db.Update(ctx, "b", memista.Update{OptionalEmbeddings: new(true)}); err != nil || !d.OptionalEmbeddings {
		t.Errorf("Update = %+v, %v; want optional embeddings", d, err)
	}
	if _, err := db.Insert(ctx, "b", []memista.Chunk{{Text: "none"}}, nil); err != nil {
		t.Errorf("Insert = %v; want nil", err)
	}
	if _, err := db.Update(ctx, "b", memista.Update{OptionalEmbeddings: new(false)}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Update back = %v; want ErrInvalid", err)
	}
}
