package exportfile

import "github.com/memista/memista/internal/domain"

// sparseVector is a sparse vector as memista and Qdrant take it.
type sparseVector struct {
	Indices []uint32  `json:"indices"`
	Values  []float32 `json:"values"`
}

func sparseVectors(v domain.SparseVectors) map[string]sparseVector {
	out := make(map[string]sparseVector, len(v))
	for name, one := range v {
		out[name] = sparseVector(one)
	}
	return out
}

// vectors returns the vectors of a point: the embedding alone, or by their names where one of
// them has a name.
func vectors(c *domain.Chunk, name string) (any, error) {
	if len(c.Sparse)+len(c.Vectors) == 0 && name == "" && c.Embedding != nil {
		return c.Embedding, nil
	}
	all := make(map[string]any, len(c.Sparse)+len(c.Vectors)+1)
	for name, v := range sparseVectors(c.Sparse) {
		all[name] = v
	}
	for name, v := range c.Vectors {
		if _, taken := all[name]; taken {
			return nil, domain.Errorf(domain.ErrInvalid, "a sparse and a dense vector are called %q, which Qdrant does not have", name)
		}
		all[name] = v
	}
	if c.Embedding == nil {
		return all, nil
	}
	if _, taken := all[name]; taken {
		what := "sparse vector"
		if _, dense := c.Vectors[name]; dense {
			what = "named vector"
		}
		return nil, domain.Errorf(domain.ErrInvalid, "the %s %q and the embedding cannot both have this name: choose another for the embedding", what, name)
	}
	all[name] = c.Embedding
	return all, nil
}
