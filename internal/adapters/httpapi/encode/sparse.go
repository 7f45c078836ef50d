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
