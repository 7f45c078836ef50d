package qdrant

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// sparseParams are the settings of the sparse vectors of one name.
type sparseParams struct {
	Modifier string `json:"modifier"`
}

// declared returns the names with their modifiers as memista declares them. It is ErrInvalid
// for names and modifiers that memista does not have.
func declared(all map[string]sparseParams) (domain.SparseNames, error) {
	modifiers := make(map[string]domain.SparseModifier, len(all))
	for name, p := range all {
		modifiers[name] = domain.SparseModifier(p.Modifier)
	}
	return domain.NewSparseNames(modifiers)
}

// sparseOf returns the sparse vectors among the named ones of a point, nil if it has none.
func (p *points) sparseOf(named map[string]jsontext.Value) (domain.SparseVectors, error) {
	var out domain.SparseVectors
	for name := range p.sparse.All() {
		raw, ok := named[name]
		if !ok || raw.Kind() == 'n' {
			continue
		}
		v, err := readSparse(raw)
		if err != nil {
			return nil, fmt.Errorf("sparse %s: %w", name, err)
		}
		if out == nil {
			out = domain.SparseVectors{}
		}
		out[name] = v
	}
	return out, nil
}

var errNoSparse = errors.New("a sparse vector must have indices and values that fit into 32 bits")

// readSparse reads an object with indices and values.
func readSparse(raw jsontext.Value) (domain.SparseVector, error) {
	var v struct {
		Indices *[]uint32  `json:"indices"`
		Values  *[]float32 `json:"values"`
	}
	// A null would be read as a zero.
	if bytes.Contains(raw, []byte("null")) || json.Unmarshal(raw, &v) != nil || v.Indices == nil || v.Values == nil {
		return domain.SparseVector{}, errNoSparse
	}
	out := domain.SparseVector{Indices: *v.Indices, Values: *v.Values}
	return out, out.Check()
}
