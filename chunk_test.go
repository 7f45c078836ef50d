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
	made, err := db.Create(ctx, "d", &memista.DatabaseOptions{Metadata: json.RawMessage(`{"model": "x"}`)})
	if err != nil || string(made.Metadata) != `{"model":"x"}` {
		t.Errorf("Create = %+v, %v; want its metadata", made, err)
	}
	if _, err := db.Create(ctx, "e", &memista.DatabaseOptions{Metadata: json.RawMessage(`"x"`)}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Create with a string as metadata: %v; want ErrInvalid", err)
	}
	_, err = db.Insert(ctx, "d", []memista.Chunk{{Key: "a/b", Text: "one", Metadata: json.RawMessage(`{"n":1,"m":2}`), Embedding: []float32{1, 2}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := "two"
	want := memista.Chunk{ID: 1, Key: "a/b", Text: "two", Metadata: json.RawMessage(`{"m":3}`), Embedding: []float32{1, 2}}
	got, err := db.PatchByKey(ctx, "d", "a/b", memista.Patch{Text: &text, Metadata: json.RawMessage(`{"n":null,"m":3}`)})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("PatchByKey: %v (-want +got):\n%s", err, diff)
	}
	want.Metadata, want.Embedding = nil, []float32{3, 4}
	got, err = db.Patch(ctx, "d", 1, memista.Patch{Metadata: json.RawMessage("null"), Embedding: []float32{3, 4}})
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
	if _, err := db.Patch(ctx, "d", 1, memista.Patch{Metadata: json.RawMessage("[1]")}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Patch with an array as metadata: %v; want ErrInvalid", err)
	}
	if _, err := db.GetByKey(ctx, "d", ""); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("GetByKey of the empty key: %v; want ErrInvalid", err)
	}
	if err := db.DeleteByKey(ctx, "d", "a/b"); err != nil {
		t.Error(err)
	}
	if err := db.DeleteByKey(ctx, "d", "a/b"); !errors.Is(err, memista.ErrNotFound) {
		t.Errorf("second DeleteByKey: %v; want ErrNotFound", err)
	}
}
