// Package record says how a record of Chroma lies in a chunk: its id is the key, its
// document the text, its metadata the metadata.
//
// A chunk has no place for two things, which stand in one reserved field of the metadata,
// "#chroma", beside the caller's fields, whose names cannot begin so: the URI, and that an
// empty text is a document. The field is there only where it says something, and no answer
// of the API shows it.
package record

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Reserved is the field of the metadata that holds what a chunk has no place for.
const Reserved = "#chroma"

// DocumentMark is the member of the reserved field that says that an empty text is a
// document.
const DocumentMark = "document"

// Text is a text, or none.
type Text struct {
	Text string
	Set  bool
}

// Some returns text as one that is there.
func Some(text string) Text { return Text{text, true} }

// Record is a record, or what is to be changed of one: then what is not there stays as it is.
type Record struct {
	Embedding []float32
	Document  Text
	URI       Text
	// Metadata is a JSON object without white space between its tokens; "": it has no fields.
	// In a change it is merged into that of the record, and a null takes a field out.
	Metadata string
}

// marks is the value of the reserved field.
type marks struct {
	URI      *string `json:"uri,omitempty"`
	Document *string `json:"document,omitempty"`
}

// Of returns the record in a chunk, of which the text and the metadata must have been read.
// Metadata in the form of a string that is no JSON object counts as none.
func Of(c *domain.Chunk) Record {
	r := Record{Embedding: c.Embedding}
	object, ok := c.Metadata.Fields()
	if !ok {
		object = ""
	}
	var m marks
	r.Metadata, m = split(object)
	if r.Metadata == none {
		r.Metadata = ""
	}
	if m.URI != nil {
		r.URI = Some(*m.URI)
	}
	if c.Text != "" || m.Document != nil {
		r.Document = Some(c.Text)
	}
	return r
}

// split returns an object without its reserved field, and what that says.
func split(object string) (rest string, m marks) {
	if !strings.Contains(object, `"`+Reserved+`":`) {
		return object, m
	}
	var holder map[string]json.RawMessage
	if json.Unmarshal([]byte(object), &holder) != nil {
		return object, m
	}
	raw, ok := holder[Reserved]
	if !ok {
		return object, m // deeper inside
	}
	_ = json.Unmarshal(raw, &m) // a field that somebody else has set may say anything
	without, err := domain.Metadata{Form: domain.ObjectMetadata, Text: object}.Merge(
		domain.Metadata{Form: domain.ObjectMetadata, Text: `{"` + Reserved + `":null}`})
	if err != nil {
		return object, m
	}
	return without.Text, m
}

// Into writes r into c, whose key and id it leaves alone.
func (r *Record) Into(c *domain.Chunk) error {
	c.Text, c.Embedding = r.Document.Text, r.Embedding
	var m marks
	if r.URI.Set {
		m.URI = &r.URI.Text
	}
	if r.Document.Set && r.Document.Text == "" {
		m.Document = &r.Document.Text
	}
	object := r.Metadata
	if m == (marks{}) {
		c.Metadata = domain.Metadata{}
		if object != "" && object != none {
			c.Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: object}
		}
		return nil
	}
	field, err := json.Marshal(map[string]marks{Reserved: m})
	if err != nil {
		return err
	}
	text := string(field)
	if object != "" && object != none {
		text = object[:len(object)-1] + "," + text[1:]
	}
	c.Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: text}
	return nil
}

// Change applies changes to r, one after the other. The metadata is merged once, however many
// there are.
func (r *Record) Change(changes ...*Record) error {
	var patches []string
	for _, change := range changes {
		if change.Embedding != nil {
			r.Embedding = change.Embedding
		}
		if change.Document.Set {
			r.Document = change.Document
		}
		if change.URI.Set {
			r.URI = change.URI
		}
		if change.Metadata != "" {
			patches = append(patches, change.Metadata)
		}
	}
	if len(patches) == 0 {
		return nil
	}
	patch, err := joined(patches)
	if err != nil {
		return err
	}
	r.Metadata, err = merge(r.Metadata, patch)
	return err
}

// joined returns one object that changes what patches do, one after the other: the last one
// that has a field says what becomes of it.
func joined(patches []string) (string, error) {
	if len(patches) == 1 {
		return patches[0], nil
	}
	var names []string
	fields := map[string]json.RawMessage{}
	for _, patch := range patches {
		var part map[string]json.RawMessage
		if err := json.Unmarshal([]byte(patch), &part); err != nil {
			return "", err
		}
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if _, known := fields[name]; !known {
				names = append(names, name)
			}
			fields[name] = part[name]
		}
	}
	b := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(wire.AppendString(b, name), ':'), fields[name]...)
	}
	return string(append(b, '}')), nil
}

// merge returns an object, "" for one without fields, with the fields of patch in it. A null
// takes a field out.
func merge(object, patch string) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(patch), &fields); err != nil {
		return "", err
	}
	whole := map[string]any{}
	for name, value := range fields {
		if value[0] == '{' {
			whole[name] = nil // replaced, and not merged
		}
	}
	m := domain.Metadata{}
	if object != "" {
		m = domain.Metadata{Form: domain.ObjectMetadata, Text: object}
	}
	first, err := json.Marshal(whole)
	if err != nil {
		return "", err
	}
	for _, p := range []string{string(first), patch} {
		if p == none {
			continue
		}
		if m, err = m.Merge(domain.Metadata{Form: domain.ObjectMetadata, Text: p}); err != nil {
			return "", err
		}
	}
	if m.Text == none {
		return "", nil
	}
	return m.Text, nil
}

// none is an object without fields.
const none = "{}"
