package source

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// decodeVectors reads the named vectors of a row; null is none.
func decodeVectors(d *jsontext.Decoder) (domain.Vectors, error) {
	var sent map[string]jsontext.Value
	if err := json.UnmarshalDecode(d, &sent, jsontext.AllowDuplicateNames(false)); err != nil || len(sent) == 0 {
		return nil, err
	}
	out := make(domain.Vectors, len(sent))
	for name, raw := range sent {
		v, err := decodeVector(jsontext.NewDecoder(bytes.NewReader(raw)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}
