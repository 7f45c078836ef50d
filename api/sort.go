package api

import (
	"encoding/json"
	"math"
	"strconv"
)

// Sort is the order of a field of the metadata: numbers by their size, then times as instants,
// then other texts by their bytes. A chunk with several values there has its place by the first
// of them in the order, and of those with the same value the lower id comes first. One without
// such a value is left out.
type Sort struct {
	Field      string // as filters name it
	Descending bool   // the greatest value first
	From       any    // the first value, a string or a number; nil: at the beginning
}

// FromJSON returns From as JSON. An infinity, which a page may end with, is a number beyond
// those of float64, as it was stored.
func (s *Sort) FromJSON() (string, error) {
	if f, ok := s.From.(float64); ok && math.IsInf(f, 0) {
		return strconv.Itoa(int(math.Copysign(1, f))) + "e999", nil
	}
	raw, err := json.Marshal(s.From)
	return string(raw), err
}
