package exportfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// chroma writes bodies for POST …/collections/{id}/upsert.
type chroma struct {
	out
	o             Options
	columns       columns
	bytes         int
	sparse, named int64 // chunks with sparse or named vectors, which are left out
	without, flat int64 // chunks without an embedding, and those whose metadata was changed
	expires       int64
}

// columns is such a body.
type columns struct {
	IDs        []string                    `json:"ids"`
	Embeddings [][]float32                 `json:"embeddings"`
	Documents  []*string                   `json:"documents"`
	Metadatas  []map[string]jsontext.Value `json:"metadatas"`
}

func newChroma(o out, opt Options) Writer { return &chroma{out: o, o: opt} }

// Write adds a record to the line. A chunk without an embedding is left out: Chroma has none.
func (w *chroma) Write(c domain.Chunk) error {
	if len(c.Sparse) > 0 {
		w.sparse++
	}
	if len(c.Vectors) > 0 {
		w.named++
	}
	if c.Embedding == nil {
		w.without++
		return nil
	}
	metadata, err := w.metadata(&c)
	if err != nil {
		return err
	}
	id := c.Key
	if id == "" {
		id = strconv.FormatInt(c.ID, 10)
		if w.o.Taken(c.ID) {
			id = "chunk " + id
		}
	}
	var text *string
	if c.Text != "" {
		text = &c.Text
	}
	if !c.ExpiresAt.IsZero() {
		w.expires++
	}
	w.columns.IDs, w.columns.Embeddings = append(w.columns.IDs, id), append(w.columns.Embeddings, c.Embedding)
	w.columns.Documents, w.columns.Metadatas = append(w.columns.Documents, text), append(w.columns.Metadatas, metadata)
	if w.bytes += size(&c); len(w.columns.IDs) >= w.o.Batch || w.bytes >= lineBytes {
		return w.flush()
	}
	return nil
}

// metadata returns fields as Chroma takes them: strings, numbers, bools and lists of one kind
// of these. A field of an object becomes one with a dot in its name, and what else there is
// its JSON as a string; null is left out.
func (w *chroma) metadata(c *domain.Chunk) (map[string]jsontext.Value, error) {
	fields := map[string]jsontext.Value{}
	changed := false
	switch c.Metadata.Form {
	case domain.ObjectMetadata:
		var err error
		if changed, err = flatten(fields, "", jsontext.Value(c.Metadata.Text)); err != nil {
			return nil, err
		}
	case domain.StringMetadata:
		changed = true
		if err := put(fields, metadataField, c.Metadata.Text); err != nil {
			return nil, err
		}
	case domain.NoMetadata:
	}
	if changed {
		w.flat++
	}
	if len(fields) == 0 {
		return nil, nil // it takes no empty object
	}
	return fields, nil
}

// flatten adds the fields of object, with names behind path, and reports whether one of them
// is not as it was.
func flatten(to map[string]jsontext.Value, path string, object jsontext.Value) (changed bool, err error) {
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(object, &fields, jsontext.AllowDuplicateNames(true)); err != nil {
		return false, err
	}
	for name, v := range fields {
		name = path + name
		if strings.HasPrefix(name, "#") || strings.HasPrefix(name, "$") {
			name, changed = "_"+name, true
		}
		switch {
		case v.Kind() == '{':
			changed = true
			if _, err := flatten(to, name+".", v); err != nil {
				return false, err
			}
		case v.Kind() == 'n':
			changed = true
		case v.Kind() == '[' && !ofOneKind(v):
			changed = true
			if err := put(to, name, string(v)); err != nil {
				return false, err
			}
		default:
			to[name] = v
		}
	}
	return changed, nil
}

// ofOneKind reports whether a list has strings, numbers or bools only, and one at least.
func ofOneKind(list jsontext.Value) bool {
	var all []jsontext.Value
	if json.Unmarshal(list, &all) != nil || len(all) == 0 {
		return false
	}
	kind := func(v jsontext.Value) byte {
		switch k := byte(v.Kind()); {
		case k == 'f':
			return 't'
		case k == '0' && strings.ContainsAny(string(v), ".eE"):
			return '.'
		default:
			return k
		}
	}
	first := kind(all[0])
	for _, v := range all {
		if kind(v) != first {
			return false
		}
	}
	return first == '"' || first == '0' || first == '.' || first == 't'
}

func put(fields map[string]jsontext.Value, name, text string) error {
	raw, err := json.Marshal(text)
	fields[name] = raw
	return err
}

func (w *chroma) flush() error {
	if len(w.columns.IDs) == 0 {
		return nil
	}
	body := w.columns
	w.columns, w.bytes = columns{}, 0
	return w.line(body)
}

// Close writes what is left.
func (w *chroma) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.w.Flush()
}

// Notes says what is not as it was.
func (w *chroma) Notes() (notes []string) {
	if w.without > 0 {
		notes = append(notes, fmt.Sprintf("%d chunks without an embedding are left out: Chroma has none", w.without))
	}
	if w.sparse > 0 {
		notes = append(notes, fmt.Sprintf("%d chunks have sparse vectors, which are left out: memista writes none for Chroma", w.sparse))
	}
	if w.named > 0 {
		notes = append(notes, fmt.Sprintf("%d chunks have named vectors, which are left out: Chroma has none", w.named))
	}
	if w.flat > 0 {
		notes = append(notes, fmt.Sprintf("the metadata of %d chunks is not as it was: Chroma takes no objects, nulls and mixed lists", w.flat))
	}
	return withExpiry(notes, w.expires)
}
