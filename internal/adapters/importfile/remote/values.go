package remote

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads the JSON of an answer into v. Objects may have a name twice: what a store keeps
// with its vectors is passed on as it is. Its error says what stands there instead.
func Decode(body []byte, v any) error {
	err := json.Unmarshal(body, v, jsontext.AllowDuplicateNames(true))
	if err != nil {
		return fmt.Errorf("what cannot be read: %w", err)
	}
	return nil
}

// Numbers reads an embedding: an array of numbers, or a string with the base64 of its
// little-endian float32. Null, and no value at all, are none.
func Numbers(raw jsontext.Value) ([]float32, error) {
	switch raw.Kind() {
	case '[':
		var v []float32
		// A null would be read as a zero; no number has the letter n.
		if bytes.IndexByte(raw, 'n') >= 0 || json.Unmarshal(raw, &v) != nil {
			return nil, errors.New("an embedding must be a list of numbers that fit into 32 bits")
		}
		return v, nil
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, err
		}
		return fromBase64(text)
	case 'n', 0:
		return nil, nil
	default:
		return nil, errors.New("an embedding must be a list of numbers")
	}
}

func fromBase64(text string) ([]float32, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b)%4 != 0 {
		return nil, errors.New("an embedding in a string must be base64 of 32-bit numbers")
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out, nil
}
