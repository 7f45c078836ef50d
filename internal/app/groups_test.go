package app_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

// shown says which groups there are, with the ids of their hits.
func shown(groups []app.Group) string {
	var b strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&b, "%s:%v ", g.Value.AppendJSON(nil), hitIDs(g.Hits))
	}
	return b.String()
}

// grouped goes through hits, best first, whose values are those of the function.
func grouped(hits []domain.Hit, n, size int, values func(id int64) []filterlang.Value) (groups []app.Group) {
	for _, h := range hits {
		for _, v := range values(h.ID) {
			at := slices.IndexFunc(groups, func(g app.Group) bool { return g.Value == v })
			if at < 0 && len(groups) < n {
				at = len(groups)
				groups = append(groups, app.Group{Value: v})
			}
			if at >= 0 && len(groups[at].Hits) < size {
				groups[at].Hits = append(groups[at].Hits, h)
			}
		}
	}
	return groups
}

// Groups are those of the list of all hits, also where one value has nearly all chunks, values
// are rare, or stand in arrays.
func TestGroupsAgainstAllHits(t *testing.T) {
	s := open(t)
	rng := rand.New(rand.NewPCG(11, 12))
	const n = 900
	values := make([][]filterlang.Value, n+1)
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = chunk(fmt.Sprint(i), float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64()))
		field := `"most"`
		list := []filterlang.Value{filterlang.Text("most")}
		switch k := rng.IntN(20); {
		case k == 0:
			field, list = `"rare \"one\""`, []filterlang.Value{filterlang.Text(`rare "one"`)}
		case k == 1:
			v := int64(rng.IntN(30))
			field, list = fmt.Sprint(v), []filterlang.Value{filterlang.Int(v)}
		case k == 2:
			field, list = `["most", true, 7.0, "most", null]`, []filterlang.Value{filterlang.Text("most"), filterlang.Bool(true), filterlang.Int(7)}
		case k == 3:
			field, list = []string{`null`, `[]`, `{"x":1}`}[rng.IntN(3)], nil
		case k == 5:
			v, w := int64(rng.IntN(30)), int64(30+rng.IntN(30))
			field, list = fmt.Sprintf("[%d,%d]", v, w), []filterlang.Value{filterlang.Int(v), filterlang.Int(w)}
		case k == 4 && i%2 == 0:
			field, list = `-1.5e0`, []filterlang.Value{filterlang.Number(-1.5)}
		}
		values[i+1] = list
		chunks[i].Metadata = *metadata(t, fmt.Sprintf(`{"of":{"kind":%s},"even":%v}`, field, i%2 == 0))
	}
	insert(t, s, "a", chunks...)
	even, err := filterlang.Parse([]byte(`{"even":true}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		q := app.Query{Embedding: []float32{float32(rng.NormFloat64()), float32(rng.NormFloat64()), 0.1}, K: n}
		if rng.IntN(2) == 0 {
			q.Filter = &even
		}
		if rng.IntN(4) == 0 {
			q.MinScore = new(float32)
		}
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		groups, size := 1+rng.IntN(40), 1+rng.IntN(8)
		want := grouped(found.Hits[0], groups, size, func(id int64) []filterlang.Value { return values[id] })
		q.K = 0
		got, err := s.SearchGroups(t.Context(), app.Groups{Database: "a", Query: q, By: "of.kind", Groups: groups, Size: size, Fields: domain.FieldText})
		if err != nil || shown(got) != shown(want) {
			t.Fatalf("SearchGroups(%d, %d) of %+v = %v\n got %s\nwant %s", groups, size, q, err, shown(got), shown(want))
		}
		if hit := got[0].Hits[0]; hit.Text == "" || hit.Metadata.Text != "" || hit.Score != want[0].Hits[0].Score {
			t.Errorf("the first hit is %+v; want its text alone, and the score %v", hit, want[0].Hits[0].Score)
		}
	}
}

// withFullText returns a service with chunks that have words.
func withFullText(t *testing.T) *app.Service {
	t.Helper()
	s := serviceOf(t, embedtest.NewMemory("usual", ports.EmbedLimits{}))
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{FullText: domain.Words}); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	chunks := make([]domain.Chunk, 150)
	for i := range chunks {
		chunks[i] = chunk(strings.Repeat("lamp ", 1+rng.IntN(9))+strings.Repeat("word ", rng.IntN(20)), rng.Float32(), rng.Float32())
		chunks[i].Metadata = *metadata(t, fmt.Sprintf(`{"rest":%d}`, (i+1)%5))
	}
	insert(t, s, "a", chunks...)
	return s
}

func TestGroupsOfWords(t *testing.T) {
	s := withFullText(t)
	for name, q := range map[string]app.Query{"words": {Text: "lamp"}, "words and a vector": {Text: "lamp", Embedding: []float32{1, 0}}} {
		q.K = 100 // as many as are looked at first
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{q}, Fields: domain.DefaultFields})
		if err != nil {
			t.Fatal(err)
		}
		want := grouped(found.Hits[0], 3, 2, func(id int64) []filterlang.Value { return []filterlang.Value{filterlang.Int(id % 5)} })
		q.K = 0
		got, err := s.SearchGroups(t.Context(), app.Groups{Database: "a", Query: q, By: "rest", Groups: 3, Size: 2})
		if err != nil || shown(got) != shown(want) {
			t.Errorf("%s: SearchGroups = %s, %v; want %s", name, shown(got), err, shown(want))
		}
		for i := range got {
			for j, h := range got[i].Hits {
				if h.Score != want[i].Hits[j].Score {
					t.Errorf("%s: hit %d has the score %v; want %v, that of the search", name, h.ID, h.Score, want[i].Hits[j].Score)
				}
			}
		}
	}
}

func TestWrongGroups(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("one", 1, 0))
	q := app.Query{Embedding: []float32{1, 0}}
	if got, err := s.SearchGroups(t.Context(), app.Groups{Database: "a", Query: q, By: "x"}); err != nil || len(got) != 0 {
		t.Errorf("SearchGroups by what no chunk has = %v, %v; want none", got, err)
	}
	for name, in := range map[string]app.Groups{
		"no field":          {Query: q},
		"a field of chunks": {Query: q, By: "$id"},
		"negative groups":   {Query: q, By: "x", Groups: -1},
		"a negative size":   {Query: q, By: "x", Size: -1},
		"too many":          {Query: q, By: "x", Groups: 5000, Size: 3},
		"an offset":         {Query: app.Query{Embedding: q.Embedding, Offset: 1}, By: "x"},
		"mmr":               {Query: app.Query{Embedding: q.Embedding, MMR: &domain.MMR{}}, By: "x"},
		"no query":          {By: "x"},
	} {
		in.Database = "a"
		if _, err := s.SearchGroups(t.Context(), in); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: SearchGroups = %v; want ErrInvalid", name, err)
		}
	}
	if _, err := s.SearchGroups(t.Context(), app.Groups{Database: "none", Query: q, By: "x"}); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("SearchGroups in a database that is not there = %v; want ErrNotFound", err)
	}
}
