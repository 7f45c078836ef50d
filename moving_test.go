package memista_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
)

// A database is copied from one service to the other, by what they both can.
func TestMoving(t *testing.T) {
	all := services(t)
	for from, to := range map[string]string{"library": "client", "client": "library"} {
		t.Run(from+" to "+to, func(t *testing.T) { testMove(t, all[from], all[to], "m-"+from) })
	}
}

var everything = []memista.Part{memista.PartText, memista.PartMetadata, memista.PartEmbedding, memista.PartSparse}

func testMove(t *testing.T, from, to memista.Service, id string) {
	ctx := t.Context()
	set := memista.Settings{Dims: 2, OptionalEmbeddings: true, Sparse: map[string]memista.SparseSettings{"s": {Modifier: memista.SparseIDF}}}
	for _, s := range []memista.Service{from, to} {
		if _, err := s.Create(ctx, id, &set); err != nil {
			t.Fatal(err)
		}
	}
	begun, err := from.Changes(ctx, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := from.Insert(ctx, id, []memista.Chunk{
		{Key: "a", Text: "<one> \u2028", Embedding: []float32{1, 1e-20}, Metadata: memista.Meta(map[string]any{"n": 1}), TTL: time.Hour},
		{Text: "two", Metadata: memista.Meta("plain"), Sparse: map[string]memista.SparseVector{"s": {Indices: []uint32{1, 9}, Values: []float32{0.5, 2}}}},
		{Embedding: []float32{0, 1}},
	}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := from.Delete(ctx, id, 3); err != nil {
		t.Fatal(err)
	}
	page, err := from.Changes(ctx, id, &memista.ChangesOptions{After: begun.Next, Include: everything})
	if err != nil || len(page.Chunks) != 2 || !cmp.Equal(page.Deleted, []int64{3}) || page.More {
		t.Fatalf("Changes = %+v, %v", page, err)
	}
	state, err := from.Hold(ctx, id, &memista.Hold{For: time.Minute})
	if err != nil || state.NextID != 4 || state.Chunks != 2 || state.Until.IsZero() {
		t.Fatalf("Hold = %+v, %v", state, err)
	}
	if done, err := to.Load(ctx, id, memista.Load{Chunks: page.Chunks, Delete: page.Deleted, NextID: state.NextID}); err != nil || done.Stored != 2 {
		t.Fatalf("Load = %+v, %v", done, err)
	}
	for _, chunk := range []int64{1, 2} {
		want, err := from.Get(ctx, id, chunk)
		got, err2 := to.Get(ctx, id, chunk)
		if diff := cmp.Diff(want, got, cmp.Comparer(memista.Metadata.Equal)); errors.Join(err, err2) != nil || diff != "" {
			t.Errorf("chunk %d: %v (-want +got):\n%s", chunk, errors.Join(err, err2), diff)
		}
	}
	if ids, err := to.Insert(ctx, id, []memista.Chunk{{Embedding: []float32{1, 1}}}, nil); err != nil || !cmp.Equal(ids, []int64{4}) {
		t.Errorf("Insert = %v, %v; want id 4, for there was a 3", ids, err)
	}
	if state, err = from.Hold(ctx, id, &memista.Hold{Moved: "there", IfSequence: &state.Sequence}); err != nil || state.Moved != "there" {
		t.Errorf("Hold = %+v, %v", state, err)
	}
	if _, err := from.Insert(ctx, id, []memista.Chunk{{Embedding: []float32{1, 1}}}, nil); !errors.Is(err, memista.ErrConflict) {
		t.Errorf("Insert after the move = %v; want ErrConflict", err)
	}
	if again, err := from.Hold(ctx, id, nil); err != nil || again != state {
		t.Errorf("Hold that only asks = %+v, %v; want %+v", again, err, state)
	}
	if _, err := from.Changes(ctx, id, &memista.ChangesOptions{After: page.Next, Close: true}); err != nil {
		t.Errorf("Changes that close = %v", err)
	}
	if _, err := from.Changes(ctx, id, &memista.ChangesOptions{After: page.Next}); !errors.Is(err, memista.ErrStartOver) {
		t.Errorf("Changes after the end = %v; want ErrStartOver", err)
	}
	names := memista.Names{
		Tenants: []string{"t"}, Spaces: []memista.Space{{Tenant: "t", Database: "d"}}, Aliases: []memista.Alias{{Alias: "a " + id, Database: id}},
		Collections: []memista.Collection{{Space: memista.Space{Tenant: "t", Database: "d"}, Name: "c " + id, ID: id, UUID: "0b0f3d1e-0000-4000-8000-000000000001", Surface: "chroma", Keys: "raw", Config: "{}"}},
	}
	if err := to.PutNames(ctx, names); err != nil {
		t.Fatal(err)
	}
	if got, err := to.CarriedNames(ctx); err != nil || !cmp.Equal(got, names) {
		t.Errorf("CarriedNames = %+v, %v; want %+v", got, err, names)
	}
}
