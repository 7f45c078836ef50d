// Package textfield finds the text of a record among the fields that another store keeps with
// its vector.
package textfield

import (
	"encoding/json"
	"strings"
)

// Known are the fields in which frameworks keep the text, in the order in which they are
// looked at: mcp-server-qdrant, LangChain for Python, LangChain for JavaScript, LlamaIndex and
// many others.
var Known = []string{"document", "page_content", "content", "contents", "text"}

// Find returns the string at path in object, a JSON object: the name of a field, or names
// with dots between them for a field of an object in it. Without a path it is the first of
// Known that is a string. It is "" if there is none.
func Find(object []byte, path string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return ""
	}
	if path != "" {
		return at(fields, path)
	}
	for _, name := range Known {
		if text := str(fields[name]); text != "" {
			return text
		}
	}
	return ""
}

// at follows path; a field whose name has the dots comes first.
func at(fields map[string]json.RawMessage, path string) string {
	if raw, ok := fields[path]; ok {
		return str(raw)
	}
	first, rest, more := strings.Cut(path, ".")
	var inner map[string]json.RawMessage
	if !more || json.Unmarshal(fields[first], &inner) != nil {
		return ""
	}
	return at(inner, rest)
}

func str(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
