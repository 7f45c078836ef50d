//go:build unix

package histories

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// embedding is made of key and version only.
func embedding(key string, n int64, dims int) []float32 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%d", key, n) // a hash takes everything
	return gaussian(rand.New(rand.NewPCG(h.Sum64(), 7)), dims)
}

func gaussian(rng *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// packed is v as base64.
func packed(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func distance(metric string, a, b []float32) float64 {
	var dot, aa, bb, l2 float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb, l2 = dot+x*y, aa+x*x, bb+y*y, l2+(x-y)*(x-y)
	}
	switch metric {
	case "l2":
		return l2
	case "cosine":
		return 1 - dot/math.Sqrt(aa*bb)
	}
	return 1 - dot
}

// tolerance is by how much a distance may be off: what is stored has 32 bits.
func tolerance(d float64) float64 { return 2e-3 * max(1, math.Abs(d)) }

// group is what filters ask for.
func group(key string, n int64) int64 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s*%d", key, n) // a hash takes everything
	return int64(h.Sum32() % 10)
}

// text is that of version n of key.
func text(key string, n int64) string { return fmt.Sprintf("%s word%d g%d", key, n, group(key, n)) }

// chunk is version n of key as it is sent.
func chunk(key string, n, ttl int64, dims int) map[string]any {
	g := group(key, n)
	c := map[string]any{
		"key": key, "embedding": packed(embedding(key, n, dims)), "text": text(key, n),
		"metadata": map[string]any{"n": n, "g": g, "tags": []any{"t", fmt.Sprint("g", g)}, "deep": map[string]any{"even": n%2 == 0}},
	}
	if ttl > 0 {
		c["ttl_seconds"] = ttl / 1e9
	}
	return c
}

// filter is one that both sides can answer.
type filter struct {
	body any // nil: there is none
	take func(key string, n int64) bool
}

// all takes everything.
var all = filter{take: func(string, int64) bool { return true }}

// grouped is a filter that depends on the group only.
func grouped(body map[string]any, take func(g int64) bool) filter {
	return filter{body, func(key string, n int64) bool { return take(group(key, n)) }}
}

type object = map[string]any

// randomFilter returns one of every form.
func randomFilter(rng *rand.Rand, keys []string) filter {
	g := int64(rng.IntN(10))
	is := func(h int64) bool { return h == g }
	switch rng.IntN(9) {
	case 0:
		return grouped(object{"g": g}, is)
	case 1:
		other := (g + 3) % 10
		return grouped(object{"g": object{"$in": []int64{g, other}}}, func(h int64) bool { return h == g || h == other })
	case 2:
		return grouped(object{"g": object{"$gte": g}}, func(h int64) bool { return h >= g })
	case 3:
		return grouped(object{"tags": fmt.Sprint("g", g)}, is)
	case 4:
		return filter{object{"deep.even": true, "$not": object{"g": g}}, func(k string, n int64) bool { return n%2 == 0 && group(k, n) != g }}
	case 5:
		return grouped(object{"$text": object{"$contains": fmt.Sprint(" g", g)}}, is)
	case 6:
		return filter{object{"$key": object{"$in": keys}}, func(k string, _ int64) bool { return slices.Contains(keys, k) }}
	case 7:
		return filter{object{"n": object{"$exists": false}}, func(string, int64) bool { return false }}
	}
	return filter{object{"$or": []any{object{"g": g}, object{"$key": object{"$gte": "s"}}}}, func(k string, n int64) bool { return group(k, n) == g || k >= "s" }}
}

// encoded is v as JSON. Everything that is sent here can be.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
