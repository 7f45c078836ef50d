package client

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// sparse is a SparseQuery as it is sent: its lists are never null.
type sparse SparseQuery

func wireSparse(q *SparseQuery) *sparse {
	if q == nil {
		return nil
	}
	return &sparse{q.Name, notNil(q.Indices), notNil(q.Values)}
}

// notNil returns list, or an empty one for nil, which would be sent as null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// appendSparse appends the sparse vectors of a chunk.
func appendSparse(b []byte, all map[string]SparseVector) ([]byte, error) {
	set := make(map[string]*SparseVector, len(all))
	for name, v := range all {
		set[name] = &v
	}
	return appendSparsePatch(b, set)
}

// appendSparsePatch appends sparse vectors by their names, null for nil.
func appendSparsePatch(b []byte, all map[string]*SparseVector) ([]byte, error) {
	sent := make(map[string]*SparseVector, len(all))
	for name, v := range all {
		if !utf8.ValidString(name) {
			return nil, refuse(invalid, "the name of a sparse vector is not valid UTF-8")
		}
		if v == nil {
			sent[name] = nil
			continue
		}
		if slices.ContainsFunc(v.Values, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
			return nil, refuse(notFinite, "the sparse vector %q has a value that is not a finite number", name)
		}
		sent[name] = &SparseVector{Indices: notNil(v.Indices), Values: notNil(v.Values)}
	}
	raw, err := json.Marshal(sent)
	return append(b, raw...), err
}

// appendVectors appends named vectors in the order of their names, with removing null for nil.
func appendVectors(b []byte, all map[string][]float32, removing bool) (_ []byte, err error) {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendText(b, "the name of a vector", name); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if removing && all[name] == nil {
			b = append(b, "null"...)
		} else if b, err = appendVector(b, all[name]); err != nil {
			return nil, fmt.Errorf("vectors %s: %w", name, err)
		}
	}
	return append(b, '}'), nil
}
