package remote

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Vector is an embedding as answers have it: an array of numbers, or base64 of
// little-endian float32.
type Vector []float32

var errNoNumbers = errors.New("an embedding that is neither numbers nor base64")

// UnmarshalJSON reads either form. b is valid JSON.
func (v *Vector) UnmarshalJSON(b []byte) error {
	var err error
	switch {
	case len(b) > 1 && b[0] == '"':
		*v, err = fromBase64(b)
	case len(b) > 1 && b[0] == '[':
		*v, err = fromArray(b[1 : len(b)-1])
	default:
		err = errNoNumbers
	}
	return err
}

func fromBase64(b []byte) ([]float32, error) {
	text := b[1 : len(b)-1]
	if bytes.IndexByte(text, '\\') >= 0 { // some write "\/"
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return nil, errNoNumbers
		}
		text = []byte(s)
	}
	text = bytes.TrimRight(text, "=")
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	if _, err := base64.RawStdEncoding.Decode(raw, text); err != nil {
		return nil, errNoNumbers
	}
	const size = 4
	if len(raw)%size != 0 {
		return nil, fmt.Errorf("base64 of %d bytes, which are no float32 values", len(raw))
	}
	out := make([]float32, len(raw)/size)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[size*i:]))
	}
	return out, nil
}

// fromArray reads what stands between the brackets of a valid array. encoding/json takes
// null, which some servers write for NaN, for 0.
func fromArray(b []byte) ([]float32, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, nil
	}
	out := make([]float32, 0, bytes.Count(b, []byte(","))+1)
	for part := range bytes.SplitSeq(b, []byte(",")) {
		x, err := strconv.ParseFloat(string(bytes.TrimSpace(part)), 32)
		if err != nil {
			return nil, notANumber(part)
		}
		out = append(out, float32(x))
	}
	return out, nil
}

func notANumber(part []byte) error {
	const most = 20
	text := string(bytes.TrimSpace(part))
	return fmt.Errorf("%q where a number must be", strings.ToValidUTF8(text[:min(len(text), most)], "?"))
}

// Plain returns vectors as slices.
func Plain(vectors []Vector) [][]float32 {
	out := make([][]float32, len(vectors))
	for i, v := range vectors {
		out[i] = v
	}
	return out
}

// CheckEmbeddings reports in words why es cannot be the embeddings of n texts: not as many,
// without components or more than domain.MaxDims, not all of the same dims, not finite, or
// of length zero, which is near nothing.
func CheckEmbeddings(es [][]float32, n int) error {
	if len(es) != n {
		return fmt.Errorf("%d embeddings for %d texts", len(es), n)
	}
	for i, e := range es {
		switch {
		case len(e) == 0:
			return fmt.Errorf("no components in embedding %d", i)
		case len(e) > domain.MaxDims:
			return fmt.Errorf("%d components in embedding %d, at most %d can be stored", len(e), i, domain.MaxDims)
		case len(e) != len(es[0]):
			return fmt.Errorf("%d components in embedding %d, and %d in the first", len(e), i, len(es[0]))
		}
		if !slices.ContainsFunc(e, func(x float32) bool { return x != 0 }) {
			return fmt.Errorf("embedding %d has length zero", i)
		}
		for k, x := range e {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return fmt.Errorf("%v as component %d of embedding %d", x, k, i)
			}
		}
	}
	return nil
}
