package decode

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// metadataReader reads objects of metadata.
type metadataReader struct {
	scan wire.Scanner // over one object
	// place begins messages about values that cannot be stored.
	place func(reason string) error
	nulls bool // a null takes a field out
}

// read checks an object without white space between its tokens, of which nothing may be
// lost: values are strings, numbers, bools, lists of one of these, or sparse vectors.
func (r *metadataReader) read(raw []byte) error {
	s := &r.scan
	s.Reset(raw)
	return s.Members(func(name []byte) error {
		switch {
		case len(name) == 0:
			return r.place("Metadata key cannot be empty")
		case name[0] == '#' || name[0] == '$':
			return r.place("Metadata key cannot start with '#' or '$': " + string(name))
		}
		return r.value()
	})
}

func (r *metadataReader) value() error {
	s := &r.scan
	switch s.Next() {
	case '[':
		return r.list()
	case '{':
		return r.sparse()
	case 'n':
		if !r.nulls {
			return s.Errorf("a value of metadata cannot be null")
		}
	}
	_, err := scalar(s)
	return err
}

// Kinds of scalars.
const (
	textKind   = 's'
	numberKind = 'n'
	boolKind   = 'b'
	nullKind   = '0'
)

// scalar reads a scalar and returns its kind.
func scalar(s *wire.Scanner) (kind byte, err error) {
	first := s.Next()
	raw, err := s.Value()
	if err != nil {
		return 0, err
	}
	switch first {
	case '"':
		return textKind, nil
	case 't', 'f':
		return boolKind, nil
	case 'n':
		return nullKind, nil
	case '[', '{':
		return 0, s.Errorf("a value of metadata cannot be nested")
	}
	if f, err := strconv.ParseFloat(string(raw), 64); err != nil || math.IsInf(f, 0) {
		return 0, s.Errorf("number out of range")
	}
	return numberKind, nil
}

// list reads a list of scalars of one kind.
func (r *metadataReader) list() error {
	s := &r.scan
	var first byte
	return s.Array(func(i int) error {
		kind, err := scalar(s)
		switch {
		case err != nil:
			return err
		case i == 0 && kind != nullKind:
			first = kind
		case kind != first:
			return s.Errorf("a list in metadata has values of one kind, and no null")
		}
		return nil
	})
}

// sparseVector is a sparse vector as a value of metadata.
type sparseVector struct {
	Type    string    `json:"#type"`
	Indices []uint32  `json:"indices"`
	Values  []float32 `json:"values"`
}

// sparse reads an object, which has to be a sparse vector.
func (r *metadataReader) sparse() error {
	s := &r.scan
	raw, err := s.Value()
	if err != nil {
		return err
	}
	var v sparseVector
	if json.Unmarshal(raw, &v) != nil || v.Type != "sparse_vector" || v.Indices == nil || v.Values == nil {
		return s.Errorf(`an object in metadata is a sparse vector: {"#type":"sparse_vector","indices":[…],"values":[…]}`)
	}
	if len(v.Indices) != len(v.Values) {
		return r.place("a sparse vector has as many indices as values")
	}
	for i := 1; i < len(v.Indices); i++ {
		if v.Indices[i] <= v.Indices[i-1] {
			return r.place("the indices of a sparse vector ascend")
		}
	}
	return nil
}

// collectionMetadata reads the metadata of a collection; nil is none. Where it is changed a
// null is as good as a field that is not there.
func collectionMetadata(s *wire.Scanner, field string, nulls bool) ([]byte, error) {
	if s.Next() != '{' {
		return nil, s.Errorf("expected an object")
	}
	raw, err := value(s)
	if err != nil {
		return nil, err
	}
	r := metadataReader{nulls: nulls, place: func(reason string) error {
		return refusal.Invalid("Validation error: %s: %s", field, reason)
	}}
	if err := r.read(raw); err != nil {
		return nil, err
	}
	if !nulls || !strings.Contains(string(raw), "null") {
		return orNone(raw), nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for name, value := range fields {
		if string(value) == "null" {
			delete(fields, name)
		}
	}
	kept, err := json.Marshal(fields)
	return orNone(slices.Clip(kept)), err
}

// orNone is nil for an object without fields.
func orNone(object []byte) []byte {
	if string(object) == "{}" {
		return nil
	}
	return object
}
