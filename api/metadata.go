package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Metadata is what is known of a chunk besides its text, or of a database: a JSON object, or
// of a chunk also a string. The zero Metadata is none. It does not change once it is made.
type Metadata struct {
	json string // "": none was given
	err  error  // why what was given is no JSON
}

// Meta returns v as metadata: a map, a struct, a json.RawMessage, or anything else that
// encoding/json writes as an object; a string, which is kept as one and has no fields for
// filters unless it is itself the JSON of an object; or nil, which in a Patch and an Update
// removes what is there. A value that does not marshal is refused with ErrInvalid by the
// call that is given it.
func Meta(v any) Metadata {
	if m, ok := v.(Metadata); ok {
		return m
	}
	raw, err := marshal(v)
	if err != nil {
		return Metadata{err: fmt.Errorf("metadata: %w", err)}
	}
	return Metadata{json: string(raw)}
}

// marshal is json.Marshal that keeps < and > as they are, and refuses text that is not
// UTF-8 instead of changing it.
func marshal(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok { // as it was written, down to the digits of its numbers
		raw = bytes.TrimSpace(raw)
		switch {
		case len(raw) == 0:
			return []byte("null"), nil
		case !utf8.Valid(raw):
			return nil, errNotUTF8
		case !json.Valid(raw):
			return nil, errors.New("it is not JSON")
		}
		return raw, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	if replaced(b.Bytes()) {
		return nil, errNotUTF8
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// replaced reports whether encoding/json has written text that is not UTF-8, in whose place
// it puts an escape that it uses for nothing else.
func replaced(written []byte) bool {
	const escape = `\ufffd`
	for at := bytes.Index(written, []byte(escape)); at >= 0; {
		before := at
		for before > 0 && written[before-1] == '\\' {
			before--
		}
		if (at-before)%2 == 0 { // else the backslash is one of the text
			return true
		}
		next := bytes.Index(written[at+1:], []byte(escape))
		if next < 0 {
			return false
		}
		at += 1 + next
	}
	return false
}

var errNotUTF8 = errors.New("it is not valid UTF-8")

// IsZero reports whether m says nothing at all; Meta(nil) does not: it says that there is to
// be none.
func (m Metadata) IsZero() bool { return m == Metadata{} }

// Err returns why m cannot be used; nil if it can.
func (m Metadata) Err() error { return m.err }

// String returns the JSON of m, "" for none.
func (m Metadata) String() string { return m.json }

// Decode stores what m says in v, as json.Unmarshal does. Of none it stores nothing.
func (m Metadata) Decode(v any) error {
	if m.err != nil || m.json == "" {
		return m.err
	}
	return json.Unmarshal([]byte(m.json), v)
}

// Equal reports whether m and o have the same JSON.
func (m Metadata) Equal(o Metadata) bool { return m == o }

// MarshalJSON implements json.Marshaler; none is null.
func (m Metadata) MarshalJSON() ([]byte, error) {
	if m.err != nil {
		return nil, m.err
	}
	if m.json == "" {
		return []byte("null"), nil
	}
	return []byte(m.json), nil
}

// UnmarshalJSON implements json.Unmarshaler; null is none.
func (m *Metadata) UnmarshalJSON(raw []byte) error {
	*m = Metadata{}
	if string(raw) != "null" {
		m.json = string(raw)
	}
	return nil
}
