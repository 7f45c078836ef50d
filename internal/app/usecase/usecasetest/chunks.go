package usecasetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

func testInsert(_ *testing.T, b *bench) {
	id := b.name()
	sent := []domain.Chunk{
		{Text: "plain", Embedding: []float32{1, 2}},
		{Key: "a/ä\n☃", Text: "with \x01 control and \u2028", Metadata: meta(`{"big":9007199254740993,"f":1.0,"e":1e3,"null":null,"a":[1,"x",[true]],"o":{"p.q":1,"":2},"s":"\ud83d\ude00"}`), Embedding: []float32{-0.5, float32(math.Pi)}},
		{Metadata: domain.MetadataString("a string"), Embedding: []float32{math.SmallestNonzeroFloat32, 1e18}},
		{Metadata: domain.MetadataString(`{"in":"a string"}`), Embedding: []float32{0, 0}},
	}
	ids := b.insert(id, sent...)
	for i, n := range ids {
		if n <= 0 || slices.Contains(ids[:i], n) {
			b.Errorf("Insert = %v; want different ids from 1 on", ids)
		}
	}
	for i := range sent {
		got, err := b.Chunk(b.Context(), id, app.Ref{ID: ids[i]}, domain.WholeChunk)
		if err != nil {
			b.Fatalf("Chunk %d: %v", ids[i], err)
		}
		want := sent[i]
		want.ID, got.Sequence = ids[i], 0
		if diff := cmp.Diff(want, got); diff != "" {
			b.Errorf("chunk %d is not as it was sent (-want +got):\n%s", i, diff)
		}
	}
	n, err := b.Count(b.Context(), id, nil)
	if err != nil || n != int64(len(sent)) {
		b.Errorf("Count = %d, %v; want %d", n, err, len(sent))
	}
	more := b.insert(id, domain.Chunk{Text: "later", Embedding: []float32{1, 1}})
	if more[0] <= slices.Max([]int64{ids[0], ids[2], ids[3]}) {
		b.Errorf("the id of a later chunk without a key is %d, after %v; want it greater", more[0], ids)
	}
}

func testBadInput(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, domain.Chunk{Text: "a", Embedding: []float32{1, 2}})
	fine := domain.Chunk{Text: "fine", Embedding: []float32{1, 2}}
	for what, c := range map[string]struct {
		chunk domain.Chunk
		kind  error
	}{
		"another dimension":  {domain.Chunk{Embedding: []float32{1, 2, 3}}, domain.ErrDimension},
		"no embedding":       {domain.Chunk{Key: "x"}, domain.ErrInvalid},
		"text alone":         {domain.Chunk{Text: "x"}, domain.ErrInvalid},
		"not a number":       {domain.Chunk{Embedding: []float32{1, float32(math.NaN())}}, domain.ErrNotFinite},
		"infinity":           {domain.Chunk{Embedding: []float32{1, float32(math.Inf(1))}}, domain.ErrNotFinite},
		"a bad key":          {domain.Chunk{Key: "a\x00b", Embedding: []float32{1, 2}}, domain.ErrInvalid},
		"a bad text":         {domain.Chunk{Text: "\xff", Embedding: []float32{1, 2}}, domain.ErrInvalid},
		"a negative ttl":     {domain.Chunk{TTL: -1, Embedding: []float32{1, 2}}, domain.ErrInvalid},
		"an undeclared name": {domain.Chunk{Embedding: []float32{1, 2}, Sparse: domain.SparseVectors{"s": {Indices: []uint32{1}, Values: []float32{1}}}}, nil},
	} {
		_, err := b.Insert(b.Context(), app.Insert{Database: id, Chunks: []domain.Chunk{fine, c.chunk, fine}})
		if c.kind != nil {
			b.is("Insert with "+what, err, c.kind)
		} else if err == nil {
			b.Errorf("Insert with %s = nil; want an error", what)
		}
	}
	_, err := b.Insert(b.Context(), app.Insert{Database: id, Chunks: []domain.Chunk{{Key: "k", Embedding: []float32{1, 2}}, {Key: "k", Embedding: []float32{1, 2}}}})
	b.is("Insert with a key twice", err, domain.ErrInvalid)
	_, err = b.Insert(b.Context(), app.Insert{Database: id})
	b.is("Insert of nothing", err, domain.ErrInvalid)
	_, err = b.Insert(b.Context(), app.Insert{Database: b.name(), MustExist: true, Chunks: []domain.Chunk{fine}})
	b.is("Insert into one that must exist", err, domain.ErrNotFound)
	zero := b.name()
	b.create(zero, domain.Settings{Dims: 2, Metric: domain.Cosine})
	_, err = b.Insert(b.Context(), app.Insert{Database: zero, Chunks: []domain.Chunk{fine, {Embedding: []float32{0, 0}}}})
	b.is("Insert of a zero vector under cosine", err, domain.ErrZeroVector)
	for db, want := range map[string]int64{id: 1, zero: 0} {
		if n, err := b.Count(b.Context(), db, nil); err != nil || n != want {
			b.Errorf("after bad inserts there are %d, %v; want %d", n, err, want)
		}
	}
	for what, q := range map[string]app.Query{
		"no target": {K: 1}, "k 0": {Embedding: []float32{1, 2}}, "two targets": {Embedding: []float32{1, 2}, Like: app.Ref{ID: 1}, K: 1}, "a negative offset": {Embedding: []float32{1, 2}, K: 1, Offset: -1},
	} {
		_, err := b.Search(b.Context(), app.Search{Database: id, Queries: []app.Query{q}})
		b.is("Search with "+what, err, domain.ErrInvalid)
	}
	_, err = b.Search(b.Context(), app.Search{Database: id, Queries: []app.Query{{Embedding: []float32{1, 2, 3}, K: 1}}})
	b.is("Search with another dimension", err, domain.ErrDimension)
	_, err = b.Search(b.Context(), app.Search{Database: id})
	b.is("Search without queries", err, domain.ErrInvalid)
}

func testKeys(_ *testing.T, b *bench) {
	id := b.name()
	first := b.insert(id, domain.Chunk{Key: "k", Text: "one", Embedding: []float32{1, 0}}, domain.Chunk{Key: "K", Text: "other", Embedding: []float32{0, 1}})
	second := b.insert(id, domain.Chunk{Key: "k", Text: "two", Metadata: meta(`{"x":1}`), Embedding: []float32{5, 5}})
	if first[0] != second[0] {
		b.Errorf("a replaced chunk has the id %d; want that of before, %d", second[0], first[0])
	}
	c, err := b.Chunk(b.Context(), id, app.Ref{Key: "k"}, domain.WholeChunk)
	if err != nil || c.ID != first[0] || c.Text != "two" || c.Metadata != meta(`{"x":1}`) || !slices.Equal(c.Embedding, []float32{5, 5}) {
		b.Errorf("Chunk by key = %+v, %v", c, err)
	}
	if n, err := b.Count(b.Context(), id, nil); err != nil || n != 2 {
		b.Errorf("Count = %d, %v; want 2", n, err)
	}
	b.soon("search finds the vector of the last write", func() error { return b.wantHits(id, app.Query{Embedding: []float32{5, 5}, K: 1}, first[0]) })
	if n, err := b.DeleteKeys(b.Context(), id, []string{"k", "unknown"}); err != nil || n != 1 {
		b.Errorf("DeleteKeys = %d, %v; want 1", n, err)
	}
	again := b.insert(id, domain.Chunk{Key: "k", Text: "three", Embedding: []float32{1, 0}})
	if b.can.Has(capability.FreshIDs) && again[0] == first[0] {
		b.Errorf("the id %d was given again", again[0])
	}
	if c, err := b.Chunk(b.Context(), id, app.Ref{ID: again[0]}, domain.FieldText); err != nil || c.Text != "three" {
		b.Errorf("Chunk = %+v, %v; want the new one", c, err)
	}
}

func testConflicts(_ *testing.T, b *bench) {
	id := b.name()
	first := b.insert(id, domain.Chunk{Key: "k", Text: "one", Embedding: []float32{1, 0}})
	two := []domain.Chunk{{Key: "k", Text: "two", Embedding: []float32{1, 0}}, {Key: "new", Text: "new", Embedding: []float32{0, 1}}}
	_, err := b.Insert(b.Context(), app.Insert{Database: id, Chunks: two, OnConflict: domain.Refuse})
	ids, skipped := b.Insert(b.Context(), app.Insert{Database: id, Chunks: two, OnConflict: domain.Skip})
	if !b.can.Has(capability.CompareAndSet) {
		b.refused("Insert that refuses keys", err, capability.CompareAndSet)
		b.refused("Insert that skips keys", skipped, capability.CompareAndSet)
		two = nil
	} else {
		b.is("Insert that refuses keys", err, domain.ErrConflict)
		if skipped != nil || ids[0] != first[0] {
			b.Errorf("Insert that skips keys = %v, %v; want %d first", ids, skipped, first[0])
		}
	}
	if c, err := b.Chunk(b.Context(), id, app.Ref{Key: "k"}, domain.FieldText); err != nil || c.Text != "one" {
		b.Errorf("the chunk that was there is %+v, %v; want it as it was", c, err)
	}
	if n, err := b.Count(b.Context(), id, nil); err != nil || n != int64(max(1, len(two))) {
		b.Errorf("Count = %d, %v; want %d", n, err, max(1, len(two)))
	}
}

func testGet(_ *testing.T, b *bench) {
	id := b.name()
	ids := b.insert(id, domain.Chunk{Key: "k", Text: "one", Metadata: meta(`{"a":1}`), Embedding: []float32{1, 0}}, domain.Chunk{Text: "two", Embedding: []float32{0, 1}})
	for what, c := range map[string]struct {
		db   string
		ref  app.Ref
		kind error
	}{
		"an unknown id": {id, app.Ref{ID: math.MaxInt64}, domain.ErrNotFound}, "an unknown key": {id, app.Ref{Key: "none"}, domain.ErrNotFound}, "nothing": {id, app.Ref{}, domain.ErrInvalid},
		"a negative id": {id, app.Ref{ID: -1}, domain.ErrInvalid}, "an unknown database": {b.name(), app.Ref{ID: 1}, domain.ErrNotFound},
	} {
		_, err := b.Chunk(b.Context(), c.db, c.ref, 0)
		b.is("Chunk of "+what, err, c.kind)
	}
	c, err := b.Chunk(b.Context(), id, app.Ref{ID: ids[0]}, 0)
	c.Sequence = 0
	if diff := cmp.Diff(domain.Chunk{ID: ids[0], Key: "k"}, c); err != nil || diff != "" {
		b.Errorf("Chunk without fields: %v, (-want +got):\n%s", err, diff)
	}
	refs := []app.Ref{{ID: ids[1]}, {Key: "k"}, {Key: "none"}, {ID: ids[0]}, {ID: math.MaxInt64}, {ID: ids[1]}}
	list, err := b.Chunks(b.Context(), id, refs, domain.FieldText)
	if err != nil || len(list) != 2 || list[0].Text != "two" || list[1].Text != "one" {
		b.Errorf("Chunks = %+v, %v; want two and one, each once, in the order of the call", list, err)
	}
	many := make([]domain.Chunk, 300)
	refs = nil
	for i := range many {
		many[i] = domain.Chunk{Key: fmt.Sprintf("many %d", i), Text: fmt.Sprint(i), Embedding: []float32{float32(i), 1}}
		refs = append(refs, app.Ref{Key: many[i].Key})
	}
	b.insert(id, many...)
	list, err = b.Chunks(b.Context(), id, refs, domain.FieldText)
	if err != nil || len(list) != len(many) || list[299].Text != "299" {
		b.Errorf("Chunks of many = %d of them, %v; want %d in order", len(list), err, len(many))
	}
}
