package memista_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
)

func TestChunksByKey(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := t.Context()
	made, err := db.Create(ctx, "d", &memista.Settings{Metadata: memista.Meta(json.RawMessage(`{"model": "x"}`))})
	if err != nil || made.Metadata.String() != `{"model":"x"}` {
		t.Errorf("Create = %+v, %v; want its metadata", made, err)
	}
	if _, err := db.Create(ctx, "e", &memista.Settings{Metadata: memista.Meta(json.RawMessage(`"x"`))}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Create with a string as metadata: %v; want ErrInvalid", err)
	}
	_, err = db.Insert(ctx, "d", []memista.Chunk{{Key: "a/b", Text: "one", Metadata: memista.Meta(json.RawMessage(`{"n":1,"m":2}`)), Embedding: []float32{1, 2}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := "two"
	want := memista.Chunk{ID: 1, Key: "a/b", Text: "two", Metadata: memista.Meta(json.RawMessage(`{"m":3}`)), Embedding: []float32{1, 2}}
	got, err := db.PatchByKey(ctx, "d", "a/b", memista.Patch{Text: &text, Metadata: memista.Meta(json.RawMessage(`{"n":null,"m":3}`))})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("PatchByKey: %v (-want +got):\n%s", err, diff)
	}
	want.Metadata, want.Embedding = memista.Metadata{}, []float32{3, 4}
	got, err = db.Patch(ctx, "d", 1, memista.Patch{Metadata: memista.Meta(nil), Embedding: []float32{3, 4}})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Patch: %v (-want +got):\n%s", err, diff)
	}
	got, err = db.GetByKey(ctx, "d", "a/b")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("GetByKey: %v (-want +got):\n%s", err, diff)
	}
	if _, err := db.Patch(ctx, "d", 1, memista.Patch{}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("empty Patch: %v; want ErrInvalid", err)
	}
	if _, err := db.Patch(ctx, "d", 1, memista.Patch{Metadata: memista.Meta(json.RawMessage("[1]"))}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Patch with an array as metadata: %v; want ErrInvalid", err)
	}
	if _, err := db.GetByKey(ctx, "d", ""); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("GetByKey of the empty key: %v; want ErrInvalid", err)
	}
	for _, want := range []int{1, 0} {
		if n, err := db.DeleteKeys(ctx, "d", "a/b", "none"); err != nil || n != want {
			t.Errorf("DeleteKeys = %d, %v; want %d", n, err, want)
		}
	}
}
