package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/repotest"
)

const filterSeed = 20261122

func filter(t testing.TB, text string) *filterlang.Filter {
	t.Helper()
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		t.Fatalf("ParseFilter(%s) = %v", text, err)
	}
	return &f
}

// openFast opens a store in a file that does not wait for the disk.
func openFast(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "memista.db"), &sqlite.Options{Durability: "normal"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFilteredModel compares filtered searches, counts and lists with the reference under
// random operations, on both sides of the switch from tail to graph.
func TestFilteredModel(t *testing.T) {
	for _, flatMax := range []int{20, 1 << 30} {
		t.Run(fmt.Sprint("flatMax ", flatMax), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(filterSeed, uint64(flatMax)))
			s := newService(t, openFast(t), flatMax)
			want := map[int64]domain.Chunk{}
			put := func(n int) {
				chunks := make([]domain.Chunk, n)
				for i := range chunks {
					chunks[i] = repotest.RandomChunk(rng, rng.IntN(40))
					if slices.ContainsFunc(chunks[:i], func(c domain.Chunk) bool { return c.Key == chunks[i].Key }) {
						chunks[i].Key = ""
					}
				}
				for i, id := range insert(t, s, "m", chunks...) {
					chunks[i].ID = id
					want[id] = chunks[i]
				}
			}
			put(60)
			for i := range repotest.RandomFilters(250) {
				switch rng.IntN(8) {
				case 0:
					put(1 + rng.IntN(3))
				case 1:
					id := 1 + rng.Int64N(60)
					if _, err := s.Delete(t.Context(), "m", []int64{id}); err != nil {
						t.Fatal(err)
					}
					delete(want, id)
				}
				text := repotest.RandomFilter(rng)
				if err := compareFiltered(t, s, want, filter(t, text), 1+rng.IntN(12), rng.IntN(3)); err != nil {
					t.Fatalf("seed %d, filter %d %s: %v", filterSeed, i, text, err)
				}
			}
		})
	}
}

// compareFiltered asks s in all ways what f selects of want.
func compareFiltered(t *testing.T, s *app.Service, want map[int64]domain.Chunk, f *filterlang.Filter, k, offset int) error {
	q := []float32{1, 0.5}
	var truth []domain.Neighbor
	for id, c := range want {
		if f.Matches(&c) {
			truth = append(truth, domain.Neighbor{ID: id, Distance: domain.InnerProduct.Distance(q, c.Embedding)})
		}
	}
	slices.SortFunc(truth, domain.Neighbor.Compare)
	found, err := s.Search(t.Context(), app.Search{Database: "m", Queries: []app.Query{{Embedding: q, K: k, Offset: offset, Filter: f}}})
	if err != nil {
		return err
	}
	page := truth[min(offset, len(truth)):]
	page = page[:min(k, len(page))]
	if len(found.Hits[0]) != len(page) {
		return fmt.Errorf("%d hits; want %d", len(found.Hits[0]), len(page))
	}
	for i, h := range found.Hits[0] {
		if h.ID != page[i].ID {
			return fmt.Errorf("hit %d is %d; want %d", i, h.ID, page[i].ID)
		}
	}
	if w := found.Explain[0].Filter; w.Matched != len(truth) || w.Total != len(want) {
		return fmt.Errorf("explain tells of %d of %d; want %d of %d", w.Matched, w.Total, len(truth), len(want))
	}
	n, err := s.Count(t.Context(), "m", f)
	if err != nil || n != int64(len(truth)) {
		return fmt.Errorf("Count = %d, %w; want %d", n, err, len(truth))
	}
	list, err := s.List(t.Context(), app.List{Database: "m", Filter: f, Limit: 1000})
	if err != nil || len(list.Chunks) != len(truth) || list.Next != 0 {
		return fmt.Errorf("List gives %d chunks, next %d, %w; want %d", len(list.Chunks), list.Next, err, len(truth))
	}
	return nil
}

// TestFilteredSearchesBesideWriters has chunks change places between two groups, or leave
// while another one comes, in one batch each, while others search in one group. At each
// moment a group has the same number of chunks, so as many have to come back, all of the
// group.
func TestFilteredSearchesBesideWriters(t *testing.T) {
	const n, k = 60, 40
	s := newService(t, openFast(t), 20)
	group := make([]int, n)
	of := func(i int) domain.Chunk {
		return domain.Chunk{
			Key: fmt.Sprint(i), Embedding: []float32{float32(i), 1},
			Metadata: domain.MetadataString(fmt.Sprintf(`{"g":%d}`, group[i])),
		}
	}
	all := make([]domain.Chunk, n)
	for i := range all {
		group[i] = i % 2
		all[i] = of(i)
	}
	ids := insert(t, s, "m", all...)
	ctx, cancel := context.WithCancel(t.Context())
	var searchers sync.WaitGroup
	for g := range 2 {
		f := filter(t, fmt.Sprintf(`{"g":%d}`, g))
		searchers.Go(func() {
			for ctx.Err() == nil {
				found, err := s.Search(ctx, app.Search{Database: "m", Fields: domain.DefaultFields, Queries: []app.Query{{Embedding: []float32{1, 1}, K: k, Filter: f}}})
				if errors.Is(err, context.Canceled) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				for _, h := range found.Hits[0] {
					if !f.Matches(&h.Chunk) {
						t.Errorf("hit %+v is not in group %d", h.Chunk, g)
					}
				}
				if len(found.Hits[0]) != n/2 {
					t.Errorf("%d hits of group %d after %d rounds; want %d at each moment", len(found.Hits[0]), g, found.Explain[0].Rounds, n/2)
					return
				}
			}
		})
	}
	rng := rand.New(rand.NewPCG(filterSeed, 5))
	for range 600 {
		a, b := rng.IntN(n), rng.IntN(n)
		if group[a] == group[b] { // one leaves and comes again under another id
			c, err := s.Write(t.Context(), domain.Batch{Database: "m", Delete: []int64{ids[a]}, Put: []domain.Chunk{of(a)}})
			if err != nil {
				t.Fatal(err)
			}
			ids[a] = c.IDs[0]
			continue
		}
		group[a], group[b] = group[b], group[a]
		insert(t, s, "m", of(a), of(b))
	}
	cancel()
	searchers.Wait()
}

func TestDeleteWhere(t *testing.T) {
	s := open(t)
	var chunks []domain.Chunk
	for i := range 30 {
		chunks = append(chunks, domain.Chunk{Key: fmt.Sprint("k", i), Embedding: []float32{1, 2}, Metadata: domain.MetadataString(fmt.Sprintf(`{"n":%d}`, i))})
	}
	insert(t, s, "a", chunks...)
	for _, step := range []struct {
		delete func() (int, error)
		gone   int
	}{
		{func() (int, error) { return s.DeleteWhere(t.Context(), "a", filter(t, `{"n":{"$lt":10}}`)) }, 10},
		{func() (int, error) { return s.DeleteWhere(t.Context(), "a", filter(t, `{"n":{"$lt":10}}`)) }, 0},
		{func() (int, error) { return s.DeleteKeys(t.Context(), "a", []string{"k10", "k11", "k10", "none"}) }, 2},
		{func() (int, error) { return s.DeleteWhere(t.Context(), "a", nil) }, 18},
	} {
		before, _ := s.Count(t.Context(), "a", nil)
		n, err := step.delete()
		after, _ := s.Count(t.Context(), "a", nil)
		if err != nil || n != step.gone || before-after != int64(step.gone) {
			t.Errorf("deleted %d, %v, and %d of %d are left; want %d deleted", n, err, after, before, step.gone)
		}
	}
	if hits := search(t, s, "a", 5, 1, 2); len(hits) != 0 {
		t.Errorf("hits = %+v; want none", hits)
	}
	if _, err := s.DeleteWhere(t.Context(), "none", nil); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("DeleteWhere in an unknown database = %v; want ErrNotFound", err)
	}
}

// A chunk that changes between being found and being deleted stays if the filter does not
// select it any more.
func TestDeleteWhereLooksAgain(t *testing.T) {
	m := &meddler{ChunkRepository: openStore(t, filepath.Join(t.TempDir(), "memista.db"))}
	s := newService(t, m, 1<<30)
	of := func(n int) domain.Chunk {
		return domain.Chunk{Key: "k", Embedding: []float32{1, 2}, Metadata: domain.MetadataString(fmt.Sprintf(`{"n":%d}`, n))}
	}
	insert(t, s, "a", of(1), domain.Chunk{Embedding: []float32{1, 2}, Metadata: domain.MetadataString(`{"n":1}`)})
	changed := false
	m.set(func() {
		if !changed {
			changed = true
			insert(t, s, "a", of(2))
		}
	})
	n, err := s.DeleteWhere(t.Context(), "a", filter(t, `{"n":1}`))
	if left, _ := s.Count(t.Context(), "a", filter(t, `{"n":2}`)); err != nil || n != 1 || left != 1 {
		t.Errorf("DeleteWhere = %d, %v and %d chunks are left; want 1 deleted and the changed one left", n, err, left)
	}
}

func TestLikeAStoredChunk(t *testing.T) {
	s := open(t)
	insert(t, s, "a", domain.Chunk{Key: "k", Text: "east", Embedding: []float32{1, 0}}, chunk("near", 0.9, 0), chunk("far", 0.1, 0))
	for _, like := range []app.Ref{{ID: 1}, {Key: "k"}} {
		queries := []app.Query{{Like: like, K: 1}, {Like: like, K: 5}, {Like: like, K: 1, Offset: 1}}
		found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: queries, Fields: domain.DefaultFields})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, hits := range found.Hits {
			for _, h := range hits {
				got = append(got, h.Text)
			}
		}
		if want := []string{"near", "near", "far", "far"}; !slices.Equal(got, want) {
			t.Errorf("Search like %v = %v; want %v", like, got, want)
		}
		if queries[0].Embedding != nil {
			t.Error("Search changed the queries of its caller")
		}
	}
}
