package filterlang

import (
	"strings"

	"github.com/memista/memista/internal/domain"
)

// matchesWhole is Matches for comparisons that look at whole values: arrays, objects.
func (f *Filter) matchesWhole(c *domain.Chunk) bool {
	matches := false
	found := f.Field.wholes(c, func(value string) { matches = matches || f.takesWhole(value) })
	return matches || !found && f.Op == Size && f.Args[0].Int == 0
}

// wholes calls fn with each value that f reaches in the metadata of c, as JSON, and reports
// whether there is one.
func (f Field) wholes(c *domain.Chunk, fn func(value string)) bool {
	object, ok := c.Metadata.Fields()
	if !ok || f.Source != InMetadata {
		return false
	}
	w := walk{text: object, field: f, whole: fn}
	w.space()
	w.object(f.Path)
	return w.found
}

// takesWhole reports whether f matches a value of the field.
func (f *Filter) takesWhole(value string) bool {
	switch f.Op {
	case Size:
		n := countOf(value)
		return n >= f.Args[0].Int && n <= f.Args[1].Int
	case ElemMatch:
		return anyObject(value, false, func(object string) bool {
			return f.Sub[0].Matches(&domain.Chunk{Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: object}})
		})
	default:
		return anyObject(value, true, func(object string) bool {
			p, ok := placeIn(object)
			return ok && f.Area.contains(p)
		})
	}
}

// countOf returns how many values there are: the elements of an array, none in null, else
// one.
func countOf(value string) (n int64) {
	if value == "null" {
		return 0
	}
	if !strings.HasPrefix(value, "[") {
		return 1
	}
	w := walk{text: value}
	w.elements(func(byte) { n++; w.skip() })
	return n
}

// anyObject reports whether fn does for one of the objects in an array, or, if self, for
// the value itself.
func anyObject(value string, self bool, fn func(object string) bool) (found bool) {
	if strings.HasPrefix(value, "{") {
		return self && fn(value)
	}
	if !strings.HasPrefix(value, "[") {
		return false
	}
	w := walk{text: value}
	w.elements(func(first byte) {
		start := w.at
		w.skip()
		found = found || first == '{' && fn(value[start:w.at])
	})
	return found
}
