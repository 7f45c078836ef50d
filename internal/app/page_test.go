package app_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// TestPagesFitTogether reads lists of hits page by page, as far as they go or 300 deep:
// whichever way the hits are found, none may come twice, none that a later page's wider
// search finds may be left out, and each page is the best first.
func TestPagesFitTogether(t *testing.T) {
	const n, dims, seed = 6000, 32, 21
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	gate := &gatedGraph{stop: newStop(), all: true}
	s := configured(t, app.Config{Engines: []ports.Engine{gate}, FlatMax: func(int) int { return 100 }})
	defer close(gate.free)
	vector := func() []float32 {
		v := make([]float32, dims)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	words := []string{"red", "green", "blue", "cat", "dog", "bird"}
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		about, err := domain.MetadataObject(fmt.Appendf(nil, `{"n":%d}`, i%10))
		if err != nil {
			t.Fatal(err)
		}
		text := words[rng.IntN(3)] + " " + words[3+rng.IntN(3)]
		for range rng.IntN(5) {
			text = fmt.Sprint(text, " ", rng.IntN(50))
		}
		chunks[i] = domain.Chunk{Text: text, Embedding: vector(), Metadata: about}
	}
	withText := true
	if _, _, err := s.Create(t.Context(), "d", domain.Settings{Metric: domain.Cosine, FullText: domain.Words}); errors.Is(err, domain.ErrUnsupported) {
		withText = false
	} else if err != nil {
		t.Fatal(err)
	}
	insert(t, s, "d", chunks[:n-200]...)
	search(t, s, "d", 1, chunks[0].Embedding...)
	plan(t, s, "d", domain.PlanGraph)
	gate.armed.Store(true)
	insert(t, s, "d", chunks[n-200:]...) // which stay in the tail
	<-gate.reached

	in := func(filter string) *filterlang.Filter {
		f, err := filterlang.Parse([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		return &f
	}
	for name, q := range map[string]app.Query{
		"tail and graph":     {},
		"a beam of its own":  {Ef: 300},
		"exact":              {Exact: true},
		"like another":       {Like: app.Ref{ID: 17}},
		"many may come":      {Filter: in(`{"n":{"$lt":8}}`)},
		"few may come":       {Filter: in(`{"n":3}`)},
		"words":              {Text: "red 7"},
		"words and a vector": {Text: "blue cat 7"},
		"weighed scores":     {Text: "green", Fusion: domain.Fusion{Method: domain.WeightedScores}},
		"few candidates":     {Text: "dog", Fusion: domain.Fusion{Candidates: 10}, Filter: in(`{"n":{"$gt":4}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			if q.Text != "" && !withText {
				t.Skip("this build has no full text")
			}
			if q.Like.ID == 0 && name != "words" {
				q.Embedding = vector()
			}
			for _, k := range []int{1, 7, 20, 150} {
				q := q
				q.K = k
				readPages(t, s, q, 300)
			}
		})
	}
}

// readPages reads the pages of q up to depth, and one that lies across two of them.
func readPages(t *testing.T, s *app.Service, q app.Query, depth int) {
	t.Helper()
	read := func(offset int) []domain.Hit {
		q.Offset = offset
		found, err := s.Search(t.Context(), app.Search{Database: "d", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range found.Hits[0] {
			if i > 0 && h.Score > found.Hits[0][i-1].Score {
				t.Errorf("k %d, offset %d: score %v after %v", q.K, offset, h.Score, found.Hits[0][i-1].Score)
			}
		}
		return found.Hits[0]
	}
	page := map[int64]int{} // of each chunk
	for n := range min(depth/q.K, 40) {
		hits := read(n * q.K)
		for _, h := range hits {
			if before, twice := page[h.ID]; twice {
				t.Errorf("k %d: chunk %d is on page %d and on page %d", q.K, h.ID, before, n)
			}
			page[h.ID] = n
		}
		if len(hits) < q.K {
			break
		}
	}
	if len(page) < 2*q.K {
		t.Fatalf("k %d: %d hits; want two pages at least", q.K, len(page))
	}
	last := len(page)/q.K - 1
	for _, h := range read(last*q.K - (q.K+1)/2) {
		if n, there := page[h.ID]; !there || n != last && n != last-1 {
			t.Errorf("k %d: between page %d and page %d is chunk %d of page %d (%v)", q.K, last-1, last, h.ID, n, there)
		}
	}
}

// TestPagesMissNothing compares ten pages with one search for all of it: what is missing is
// what the graph does not find, not what lies between two pages.
func TestPagesMissNothing(t *testing.T) {
	const n, dims, k, pages = 10_000, 32, 20, 10
	rng := rand.New(rand.NewPCG(22, 0))
	s := configured(t, app.Config{Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return 100 }})
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i].Embedding = make([]float32, dims)
		for j := range dims {
			chunks[i].Embedding[j] = float32(rng.NormFloat64())
		}
	}
	insert(t, s, "d", chunks...)
	search(t, s, "d", 1, chunks[0].Embedding...)
	plan(t, s, "d", domain.PlanGraph)
	ids := func(q app.Query) (ids []int64) {
		found, err := s.Search(t.Context(), app.Search{Database: "d", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range found.Hits[0] {
			ids = append(ids, h.ID)
		}
		return ids
	}
	lost, atOnce, queries := 0, 0, 20
	missing := func(want, got []int64) (n int) {
		for _, id := range want {
			if !slices.Contains(got, id) {
				n++
			}
		}
		return n
	}
	for i := range queries {
		q := app.Query{Embedding: chunks[i*7].Embedding, K: k * pages, Exact: true}
		want := ids(q)
		q.Exact = false
		atOnce += missing(want, ids(q))
		var got []int64
		for q.K = k; q.Offset < k*pages; q.Offset += k {
			got = append(got, ids(q)...)
		}
		lost += missing(want, got)
		if slices.Sort(got); len(slices.Compact(got)) != k*pages {
			t.Errorf("query %d: %d different hits on %d pages of %d", i, len(slices.Compact(got)), pages, k)
		}
	}
	all := queries * k * pages
	t.Logf("of the %d best of %d queries %d are on no page, and %d not found at once", k*pages, queries, lost, atOnce)
	if lost > atOnce+all/200 {
		t.Errorf("%d of %d are on no page, and %d not found at once: pages miss what one search finds", lost, all, atOnce)
	}
}
