package domain

// Limits bound what one request may ask. Zero values mean the defaults of DefaultLimits.
type Limits struct {
	Dims    int // components of an embedding
	Results int // k, and offset + k
	Chunks  int // chunks in one insert, ids in one delete
	Queries int // queries in one search
	Filter  int // comparisons and values in one filter
	Hits    int // offset + k of all queries in one search together
	Ef      int // beam width of a query: above it the exact search is the better tool
	// Answer is how many bytes the texts, metadata and embeddings in one answer may have.
	Answer int64
}

// MaxFilterSize is how many comparisons and values in lists a filter may have at most.
const MaxFilterSize = 10_000

// DefaultLimits are the limits where nothing is configured.
func DefaultLimits() Limits {
	return Limits{Dims: MaxDims, Results: 10_000, Chunks: 100_000, Queries: 10_000, Filter: MaxFilterSize, Hits: 100_000, Ef: 100_000, Answer: 128 << 20}
}

// WithDefaults returns l with the defaults where l has zero values.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ v, def *int }{
		{&l.Dims, &d.Dims}, {&l.Results, &d.Results}, {&l.Chunks, &d.Chunks}, {&l.Queries, &d.Queries},
		{&l.Filter, &d.Filter}, {&l.Hits, &d.Hits}, {&l.Ef, &d.Ef},
	} {
		if *f.v <= 0 {
			*f.v = *f.def
		}
	}
	if l.Answer <= 0 {
		l.Answer = d.Answer
	}
	l.Dims = min(l.Dims, MaxDims)
	return l
}
