//go:build unix

package faults_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// chunk is a chunk as it is sent, and a hit as it comes back.
type chunk struct {
	ID        int64           `json:"chunk_id,omitempty"`
	Key       string          `json:"key,omitempty"`
	Text      string          `json:"text"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
	Embedding []float32       `json:"embedding,omitempty"`
	Score     float32         `json:"score,omitempty"`
	Distance  float32         `json:"distance,omitempty"`
}

// content returns chunk number n of a database, without its key: from its text anybody
// can tell what all of it must be, and where it belongs.
func content(database string, dims int, n int64) chunk {
	h := fnv.New64()
	h.Write([]byte(database))
	rng := rand.New(rand.NewPCG(h.Sum64(), uint64(n)))
	c := chunk{Embedding: make([]float32, dims)}
	for i := range c.Embedding {
		c.Embedding[i] = float32(rng.NormFloat64())
	}
	filler := rng.IntN(8)
	if rng.IntN(100) == 0 {
		filler = 2000 // more than a page
	}
	c.Text = fmt.Sprintf("%s/%d ", database, n) + strings.Repeat("å€ \x00\"\\<", filler)
	switch n % 3 {
	case 1:
		c.Metadata = json.RawMessage(strconv.Quote(fmt.Sprintf("plain %d", n)))
	case 2:
		c.Metadata = json.RawMessage(fmt.Sprintf(`{"n":%d,"even":%t}`, n, n%2 == 0))
	}
	return c
}

// content returns chunk number n of d, without its key.
func (d *account) content(n int64) chunk {
	c := content(d.name, d.dims, n)
	switch {
	case d.hasPlace(n):
	case n%3 == 0:
		c.Embedding = nil
	default:
		c.Embedding = make([]float32, d.dims)
	}
	return c
}

// hasPlace reports whether chunk number n of d has an embedding with a direction.
func (d *account) hasPlace(n int64) bool { return !d.bare || n%3 != 0 && n%7 != 0 }

// numberOf returns the number of a chunk of database, from its text.
func numberOf(database, text string) (int64, bool) {
	rest, ok := strings.CutPrefix(text, database+"/")
	digits, _, whole := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && whole && err == nil
}

// differs returns in which part got is not what was sent, byte for byte; "" if in none.
// The embedding is compared if it is there.
func differs(sent, got chunk) string {
	if string(got.Metadata) == "null" {
		got.Metadata = nil
	}
	switch {
	case got.Text != sent.Text:
		return fmt.Sprintf("text %.40q, sent %.40q", got.Text, sent.Text)
	case !bytes.Equal(got.Metadata, sent.Metadata):
		return fmt.Sprintf("metadata %s, sent %s", got.Metadata, sent.Metadata)
	case got.Embedding != nil && !slices.EqualFunc(got.Embedding, sent.Embedding, sameBits):
		return fmt.Sprintf("embedding %.3v, sent %.3v", got.Embedding, sent.Embedding)
	}
	return ""
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// distance is the distance of the metric, in float64.
func distance(metric string, a, b []float32) float64 {
	var dot, squares, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot += x * y
		squares += (x - y) * (x - y)
		aa += x * x
		bb += y * y
	}
	switch metric {
	case "l2":
		return squares
	case "cosine":
		return 1 - dot/math.Sqrt(aa*bb)
	}
	return 1 - dot
}

// near reports whether a distance that memista computed is the true one.
func near(got float32, want float64) bool {
	return math.Abs(float64(got)-want) <= 1e-4*(1+math.Abs(want))
}
