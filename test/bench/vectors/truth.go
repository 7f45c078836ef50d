package vectors

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/memista/memista/internal/domain"
)

// truthDepth is how many true neighbors are kept of each query.
const truthDepth = 100

// Truth returns, for each query, the ids of its k (at most 100) nearest rows under
// metric, nearest first, found by comparing with all. The answer is cached.
func (s *Set) Truth(metric domain.Metric, k int) ([][]int64, error) {
	if k > truthDepth {
		return nil, fmt.Errorf("truth of %d neighbors asked; at most %d are kept", k, truthDepth)
	}
	path, err := cacheFile(fmt.Sprintf("truth-%s-%s.i32", s.Name, metric))
	if err != nil {
		return nil, err
	}
	depth := min(truthDepth, len(s.Rows))
	raw, err := os.ReadFile(path)
	if err != nil || len(raw) != 4*depth*len(s.Queries) {
		raw = s.computeTruth(metric, depth)
		if err := writeFile(path, raw); err != nil {
			return nil, err
		}
	}
	out := make([][]int64, len(s.Queries))
	for q := range out {
		for j := range min(k, depth) {
			out[q] = append(out[q], int64(binary.LittleEndian.Uint32(raw[4*(q*depth+j):])))
		}
	}
	return out, nil
}

// computeTruth compares every query with every row. Rows are taken in blocks that fit
// the cache of a core, and a block meets all queries before the next one comes.
func (s *Set) computeTruth(metric domain.Metric, depth int) []byte {
	const block = 256
	distance, exact := distanceOf[float32](metric), distanceOf[float64](metric)
	best := make([][]domain.Neighbor, len(s.Queries))
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for first := 0; first < len(s.Rows); first += block {
				for q := w; q < len(s.Queries); q += workers {
					for i := first; i < min(first+block, len(s.Rows)); i++ {
						n := domain.Neighbor{ID: int64(i + 1), Distance: distance(s.Queries[q], s.Rows[i])}
						best[q] = keepBest(best[q], n, depth)
					}
				}
			}
			for q := w; q < len(s.Queries); q += workers {
				s.sortExactly(best[q], func(row []float32) float64 { return exact(s.Queries[q], row) })
			}
		})
	}
	wg.Wait()
	var out []byte
	for _, list := range best {
		for _, n := range list {
			out = binary.LittleEndian.AppendUint32(out, uint32(n.ID))
		}
	}
	return out
}

// sortExactly sorts what was found by float32, which in a narrow cone has few digits.
func (s *Set) sortExactly(list []domain.Neighbor, distance func(row []float32) float64) {
	slices.SortStableFunc(list, func(a, b domain.Neighbor) int {
		return cmp.Compare(distance(s.Rows[a.ID-1]), distance(s.Rows[b.ID-1]))
	})
}

// Nearest returns the k nearest to q under metric of the rows that has reports true for,
// nearest first, found by comparing with all.
func (s *Set) Nearest(metric domain.Metric, q []float32, k int, has func(row int) bool) []domain.Neighbor {
	distance := distanceOf[float32](metric)
	var best []domain.Neighbor
	for i, row := range s.Rows {
		if has(i) {
			best = keepBest(best, domain.Neighbor{ID: int64(i + 1), Distance: distance(q, row)}, k)
		}
	}
	return best
}

// keepBest inserts n into the sorted list if it is among the best depth.
func keepBest(list []domain.Neighbor, n domain.Neighbor, depth int) []domain.Neighbor {
	if len(list) == depth {
		if !n.Less(list[depth-1]) {
			return list
		}
		list = list[:depth-1]
	}
	at, _ := slices.BinarySearchFunc(list, n, func(a, b domain.Neighbor) int {
		if a.Less(b) {
			return -1
		}
		return 1
	})
	return slices.Insert(list, at, n)
}

// distanceOf returns the distance of metric, computed in F.
func distanceOf[F float32 | float64](metric domain.Metric) func(a, b []float32) F {
	switch metric {
	case domain.L2:
		return func(a, b []float32) F {
			var sum F
			for i, x := range a {
				d := F(x) - F(b[i])
				sum += d * d
			}
			return sum
		}
	case domain.Cosine:
		return func(a, b []float32) F {
			return 1 - dot[F](a, b)/F(math.Sqrt(float64(dot[F](a, a))*float64(dot[F](b, b))))
		}
	default:
		return func(a, b []float32) F { return 1 - dot[F](a, b) }
	}
}

// dot adds in four lanes, which a processor can do side by side.
func dot[F float32 | float64](a, b []float32) F {
	b = b[:len(a)]
	var s0, s1, s2, s3 F
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += F(a[i]) * F(b[i])
		s1 += F(a[i+1]) * F(b[i+1])
		s2 += F(a[i+2]) * F(b[i+2])
		s3 += F(a[i+3]) * F(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += F(a[i]) * F(b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
