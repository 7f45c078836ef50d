package source

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// fields are those of a row: the same as those of a chunk in an insert over HTTP, under the
// same rules: each at most once, in lower case, and no others.
var fields = []string{"embedding", "text", "metadata", "key", "ttl_seconds", "sparse", "vectors"}

// ErrNoEmbedding says that a row has no embedding where it must have one.
var ErrNoEmbedding = errors.New("embedding is missing or empty")

// decode reads a row, a JSON object.
func decode(line []byte) (domain.Chunk, error) {
	// Metadata may have a name twice, as over HTTP; the row itself is checked here.
	d := jsontext.NewDecoder(bytes.NewReader(line), jsontext.AllowDuplicateNames(true))
	switch t, err := d.ReadToken(); {
	case err != nil:
		return domain.Chunk{}, syntax(err)
	case t.Kind() != '{':
		return domain.Chunk{}, errors.New("expected a JSON object")
	}
	var chunk domain.Chunk
	seen := map[string]bool{}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return domain.Chunk{}, syntax(err)
		}
		name := t.String()
		switch {
		case !slices.Contains(fields, name):
			return domain.Chunk{}, fmt.Errorf("unknown field %q: a row has the fields %q", name, fields)
		case seen[name]:
			return domain.Chunk{}, fmt.Errorf("field %q occurs twice", name)
		}
		seen[name] = true
		if err := decodeField(d, name, &chunk); errors.Is(err, domain.ErrInvalid) {
			return domain.Chunk{}, err // which names the field
		} else if err != nil {
			return domain.Chunk{}, fmt.Errorf("%s: %w", name, syntax(err))
		}
	}
	if _, err := d.ReadToken(); err != nil { // the brace
		return domain.Chunk{}, syntax(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return domain.Chunk{}, errors.New("more than one JSON value on the line")
	}
	return chunk, nil
}

// syntax says what is wrong with JSON in the words of the standard library.
func syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func decodeField(d *jsontext.Decoder, name string, chunk *domain.Chunk) (err error) {
	switch name {
	case "embedding":
		chunk.Embedding, err = decodeVector(d)
	case "text":
		err = json.UnmarshalDecode(d, &chunk.Text)
	case "metadata":
		chunk.Metadata, err = decodeMetadata(d)
	case "key":
		err = json.UnmarshalDecode(d, &chunk.Key)
	case "ttl_seconds":
		chunk.TTL, err = decodeTTL(d)
	case "sparse":
		chunk.Sparse, err = decodeSparse(d)
	case "vectors":
		chunk.Vectors, err = decodeVectors(d)
	}
	return err
}

// decodeVector reads an array of numbers, or a string with the base64 of its little-endian
// float32.
func decodeVector(d *jsontext.Decoder) (v []float32, err error) {
	if d.PeekKind() != '"' {
		err = json.UnmarshalDecode(d, &v)
		return v, err
	}
	var text string
	if err := json.UnmarshalDecode(d, &text); err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw)%4 != 0 {
		return nil, errors.New("a vector in a string must be base64 of little-endian float32, with padding")
	}
	for ; len(raw) > 0; raw = raw[4:] {
		v = append(v, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return v, nil
}

func decodeMetadata(d *jsontext.Decoder) (domain.Metadata, error) {
	switch d.PeekKind() {
	case 'n':
		_, err := d.ReadToken()
		return domain.Metadata{}, err
	case '"':
		var s string
		err := json.UnmarshalDecode(d, &s)
		return domain.MetadataString(s), err
	default:
		raw, err := d.ReadValue()
		if err != nil {
			return domain.Metadata{}, err
		}
		return domain.MetadataObject(bytes.Clone(raw))
	}
}

// decodeTTL reads a time to live, 0 for null.
func decodeTTL(d *jsontext.Decoder) (time.Duration, error) {
	var ttl *int64
	if err := json.UnmarshalDecode(d, &ttl); err != nil || ttl == nil {
		return 0, err
	}
	const most = int64(domain.MaxTTL / time.Second)
	if *ttl < 1 || *ttl > most {
		return 0, fmt.Errorf("must be between 1 and %d", most)
	}
	return time.Duration(*ttl) * time.Second, nil
}
