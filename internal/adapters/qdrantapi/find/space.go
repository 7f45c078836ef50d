package find

import (
	"math"

	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/domain"
)

// space is the dense vectors that a query is for.
type space struct {
	using  string // the name of the named vectors; "": they are the embeddings
	metric domain.Metric
	dims   int // 0: there is no vector yet
	fields domain.Fields
}

// space returns the dense vectors called name, which the collection has.
func (f *Finder) space(name string) space {
	if v, named := f.Of.In.Named[name]; named {
		return space{name, v.Metric, v.Dims, domain.FieldVectors}
	}
	return space{metric: f.Of.Metric, dims: f.Of.Dims, fields: domain.FieldEmbedding}
}

// of returns the vector that c has.
func (s *space) of(c *domain.Chunk) []float32 {
	if s.using != "" {
		return c.Vectors[s.using]
	}
	return c.Embedding
}

// check refuses a vector of another length than those that are stored.
func (s *space) check(v []float32) (empty bool, err error) {
	switch {
	case s.dims == 0:
		return true, nil
	case len(v) != s.dims:
		return false, said.Dimension(s.dims, len(v))
	}
	return false, nil
}

// mean is the mean of vectors.
func mean(list [][]float32) []float32 {
	sum := make([]float64, len(list[0]))
	for _, v := range list {
		for i, x := range v {
			sum[i] += float64(x)
		}
	}
	out := make([]float32, len(sum))
	for i, x := range sum {
		out[i] = float32(x / float64(len(list)))
	}
	return out
}

// unit is v with the length one; v itself where it has none.
func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return v
	}
	length := math.Sqrt(sum)
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out
}

// closeness is a score of which more is better.
func (s *space) closeness(score float32) float64 {
	if s.metric == domain.L2 {
		return -float64(score)
	}
	return float64(score)
}

// between is the score of two vectors.
func (s *space) between(a, b []float32) float32 {
	h := domain.Hit{Distance: s.metric.Distance(a, b)}
	h.Score = s.metric.Score(h.Distance)
	return encode.Score(s.metric, &h)
}
