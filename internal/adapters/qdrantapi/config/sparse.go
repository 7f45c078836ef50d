package config

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// Declaring returns c with the sparse vectors that the database declares, which others than
// the Qdrant API may have named.
func (c Config) Declaring(names domain.SparseNames) (Config, error) {
	described := map[string]json.RawMessage{}
	if c.Sparse != nil {
		if err := json.Unmarshal(c.Sparse, &described); err != nil {
			return c, fmt.Errorf("configuration of a collection: %w", err)
		}
	}
	known := slices.Clone(c.SparseNames)
	for name, m := range names.All() {
		if slices.Contains(c.SparseNames, name) {
			continue
		}
		known = append(known, name)
		described[name] = json.RawMessage("{}")
		if m == domain.SparseIDF {
			described[name] = json.RawMessage(`{"modifier":"idf"}`)
		}
	}
	if len(known) == len(c.SparseNames) {
		return c, nil
	}
	raw, err := json.Marshal(described)
	slices.Sort(known)
	c.SparseNames, c.Sparse = known, raw
	return c, err
}
