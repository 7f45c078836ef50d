package source

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// decodeSparse reads the sparse vectors of a row by their names; null is none.
func decodeSparse(d *jsontext.Decoder) (domain.SparseVectors, error) {
	var sent map[string]struct {
		Indices *[]uint32  `json:"indices"`
		Values  *[]float32 `json:"values"`
	}
	if err := json.UnmarshalDecode(d, &sent, json.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(false)); err != nil {
		return nil, err
	}
	if len(sent) == 0 {
		return nil, nil
	}
	out := make(domain.SparseVectors, len(sent))
	for name, v := range sent {
		if v.Indices == nil || v.Values == nil {
			return nil, fmt.Errorf("%s: %w", name, errors.New("indices and values must be there"))
		}
		out[name] = domain.SparseVector{Indices: *v.Indices, Values: *v.Values}
	}
	return out, out.Check()
}
