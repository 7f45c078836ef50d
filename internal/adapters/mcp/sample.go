package mcp

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/memista/memista/api"
)

// field is a field of metadata, as a sample of chunks has it.
type field struct {
	Name     string   `json:"name" jsonschema:"as filters name it"`
	Types    []string `json:"types" jsonschema:"of its values: string, number, boolean, null, array of …"`
	Chunks   int      `json:"chunks" jsonschema:"how many of the sample have it"`
	Examples []string `json:"examples" jsonschema:"some of its values as JSON, cut where they are long"`
}

const (
	maxFields    = 40 // of one answer
	maxDepth     = 4  // of objects in objects
	maxExamples  = 3  // of one field
	exampleBytes = 80
	nameBytes    = 200
)

// sample gathers fields.
type sample map[string]*field

// fieldsOf returns the fields of the metadata of chunks, those that most have first.
func fieldsOf(chunks []api.Chunk) []field {
	s := sample{}
	for i := range chunks {
		dec := json.NewDecoder(strings.NewReader(chunks[i].Metadata.String()))
		dec.UseNumber()
		var meta map[string]any
		if dec.Decode(&meta) == nil { // else it is a string, or none
			s.addAll("", meta, 1)
		}
	}
	out := []field{}
	for _, f := range slices.SortedFunc(maps.Values(s), func(a, b *field) int {
		if a.Chunks != b.Chunks {
			return b.Chunks - a.Chunks
		}
		return strings.Compare(a.Name, b.Name)
	}) {
		out = append(out, *f)
	}
	return out[:min(len(out), maxFields)]
}

func (s sample) addAll(prefix string, meta map[string]any, depth int) {
	for name, value := range meta {
		name = prefix + escaped(name, prefix == "")
		if inner, ok := value.(map[string]any); ok && depth < maxDepth && len(inner) > 0 {
			s.addAll(name+".", inner, depth+1)
		} else if len(name) <= nameBytes {
			s.add(name, value)
		}
	}
}

func (s sample) add(name string, value any) {
	f := s[name]
	if f == nil {
		if len(s) >= 10*maxFields {
			return
		}
		f = &field{Name: name, Types: []string{}, Examples: []string{}}
		s[name] = f
	}
	f.Chunks++
	if t := typeOf(value); !slices.Contains(f.Types, t) {
		f.Types = append(f.Types, t)
	}
	if len(f.Examples) < maxExamples {
		if e := example(value); !slices.Contains(f.Examples, e) {
			f.Examples = append(f.Examples, e)
		}
	}
}

// escaped writes a name as filters do: a dot in it, and a dollar that begins it, take a
// backslash.
func escaped(name string, first bool) string {
	name = strings.ReplaceAll(name, ".", `\.`)
	if first && strings.HasPrefix(name, "$") {
		name = `\` + name
	}
	return name
}

func typeOf(value any) string {
	switch v := value.(type) {
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	case nil:
		return "null"
	case []any:
		if len(v) == 0 {
			return "array"
		}
		if inner, ok := v[0].([]any); ok && len(inner) > 0 {
			return "array of array"
		}
		return "array of " + typeOf(v[0])
	}
	return "object"
}

// example returns a value as JSON, cut where it is long.
func example(value any) string {
	if s, ok := value.(string); ok { // cut before it is written, for it may be long
		if cut := head(s, exampleBytes); len(cut) < len(s) {
			value = cut + "…"
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(value) != nil {
		return ""
	}
	text := strings.TrimSpace(b.String())
	if cut := head(text, exampleBytes+10); len(cut) < len(text) {
		return cut + "…"
	}
	return text
}
