package hnsw_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// TestScanOfAllowed compares all allowed vectors, of which some were removed or replaced,
// with sizes around those of the batches, and compares the answers with its own.
func TestScanOfAllowed(t *testing.T) {
	for _, storage := range []string{"f32", "bf16", "i8"} {
		for _, metric := range []domain.Metric{domain.InnerProduct, domain.Cosine, domain.L2} {
			t.Run(fmt.Sprintf("%s/%s", storage, metric), func(t *testing.T) {
				scanAllowed(t, ports.IndexSettings{Metric: metric, Dims: 20, EfConstruction: 16, M: 4, Storage: storage})
			})
		}
	}
}

func scanAllowed(t *testing.T, settings ports.IndexSettings) {
	const n, k = 4000, 10
	ix := open(t, settings)
	add(t, ix, indextest.Gaussian(seed, n, settings.Dims))
	held := map[int64][]float32{}
	for i, vec := range indextest.Gaussian(seed, n, settings.Dims) {
		held[int64(i+1)] = vec
	}
	var gone, moved []int64
	for id := int64(3); id <= n; id += 7 {
		gone = append(gone, id)
		delete(held, id)
		moved = append(moved, id+1)
	}
	to := indextest.Gaussian(seed+1, len(moved), settings.Dims)
	for i, id := range moved {
		held[id] = to[i]
	}
	if _, err := ix.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := ix.Add(moved, to); err != nil {
		t.Fatal(err)
	}
	queries := indextest.Gaussian(seed+2, 8, settings.Dims)
	rng := rand.New(rand.NewPCG(seed, 3))
	for _, size := range []int{1, 63, 65, 255, 256, 257, 512, 2047, 2048, 2049, 2304, 2305, 3500} {
		ids := []int64{-5, 0, 1 << 40} // which no vector has
		for _, i := range rng.Perm(n)[:size-1] {
			ids = append(ids, int64(i+1))
		}
		ids = append(ids, moved[size%len(moved)])
		slices.Sort(ids)
		sc := scene{ix: ix, metric: settings.Metric, held: held, allow: indextest.NewSet(ids...)}
		sc.check(t, fmt.Sprintf("%d allowed", size), queries, k)
		some := roaring64.New()
		for _, id := range ids[2:] { // a bitmap has none below 0
			some.Add(uint64(id))
		}
		sc.allow = batched{bitmap{some}}
		sc.check(t, fmt.Sprintf("%d allowed by a bitmap", size), queries, k)
	}
}

// scene is an index with what it holds, and what is allowed.
type scene struct {
	ix     *hnsw.Index
	metric domain.Metric
	held   map[int64][]float32
	allow  ports.IDSet
}

// check asks for the k nearest of the allowed.
func (s scene) check(t *testing.T, what string, queries [][]float32, k int) {
	t.Helper()
	found, wanted := 0, 0
	for _, vec := range queries {
		truth := s.nearest(vec)
		want := truth[:min(k, len(truth))]
		hits, work, err := s.ix.Search(ctx, ports.Query{Vector: vec, K: k, Ef: 400, Allow: s.allow})
		if err != nil {
			t.Fatal(err)
		}
		if work.Plan != domain.PlanExactIDs || work.Distances < len(truth) {
			t.Errorf("%s: plan %s with %d distances; want all %d compared", what, work.Plan, work.Distances, len(truth))
		}
		if len(hits) != len(want) {
			t.Fatalf("%s: %d hits; want %d", what, len(hits), len(want))
		}
		met := map[int64]bool{}
		for _, h := range hits {
			i := slices.IndexFunc(truth, func(n domain.Neighbor) bool { return n.ID == h.ID })
			if i < 0 || met[h.ID] || math.Abs(float64(truth[i].Distance-h.Distance)) > 1e-4 {
				t.Fatalf("%s: hit %v is not allowed, comes twice, or has a wrong distance", what, h)
			}
			met[h.ID] = true
			if i < len(want) {
				found++
			}
		}
		wanted += len(want)
	}
	// Up to 2,048 are compared by their originals; of more 0.95 is promised.
	least := 0.95
	if s.allow.Len() <= 2048 {
		least = 1
	}
	if recall := float64(found) / float64(max(wanted, 1)); recall < least && wanted > 0 {
		t.Errorf("%s: recall %.3f; want %g", what, recall, least)
	}
}

// nearest returns what is held and allowed by its distance to vec.
func (s scene) nearest(vec []float32) []domain.Neighbor {
	var all []domain.Neighbor
	for id, v := range s.held {
		if s.allow.Contains(id) {
			all = append(all, domain.Neighbor{ID: id, Distance: float32(s.distance(vec, v))})
		}
	}
	slices.SortFunc(all, func(a, b domain.Neighbor) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func (s scene) distance(a, b []float32) float64 {
	var dot, aa, bb, l2 float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb, l2 = dot+x*y, aa+x*x, bb+y*y, l2+(x-y)*(x-y)
	}
	switch s.metric {
	case domain.L2:
		return l2
	case domain.Cosine:
		return 1 - dot/math.Sqrt(aa*bb)
	default:
		return 1 - dot
	}
}

// TestScansKeepTheOrderOfDistances has distances that are equal, and such as differ by the
// last bit only.
func TestScansKeepTheOrderOfDistances(t *testing.T) {
	const n = 200
	rng := rand.New(rand.NewPCG(seed, 5))
	for _, about := range []float32{0, 1, -1, 282.4, -11.5} {
		distances := make([]float32, n)
		want := make([]uint32, n)
		for i := range distances {
			d := about
			for range rng.IntN(4) {
				d = math.Nextafter32(d, math.MaxFloat32)
			}
			distances[i], want[i] = d, uint32(i)
		}
		slices.SortStableFunc(want, func(a, b uint32) int { return cmp.Compare(distances[a], distances[b]) })
		if got := hnsw.InOrderOf(distances); !slices.Equal(got, want) {
			t.Errorf("about %v: %v; want %v", about, got, want)
		}
	}
}
