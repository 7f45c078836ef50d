package client_test

import (
	"errors"
	"testing"

	"github.com/memista/memista/client"
)

func TestOptionalEmbeddings(t *testing.T) {
	c, ctx := connectWords(t), t.Context()
	d, err := c.Create(ctx, "o", &client.Settings{OptionalEmbeddings: true})
	if err != nil || !d.OptionalEmbeddings || d.Dims != 0 {
		t.Fatalf("Create = %+v, %v; want optional embeddings", d, err)
	}
	ids, err := c.Insert(ctx, "o", []client.Chunk{{Text: "none"}, {Key: "bare"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WaitIndexed(ctx, "o", nil); err != nil {
		t.Errorf("WaitIndexed before any embedding = %v; want nil", err)
	}
	if got, err := c.Get(ctx, "o", ids[0]); err != nil || got.Embedding != nil || got.Text != "none" {
		t.Errorf("Get = %+v, %v; want no embedding", got, err)
	}
	if _, err := c.Query(ctx, "o", []client.Query{{Key: "bare"}}, nil); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("Query by a chunk without embedding = %v; want ErrInvalid", err)
	}
	if _, err := c.PatchByKey(ctx, "o", "bare", client.Patch{Embedding: []float32{0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitIndexed(ctx, "o", nil); err != nil {
		t.Errorf("WaitIndexed = %v; want nil", err)
	}
	hits, err := c.Search(ctx, "o", []float32{0, 1}, 10, nil)
	if err != nil || len(hits) != 1 || hits[0].Key != "bare" {
		t.Errorf("Search = %+v, %v; want the patched one", hits, err)
	}
	if d, err := c.Update(ctx, "d", client.Update{OptionalEmbeddings: new(true)}); err != nil || !d.OptionalEmbeddings {
		t.Errorf("Update = %+v, %v; want optional embeddings", d, err)
	}
	if _, err := c.Update(ctx, "d", client.Update{OptionalEmbeddings: new(false)}); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("Update back = %v; want ErrInvalid", err)
	}
}
