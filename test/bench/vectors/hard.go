package vectors

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/memista/memista/internal/ports/indextest"
)

// hardSeed is that of all hard sets.
const hardSeed = 20261130

// Crowd returns 20,000 normal rows of 64 numbers and, mixed in, 2,000 rows equal to one
// another, as an empty text or a boilerplate passage gives. Every fourth query is near
// those; the others are normal. Its metric is cosine.
func Crowd() *Set {
	const others, equal, dims = 20_000, 2_000, 64
	rows, queries := gaussian(others+1, dims)
	at := rows[others]
	for range equal - 1 {
		rows = append(rows, at)
	}
	r := rand.New(rand.NewPCG(hardSeed, 0x63726f7764))
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for i := 0; i < len(queries); i += 4 {
		queries[i] = indextest.Around(r, at, 0.05)
	}
	return hard("crowd", rows, queries)
}

// Cone returns 6,000 rows of 32 normal numbers around a mean of 30: the angles between
// them are a few degrees. Its metric is cosine.
func Cone() *Set {
	rows, queries := gaussian(6_000, 32)
	indextest.Shift(rows, 30)
	indextest.Shift(queries, 30)
	return hard("cone", rows, queries)
}

// Long returns 6,000 normal rows of 32 numbers and, among them, three that are 100 times
// longer. Its metric is inner product.
func Long() *Set {
	const each = 2_000
	rows, queries := gaussian(6_003, 32)
	for i := each / 2; i < len(rows); i += each {
		indextest.SetLength(rows[i], 100*indextest.Length(rows[i]))
	}
	return hard("long", rows, queries)
}

// Lognormal returns 6,000 normal rows of 32 numbers whose lengths are lognormal with
// sigma 1. Its metric is inner product.
func Lognormal() *Set {
	rows, queries := gaussian(6_000, 32)
	r := rand.New(rand.NewPCG(hardSeed, 0x6c6e))
	for _, v := range rows {
		indextest.SetLength(v, math.Exp(r.NormFloat64()))
	}
	return hard("lognormal", rows, queries)
}

// gaussian returns n normal rows, and the queries.
func gaussian(n, dims int) (rows, queries [][]float32) {
	all := indextest.Gaussian(hardSeed, n+queryCount, dims)
	return all[:n:n], all[n:]
}

func hard(name string, rows, queries [][]float32) *Set {
	dims := len(rows[0])
	return &Set{
		Name: fmt.Sprintf("%s-%dd-%d-seed%d", name, dims, len(rows), hardSeed),
		Dims: dims, Rows: rows, Queries: queries,
	}
}
