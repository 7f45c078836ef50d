package client

import (
	"encoding/json"
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
	sent := make(map[string]SparseVector, len(all))
	for name, v := range all {
		if !utf8.ValidString(name) {
			return nil, refuse(invalid, "the name of a sparse vector is not valid UTF-8")
		}
		if slices.ContainsFunc(v.Values, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
			return nil, refuse(notFinite, "the sparse vector %q has a value that is not a finite number", name)
		}
		sent[name] = SparseVector{Indices: notNil(v.Indices), Values: notNil(v.Values)}
	}
	raw, err := json.Marshal(sent)
	return append(b, raw...), err
}
