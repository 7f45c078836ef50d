package main

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/vectors"
)

// dataset is what engines are measured on.
type dataset struct {
	*vectors.Set
	metric domain.Metric
	unit   bool // all vectors have length one, so that inner product and cosine are the same
}

// load returns the data called name.
func load(ctx context.Context, c config, name string) (dataset, error) {
	switch name {
	case "glove", "glove-raw":
		set, err := vectors.GloVe(ctx, c.n, name == "glove")
		return dataset{set, domain.InnerProduct, name == "glove"}, err
	case "made":
		return dataset{vectors.NewMade(vectors.Made{Dims: c.dims, Seed: 1}, c.n), domain.InnerProduct, true}, nil
	case "crowd":
		return dataset{vectors.Crowd(), domain.Cosine, false}, nil
	case "cone":
		return dataset{vectors.Cone(), domain.Cosine, false}, nil
	case "long":
		return dataset{vectors.Long(), domain.InnerProduct, false}, nil
	case "lognormal":
		return dataset{vectors.Lognormal(), domain.InnerProduct, false}, nil
	}
	return dataset{}, fmt.Errorf("unknown set %q: use glove, glove-raw, made, crowd, cone, long or lognormal", name)
}

// recall is the mean over all queries.
func (d dataset) recall(truth, ids [][]int64) float64 {
	var sum float64
	for q, want := range truth {
		sum += d.RecallAt(d.metric, d.Queries[q], want, ids[q])
	}
	return sum / float64(len(truth))
}
