package usecasetest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/filterlang"
)

// hits answers one query with whole chunks.
func (b *bench) hits(db string, q app.Query) ([]domain.Hit, error) {
	found, err := b.Search(b.Context(), app.Search{Database: db, Queries: []app.Query{q}, Fields: domain.WholeChunk})
	if err != nil {
		return nil, err
	}
	if len(found.Hits) != 1 || len(found.Explain) != 1 {
		return nil, fmt.Errorf("Search = %d lists and %d explanations for one query", len(found.Hits), len(found.Explain))
	}
	return found.Hits[0], nil
}

// wantHits says how the hits of q are others than ids.
func (b *bench) wantHits(db string, q app.Query, ids ...int64) error {
	hits, err := b.hits(db, q)
	if err != nil {
		return err
	}
	got := make([]int64, len(hits))
	for i := range hits {
		got[i] = hits[i].ID
	}
	if !slices.Equal(got, ids) {
		return fmt.Errorf("hits are %v; want %v", got, ids)
	}
	return nil
}

// nearest returns the neighbors of q among chunks that keep says, nearest first.
func nearest(m domain.Metric, ids []int64, chunks []domain.Chunk, q []float32, keep func(*domain.Chunk) bool) (all []domain.Neighbor) {
	for i := range chunks {
		if keep == nil || keep(&chunks[i]) {
			all = append(all, domain.Neighbor{ID: ids[i], Distance: m.Distance(q, chunks[i].Embedding)})
		}
	}
	slices.SortFunc(all, domain.Neighbor.Compare)
	return all
}

// closeTo allows for the rounding of float32 in another order of sums.
func closeTo(a, b float32) bool {
	return math.Abs(float64(a-b)) <= 1e-4*max(1, math.Abs(float64(a)), math.Abs(float64(b)))
}

// sameNeighbors says how hits are others than want, of which those as near as each other may
// change places.
func sameNeighbors(m domain.Metric, hits []domain.Hit, want []domain.Neighbor) error {
	if len(hits) != len(want) {
		return fmt.Errorf("%d hits; want %d", len(hits), len(want))
	}
	for i := range hits {
		h := &hits[i]
		if h.ID != want[i].ID && !closeTo(h.Distance, want[i].Distance) {
			return fmt.Errorf("hit %d is %d at %g; want %d at %g", i, h.ID, h.Distance, want[i].ID, want[i].Distance)
		}
		if !closeTo(h.Distance, want[i].Distance) || !closeTo(h.Score, m.Score(want[i].Distance)) {
			return fmt.Errorf("hit %d has the distance %g and the score %g; want %g and %g", i, h.Distance, h.Score, want[i].Distance, m.Score(want[i].Distance))
		}
	}
	return nil
}

func testNearest(_ *testing.T, b *bench) {
	for _, m := range domain.Metrics {
		id := b.name()
		chunks := numbered(vectors(4, 200, 8))
		b.create(id, domain.Settings{Dims: 8, Metric: m})
		ids := b.insert(id, chunks...)
		for i, q := range vectors(5, 10, 8) {
			want := nearest(m, ids, chunks, q, nil)[:10]
			b.soon(fmt.Sprintf("query %d under %s", i, m), func() error {
				hits, err := b.hits(id, app.Query{Embedding: q, K: 10})
				return cmp.Or(err, sameNeighbors(m, hits, want))
			})
		}
		hits, err := b.hits(id, app.Query{Embedding: chunks[7].Embedding, K: 1000})
		if err != nil || len(hits) != len(chunks) {
			b.Errorf("%s: k beyond all = %d hits, %v; want %d", m, len(hits), err, len(chunks))
		}
		for i := range hits {
			at := slices.Index(ids, hits[i].ID)
			if at < 0 || hits[i].Text != chunks[at].Text || hits[i].Metadata != chunks[at].Metadata || !slices.Equal(hits[i].Embedding, chunks[at].Embedding) {
				b.Fatalf("%s: hit %d is %+v; want the chunk as it was sent", m, i, hits[i].Chunk)
			}
		}
		least := hits[20].Score
		few, err := b.hits(id, app.Query{Embedding: chunks[7].Embedding, K: 1000, MinScore: &least})
		if err != nil || len(few) < 21 || few[len(few)-1].Score < least {
			b.Errorf("%s: hits of a least score are %d, %v; want those that have it", m, len(few), err)
		}
		b.exact(m, id, ids, chunks)
	}
}

// exact asks for the comparison with every vector.
func (b *bench) exact(m domain.Metric, id string, ids []int64, chunks []domain.Chunk) {
	b.Helper()
	q := vectors(6, 1, 8)[0]
	hits, err := b.hits(id, app.Query{Embedding: q, K: 10, Exact: true})
	if !b.can.Has(capability.Exact) {
		b.refused("an exact search", err, capability.Exact)
	} else if err = cmp.Or(err, sameNeighbors(m, hits, nearest(m, ids, chunks, q, nil)[:10])); err != nil {
		b.Errorf("%s: an exact search: %v", m, err)
	}
}

func testPages(_ *testing.T, b *bench) {
	id := b.name()
	chunks := numbered(vectors(8, 120, 6))
	ids := b.insert(id, chunks...)
	q := vectors(9, 1, 6)[0]
	want := nearest(domain.L2, ids, chunks, q, nil)
	b.soon("pages", func() error {
		var all []domain.Hit
		for at := 0; ; at += 7 {
			page, err := b.hits(id, app.Query{Embedding: q, K: 7, Offset: at})
			if err != nil {
				return err
			}
			all = append(all, page...)
			if len(page) < 7 {
				return sameNeighbors(domain.L2, all, want)
			}
		}
	})
}

func testFilters(_ *testing.T, b *bench) {
	id := b.name()
	chunks := numbered(vectors(10, 150, 6))
	odd := []string{
		`{"n":null}`, `{"n":"5"}`, `{"n":5.5}`, `{"n":9007199254740993}`, `{"n":9007199254740992}`, `{"n":[3,4]}`, `{"n":{"deep":{"er":3}}}`, `{"n":[]}`, `{"n":true}`,
		`{"at":"2024-05-01T00:00:00Z"}`, `{"at":"2024-05-01T02:00:00+02:00"}`, `{"at":"2024-05-02"}`, `{"a.b":1}`, `{"a":{"b":1}}`, `{"a":[{"b":1,"c":2},{"b":2}]}`,
		`{"place":{"lat":52.5,"lon":13.4}}`, `{"s":"Straße ÄÖ"}`, `{"s":"strasse"}`, `{"s":""}`, `{}`,
	}
	for i, m := range odd {
		chunks = append(chunks, domain.Chunk{Text: "odd " + fmt.Sprint(i), Metadata: meta(m), Embedding: vectors(11+uint64(i), 1, 6)[0]})
	}
	chunks = append(chunks, domain.Chunk{Key: "keyed", Text: "no metadata", Embedding: []float32{1, 1, 1, 1, 1, 1}})
	ids := b.insert(id, chunks...)
	for i := range chunks {
		chunks[i].ID = ids[i]
	}
	q := vectors(12, 1, 6)[0]
	for _, text := range []string{
		`{"n":5}`, `{"n":{"$gt":5}}`, `{"n":{"$lte":3}}`, `{"n":{"$ne":5}}`, `{"n":null}`, `{"n":{"$exists":true}}`, `{"n":{"$exists":false}}`, `{"n":9007199254740993}`, `{"n":{"$gte":9007199254740993}}`,
		`{"n":"5"}`, `{"n":true}`, `{"n":{"$in":[1,2,3,4]}}`, `{"n":{"$nin":[1,2,3,4]}}`, `{"n.deep.er":3}`, `{"at":{"$gte":"2024-05-01T00:00:00Z","$lt":"2024-05-02"}}`, `{"at":"2024-05-01T00:00:00Z"}`,
		`{"a.b":1}`, `{"a":{"$elem_match":{"b":1,"c":2}}}`, `{"s":"strasse"}`, `{"s":{"$contains":"ra"}}`, `{"s":{"$regex":"^Str"}}`, `{"s":""}`, `{"tags":"t1"}`, `{"tags":{"$contains":"t2"}}`, `{"tags":{"$size":2}}`,
		`{"parity":"odd","n":{"$gte":40,"$lt":60}}`, `{"$or":[{"n":1},{"n":2},{"s":"strasse"}]}`, `{"$not":{"parity":"odd"}}`, `{"$key":"keyed"}`, `{"$text":"odd 3"}`, `{"place":{"$geo_radius":{"center":{"lat":52.5,"lon":13.4},"radius":1000}}}`,
	} {
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			continue // the language has it under another name
		}
		want := nearest(domain.L2, ids, chunks, q, f.Matches)
		b.soon("filter "+text, func() error {
			hits, err := b.hits(id, app.Query{Embedding: q, K: 500, Filter: &f})
			if err = cmp.Or(err, sameNeighbors(domain.L2, hits, want)); err != nil {
				return err
			}
			if hits, err = b.hits(id, app.Query{Embedding: q, K: 2, Filter: &f}); err != nil {
				return err
			}
			return sameNeighbors(domain.L2, hits, want[:min(2, len(want))])
		})
	}
	only := filter(fmt.Sprintf(`{"$id":{"$in":[%d,%d]}}`, ids[3], ids[4]))
	b.soon("filter by ids", func() error {
		hits, err := b.hits(id, app.Query{Embedding: q, K: 5, Filter: only})
		return cmp.Or(err, sameNeighbors(domain.L2, hits, nearest(domain.L2, ids, chunks, q, only.Matches)))
	})
}

func testValues(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, numbered(vectors(13, 40, 3))...)
	b.soon("values", func() error {
		got, err := b.CountValues(b.Context(), app.CountValues{Database: id, Field: "tags", Limit: 3, Filter: filter(`{"n":{"$lt":11}}`)})
		if err != nil {
			return err
		}
		if got.Distinct != 6 || len(got.Values) != 3 || got.Values[0].Value != filterlang.Text("all") || got.Values[0].Chunks != 11 || got.Values[1].Value != filterlang.Text("t0") || got.Values[1].Chunks != 3 {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
	_, err := b.CountValues(b.Context(), app.CountValues{Database: id, Field: "$key"})
	b.is("CountValues of what is not in the metadata", err, domain.ErrInvalid)
}

func testSample(_ *testing.T, b *bench) {
	id := b.name()
	b.insert(id, numbered(vectors(14, 40, 3))...)
	b.soon("sample", func() error {
		seen := map[string]bool{}
		for range 8 {
			some, err := b.Sample(b.Context(), app.Sample{Database: id, N: 6, Filter: filter(`{"parity":"odd"}`), Fields: domain.FieldText | domain.FieldMetadata})
			if err != nil || len(some) != 6 {
				return fmt.Errorf("%d of 6, %w", len(some), err)
			}
			here := map[string]bool{}
			for i := range some {
				if !filter(`{"parity":"odd"}`).Matches(&some[i]) || here[some[i].Text] {
					return fmt.Errorf("%q does not belong into the sample, or is in it twice", some[i].Text)
				}
				here[some[i].Text], seen[some[i].Text] = true, true
			}
		}
		if len(seen) <= 6 {
			return errors.New("all samples are the same")
		}
		all, err := b.Sample(b.Context(), app.Sample{Database: id, N: 100})
		if err == nil && len(all) != 40 {
			err = fmt.Errorf("a sample of more than there are has %d of 40", len(all))
		}
		return err
	})
}

func testGroups(_ *testing.T, b *bench) {
	id := b.name()
	chunks := numbered(vectors(15, 60, 4))
	ids := b.insert(id, chunks...)
	q := vectors(16, 1, 4)[0]
	b.soon("groups", func() error {
		groups, err := b.SearchGroups(b.Context(), app.Groups{Database: id, Query: app.Query{Embedding: q}, By: "parity", Groups: 2, Size: 3, Fields: domain.DefaultFields})
		if err != nil || len(groups) != 2 {
			return fmt.Errorf("%d groups of 2, %w", len(groups), err)
		}
		for _, g := range groups {
			same := filter(fmt.Sprintf(`{"parity":%q}`, g.Value.Text))
			if err := sameNeighbors(domain.L2, g.Hits, nearest(domain.L2, ids, chunks, q, same.Matches)[:3]); err != nil {
				return fmt.Errorf("group %v: %w", g.Value, err)
			}
		}
		if groups[0].Hits[0].Distance > groups[1].Hits[0].Distance {
			return errors.New("the group of the best hit is not the first")
		}
		return nil
	})
	_, err := b.SearchGroups(b.Context(), app.Groups{Database: id, Query: app.Query{Embedding: q}})
	b.is("SearchGroups by nothing", err, domain.ErrInvalid)
}

func testDiversity(_ *testing.T, b *bench) {
	id := b.name()
	ids := b.insert(id, domain.Chunk{Embedding: []float32{1, 0}}, domain.Chunk{Embedding: []float32{1, 0.01}}, domain.Chunk{Embedding: []float32{0.7, 0.7}})
	b.soon("diverse hits", func() error {
		return b.wantHits(id, app.Query{Embedding: []float32{1, 0}, K: 2, MMR: &domain.MMR{Diversity: 0.9}}, ids[0], ids[2])
	})
	b.soon("hits without diversity", func() error {
		return b.wantHits(id, app.Query{Embedding: []float32{1, 0}, K: 2, MMR: &domain.MMR{}}, ids[0], ids[1])
	})
	_, err := b.hits(id, app.Query{Embedding: []float32{1, 0}, K: 2, MMR: &domain.MMR{Diversity: 2}})
	b.is("Search with a bad diversity", err, domain.ErrInvalid)
}

func testLike(_ *testing.T, b *bench) {
	id := b.name()
	ids := b.insert(id, domain.Chunk{Key: "a", Embedding: []float32{1, 0}}, domain.Chunk{Key: "b", Embedding: []float32{1, 0.1}}, domain.Chunk{Embedding: []float32{0, 1}})
	b.soon("chunks like another", func() error {
		return cmp.Or(b.wantHits(id, app.Query{Like: app.Ref{Key: "a"}, K: 2}, ids[1], ids[2]), b.wantHits(id, app.Query{Like: app.Ref{ID: ids[2]}, K: 1}, ids[1]))
	})
	_, err := b.hits(id, app.Query{Like: app.Ref{Key: "none"}, K: 2})
	b.is("Search like one that is not there", err, domain.ErrNotFound)
}
