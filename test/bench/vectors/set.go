package vectors

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/memista/memista/internal/adapters/npm"
	"github.com/memista/memista/internal/domain"
)

// Set is the data of one benchmark: rows to store, under the ids 1, 2, 3 …, and queries
// that are none of them.
type Set struct {
	Name    string // names the data exactly: what it is, how many, the seed
	Dims    int
	Rows    [][]float32
	Queries [][]float32
	Words   []string // of the rows, where the data are words
}

// IDs returns the ids of the rows: 1, 2, 3 …
func (s *Set) IDs() []int64 {
	ids := make([]int64, len(s.Rows))
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

// RowsByWord returns the number of each row, from 0, by its word.
func (s *Set) RowsByWord() map[string]int {
	rows := make(map[string]int, len(s.Words))
	for i, w := range s.Words {
		rows[w] = i
	}
	return rows
}

// Flat returns vectors one after the other, as C programs want them.
func Flat(vectors [][]float32) []float32 {
	if len(vectors) == 0 {
		return nil
	}
	out := make([]float32, 0, len(vectors)*len(vectors[0]))
	for _, v := range vectors {
		out = append(out, v...)
	}
	return out
}

// split cuts one run of numbers into vectors that share its memory.
func split(flat []float32, dims int) [][]float32 {
	out := make([][]float32, len(flat)/dims)
	for i := range out {
		out[i] = flat[i*dims : (i+1)*dims : (i+1)*dims]
	}
	return out
}

// NewMade returns n rows and 1,000 queries of a generated set.
func NewMade(m Made, n int) *Set {
	return &Set{
		Name:    fmt.Sprintf("made-%dd-%d-seed%d", m.Dims, n, m.Seed),
		Dims:    m.Dims,
		Rows:    split(m.Rows(0, n), m.Dims),
		Queries: split(m.Queries(queryCount), m.Dims),
	}
}

// queryCount is the number of held-out queries of every set.
const queryCount = 1000

// Recall returns the share of the true neighbors that are among the first len(truth)
// results.
func Recall(truth []int64, got []domain.Neighbor) float64 {
	if len(truth) == 0 {
		return 1
	}
	found := 0
	for _, n := range got[:min(len(got), len(truth))] {
		for _, id := range truth {
			if id == n.ID {
				found++
				break
			}
		}
	}
	return float64(found) / float64(len(truth))
}

// RecallAt returns how many of the results are as near to q as the furthest of the true
// neighbors is, as a share of those: one of equal vectors is as good as another.
func (s *Set) RecallAt(metric domain.Metric, q []float32, truth, got []int64) float64 {
	if len(truth) == 0 {
		return 1
	}
	distance := distanceOf[float64](metric)
	far := math.Inf(-1)
	for _, id := range truth {
		far = max(far, distance(q, s.Rows[id-1]))
	}
	found := make(map[int64]bool, len(truth))
	for _, id := range got[:min(len(got), len(truth))] {
		if id >= 1 && id <= int64(len(s.Rows)) && distance(q, s.Rows[id-1]) <= far {
			found[id] = true
		}
	}
	return float64(len(found)) / float64(len(truth))
}

// cacheFile returns the path of a file of ours in the user's cache directory.
func cacheFile(name string) (string, error) {
	cache, err := npm.CacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "bench")
	return filepath.Join(dir, name), os.MkdirAll(dir, 0o755)
}
