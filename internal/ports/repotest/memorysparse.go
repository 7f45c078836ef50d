package repotest

import "github.com/memista/memista/internal/domain"

// sortedSparse returns a copy of v in the order of indices.
func sortedSparse(v domain.SparseVectors) domain.SparseVectors {
	out := v.Clone()
	for name, one := range out {
		out[name] = one.Sorted()
	}
	return out
}
