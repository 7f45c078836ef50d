package encode

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// appendSparse appends the member sparse, if it is asked for.
func (p Parts) appendSparse(b []byte, v domain.SparseVectors) []byte {
	if !p.Fields.Has(domain.FieldSparse) {
		return b
	}
	b = append(b, `,"sparse":`...)
	if len(v) == 0 {
		return append(b, "null"...)
	}
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(wire.AppendString(b, name), `:{"indices":[`...)
		for j, index := range v[name].Indices {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, uint64(index), 10)
		}
		b = append(wire.AppendFloats(append(b, `],"values":`...), v[name].Values), '}')
	}
	return append(b, '}')
}

// sparseNames is the sparse vectors that a database declares, or null.
type sparseNames domain.SparseNames

// MarshalJSON writes an object with the modifier of each name, or null.
func (n sparseNames) MarshalJSON() ([]byte, error) {
	names := domain.SparseNames(n)
	if names.Len() == 0 {
		return []byte("null"), nil
	}
	type modifier struct {
		Modifier domain.SparseModifier `json:"modifier"`
	}
	all := map[string]modifier{}
	for name, m := range names.All() {
		all[name] = modifier{m}
	}
	return json.Marshal(all)
}

// appendVectors appends the member vectors, if embeddings are asked for and there are any.
func (p Parts) appendVectors(b []byte, v domain.Vectors) []byte {
	if !p.Fields.Has(domain.FieldVectors) || len(v) == 0 {
		return b
	}
	b = append(b, `,"vectors":`...)
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(wire.AppendString(b, name), ':')
		if p.Base64 {
			b = wire.AppendBase64(b, v[name])
		} else {
			b = wire.AppendFloats(b, v[name])
		}
	}
	return append(b, '}')
}

// namedVectors is the named vectors that a database declares, or null.
type namedVectors domain.NamedVectors

// MarshalJSON writes an object with the dimension and metric of each name, or null.
func (n namedVectors) MarshalJSON() ([]byte, error) {
	names := domain.NamedVectors(n)
	if names.Len() == 0 {
		return []byte("null"), nil
	}
	type settings struct {
		Dims   int           `json:"dims"`
		Metric domain.Metric `json:"metric"`
	}
	all := map[string]settings{}
	for v := range names.All() {
		all[v.Name] = settings{v.Dims, v.Metric}
	}
	return json.Marshal(all)
}
