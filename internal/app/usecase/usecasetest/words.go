package usecasetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

// library is texts in a database that is indexed by words, if the backend can.
func (b *bench) library(can capability.Capability, t domain.Tokenizer) (id string, ids []int64, ok bool) {
	b.Helper()
	id = b.name()
	set := domain.Settings{Dims: 2, Metric: domain.Cosine, FullText: t}
	if !b.can.Has(can) {
		_, _, err := b.Create(b.Context(), id, set)
		b.refused("Create with full text by "+string(t), err, can)
		return id, nil, false
	}
	b.create(id, set)
	return id, b.insert(id,
		domain.Chunk{Text: "The quick brown fox jumps over the lazy dog", Metadata: meta(`{"n":1}`), Embedding: []float32{1, 0}},
		domain.Chunk{Text: "A quick fox, and another fox: FOX!", Metadata: meta(`{"n":2}`), Embedding: []float32{0.9, 0.1}},
		domain.Chunk{Text: "Café Straße, naïve ｗｉｄｅ", Metadata: meta(`{"n":3}`), Embedding: []float32{0, 1}},
		domain.Chunk{Text: "dogs bark", Metadata: meta(`{"n":4}`), Embedding: []float32{-1, 0}},
		domain.Chunk{Text: "something else entirely", Embedding: []float32{-1, 0.5}},
		domain.Chunk{Text: "and one more of them", Embedding: []float32{-1, 0.7}},
	), true
}

// found says how the chunks that a query finds are others than those of ids at places.
func (b *bench) found(db string, q app.Query, ids []int64, places ...int) error {
	hits, err := b.hits(db, q)
	if err != nil {
		return err
	}
	var got, want []int64
	for i := range hits {
		got = append(got, hits[i].ID)
		if i > 0 && hits[i].Score > hits[i-1].Score {
			return fmt.Errorf("hit %d has a better score than the one before it", i)
		}
	}
	for _, at := range places {
		want = append(want, ids[at])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("hits are %v; want %v", got, want)
	}
	return nil
}

func testWords(_ *testing.T, b *bench) {
	id, ids, ok := b.library(capability.FullText, domain.Words)
	if !ok {
		return
	}
	for text, want := range map[string][]int{
		"fox": {0, 1}, "FOX quick": {0, 1}, "dog": {0}, "cafe": {2}, "STRASSE": {2}, "naive": {2}, "wide": {2}, "none of these words": {5}, "!?": nil,
	} {
		if text == "none of these words" {
			text = "none more"
		}
		b.soon("words "+text, func() error { return b.found(id, app.Query{Text: text, K: 10}, ids, want...) })
	}
	b.soon("all words", func() error { return b.found(id, app.Query{Text: "quick dog", AllWords: true, K: 10}, ids, 0) })
	b.soon("the best of words", func() error { return b.wantHits(id, app.Query{Text: "fox", K: 1}, ids[1]) })
	b.soon("words with a filter", func() error {
		return b.found(id, app.Query{Text: "fox dogs", K: 10, Filter: filter(`{"n":{"$gte":2}}`)}, ids, 1, 3)
	})
	plain := b.name()
	b.insert(plain, domain.Chunk{Text: "fox", Embedding: []float32{1, 0}})
	_, err := b.hits(plain, app.Query{Text: "fox", K: 1})
	b.is("Search by words without full text", err, domain.ErrInvalid)
	_, err = b.hits(id, app.Query{Text: " ", K: 1})
	b.is("Search for no words", err, domain.ErrInvalid)
	for text, want := range map[string][]int{`"quick brown"`: {0}, "do*": {0, 3}} {
		if b.can.Has(capability.TextOperators) {
			b.soon("operators "+text, func() error { return b.found(id, app.Query{Text: text, K: 10}, ids, want...) })
			continue
		}
		_, err := b.hits(id, app.Query{Text: text, K: 10})
		b.refused("Search for "+text, err, capability.TextOperators)
	}
	b.library(capability.TextOperators, domain.Trigram)
	stemmed, ids, _ := b.library(capability.FullText, domain.English)
	b.soon("words by their stems", func() error { return b.found(stemmed, app.Query{Text: "dog", K: 10}, ids, 0, 3) })
}

func testHybrid(_ *testing.T, b *bench) {
	id, ids, ok := b.library(capability.FullText, domain.Words)
	if !ok {
		return
	}
	q := app.Query{Embedding: []float32{0, 1}, Text: "fox", K: 3}
	b.soon("hybrid", func() error {
		hits, err := b.hits(id, q)
		if err != nil || len(hits) != 3 {
			return fmt.Errorf("%d hits of 3, %w", len(hits), err)
		}
		for i := range hits {
			p := hits[i].Places
			if p == nil {
				return fmt.Errorf("hit %d has no places in the lists", i)
			}
			var score float32
			for _, rank := range []int{p.Vector.Rank, p.Text.Rank} {
				if rank > 0 {
					score += 1 / float32(domain.DefaultRankConstant+rank)
				}
			}
			if !closeTo(score, hits[i].Score) {
				return fmt.Errorf("hit %d scores %g with the places %+v; want %g", i, hits[i].Score, p, score)
			}
		}
		if !slices.ContainsFunc(hits, func(h domain.Hit) bool { return h.ID == ids[1] && h.Places.Text.Rank == 1 }) {
			return errors.New("the best text is not among the hits")
		}
		return nil
	})
	q.Fusion = domain.Fusion{VectorWeight: new(0.0)}
	b.soon("hybrid of words alone", func() error { return b.found(id, q, ids, 0, 1) })
	_, err := b.hits(id, app.Query{Embedding: []float32{0, 1}, Text: "fox", K: 3, Fusion: domain.Fusion{Method: "abacus"}})
	b.is("Search with an unknown fusion", err, domain.ErrInvalid)
}

func testSparse(_ *testing.T, b *bench) {
	id := b.name()
	set := domain.Settings{Dims: 2, Metric: domain.L2}
	set.Sparse, _ = domain.NewSparseNames(map[string]domain.SparseModifier{"s": domain.SparseNone})
	_, _, err := b.Create(b.Context(), id, set)
	if !b.can.Has(capability.Sparse) {
		b.refused("Create with sparse vectors", err, capability.Sparse)
		b.insert(id, domain.Chunk{Embedding: []float32{1, 0}})
		_, err = b.hits(id, app.Query{Sparse: &domain.SparseQuery{Name: "s", Vector: domain.SparseVector{Indices: []uint32{1}, Values: []float32{1}}}, K: 1})
		b.refused("Search by a sparse vector", err, capability.Sparse)
		return
	}
	if err != nil {
		b.Fatal(err)
	}
	v := func(i uint32, x float32) domain.SparseVectors {
		return domain.SparseVectors{"s": {Indices: []uint32{i, 7}, Values: []float32{x, 1}}}
	}
	ids := b.insert(id, domain.Chunk{Embedding: []float32{1, 0}, Sparse: v(1, 3)}, domain.Chunk{Embedding: []float32{0, 1}, Sparse: v(2, 5)})
	ask := func(i uint32) app.Query {
		return app.Query{Sparse: &domain.SparseQuery{Name: "s", Vector: domain.SparseVector{Indices: []uint32{i}, Values: []float32{1}}}, K: 5}
	}
	b.soon("sparse", func() error {
		return cmp.Or(b.wantHits(id, ask(1), ids[0]), b.wantHits(id, ask(7), ids[0], ids[1]), b.wantHits(id, ask(9)))
	})
}

func testNamedVectors(_ *testing.T, b *bench) {
	id := b.name()
	set := domain.Settings{Dims: 2, Metric: domain.L2}
	set.Vectors, _ = domain.NewNamedVectors(domain.NamedVector{Name: "title", Dims: 3, Metric: domain.L2})
	_, _, err := b.Create(b.Context(), id, set)
	if !b.can.Has(capability.NamedVectors) {
		b.refused("Create with vectors under names", err, capability.NamedVectors)
		_, err = b.Insert(b.Context(), app.Insert{Database: id, Metric: domain.L2, Chunks: []domain.Chunk{{Embedding: []float32{1, 0}, Vectors: domain.Vectors{"title": {1, 0, 0}}}}})
		b.refused("Insert of a vector under a name", err, capability.NamedVectors)
		b.insert(id, domain.Chunk{Embedding: []float32{1, 0}})
		_, err = b.hits(id, app.Query{Embedding: []float32{1, 0, 0}, Using: "title", K: 1})
		b.refused("Search by a vector under a name", err, capability.NamedVectors)
		return
	}
	if err != nil {
		b.Fatal(err)
	}
	ids := b.insert(
		id, domain.Chunk{Embedding: []float32{1, 0}, Vectors: domain.Vectors{"title": {0, 0, 1}}},
		domain.Chunk{Embedding: []float32{0, 1}, Vectors: domain.Vectors{"title": {1, 0, 0}}}, domain.Chunk{Embedding: []float32{2, 0}},
	)
	b.soon("vectors under names", func() error {
		return cmp.Or(b.wantHits(id, app.Query{Embedding: []float32{1, 0, 0}, Using: "title", K: 5}, ids[1], ids[0]), b.wantHits(id, app.Query{Embedding: []float32{1, 0}, K: 1}, ids[0]))
	})
}

func testTargetRecall(_ *testing.T, b *bench) {
	id := b.name()
	_, _, err := b.Create(b.Context(), id, domain.Settings{Dims: 2, Metric: domain.L2, TargetRecall: 0.9})
	if !b.can.Has(capability.Recall) {
		b.refused("Create with a target recall", err, capability.Recall)
		b.create(id, domain.Settings{Dims: 2, Metric: domain.L2})
		target := 0.9
		_, err = b.Alter(b.Context(), id, domain.Alteration{TargetRecall: &target})
		b.refused("Alter of the target recall", err, capability.Recall)
		return
	}
	if err != nil {
		b.Fatal(err)
	}
	db, err := b.Database(b.Context(), id)
	if err != nil || db.TargetRecall != 0.9 {
		b.Errorf("Database = target recall %v, %v; want 0.9", db.TargetRecall, err)
	}
}
