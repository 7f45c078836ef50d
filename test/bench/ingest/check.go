package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// check returns the rows of hits, under the ids 1, 2, 3 …, and whether the answer can be
// right: k different rows in order, each with its own text and the score that its vector
// has. Whether they are the nearest is for the recall to say.
func (d *data) check(q []float32, hits []hit) (near []domain.Neighbor, right bool) {
	right = len(hits) == k
	seen := map[int]bool{}
	last := float32(math.Inf(1))
	for _, h := range hits {
		number, rest, _ := strings.Cut(h.Text, ":")
		row, err := strconv.Atoi(number)
		if err != nil || row < 0 || row >= len(d.Rows) || ":"+rest != restOfText || seen[row] || h.Score > last {
			return near, false
		}
		seen[row], last = true, h.Score
		near = append(near, domain.Neighbor{ID: int64(row + 1), Distance: 1 - h.Score})
		right = right && closeTo(float64(h.Score), dot(q, d.Rows[row]))
	}
	return near, right
}

// closeTo allows for what float32 loses in a sum of some hundred products of vectors of
// length one.
func closeTo(a, b float64) bool { return math.Abs(a-b) < 1e-4 }

func dot(a, b []float32) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
