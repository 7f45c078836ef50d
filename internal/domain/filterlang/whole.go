package filterlang

import (
	"encoding/json"
	"math"
	"slices"
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

// atLeast reads {"count": 2, "of": [filters]}.
func (p *filterParser) atLeast(place string, depth int) (Filter, error) {
	f := Filter{Op: AtLeast}
	_, err := p.object(place, `an object such as {"count": 2, "of": [filters]}`, func(name, place string) (err error) {
		switch name {
		case "count":
			var n int64
			n, err = p.natural(place)
			f.Args = []Value{Int(n)}
		case "of":
			f.Sub, err = p.list(place, depth)
		default:
			err = domain.Errorf(domain.ErrInvalid, "%s: unknown: known are count and of", place)
		}
		return err
	})
	switch {
	case err != nil:
		return Filter{}, err
	case f.Args == nil || f.Sub == nil:
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: needs count and of", place)
	case f.Args[0].Int < 1 || f.Args[0].Int > int64(len(f.Sub)):
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: count must be between 1 and %d, the number of filters, got %d", place, len(f.Sub), f.Args[0].Int)
	}
	return f, nil
}

// natural reads a whole number that is not negative.
func (p *filterParser) natural(place string) (int64, error) {
	t, err := p.token(place)
	if err != nil {
		return 0, err
	}
	n, ok := t.(json.Number)
	if v := parseNumber(string(n)); ok && v.Kind == IntValue && v.Int >= 0 {
		return v.Int, nil
	}
	return 0, domain.Errorf(domain.ErrInvalid, "%s: must be a whole number from 0 on", place)
}

// whole reads the operand of an operator that looks at whole values.
func (p *filterParser) whole(name string, op Op, field Field, place string, depth int) (Filter, error) {
	if field.Source != InMetadata {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: %s is for fields of the metadata", place, name)
	}
	f := Filter{Op: op, Field: field}
	var err error
	switch op {
	case Size:
		f.Args, err = p.sizes(place)
	case ElemMatch:
		outer := p.element
		p.element = true
		var sub Filter
		sub, err = p.filter(place, depth-1, false)
		p.element = outer
		f.Sub = []Filter{sub}
	default:
		f.Area, err = p.area(name, place)
	}
	return f, err
}

// sizes reads a number of values, or an object with bounds of it, as the least and the most.
func (p *filterParser) sizes(place string) ([]Value, error) {
	var raw json.RawMessage
	if err := p.d.Decode(&raw); err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: is not valid JSON", place)
	}
	inner := *p
	inner.d = json.NewDecoder(strings.NewReader(string(raw)))
	inner.d.UseNumber()
	if raw[0] != '{' {
		n, err := inner.natural(place)
		return []Value{Int(n), Int(n)}, err
	}
	return inner.bounds(place)
}

// bounds reads an object with bounds of a number of values, as the least and the most.
func (p *filterParser) bounds(place string) ([]Value, error) {
	least, most := int64(0), int64(math.MaxInt64)
	given, err := p.object(place, "", func(name, place string) error {
		if !slices.Contains([]string{"$eq", "$gt", "$gte", "$lt", "$lte"}, name) {
			return domain.Errorf(domain.ErrInvalid, "%s: unknown operator: known are $eq, $gt, $gte, $lt and $lte", place)
		}
		n, err := p.natural(place)
		if err != nil {
			return err
		}
		switch name {
		case "$eq":
			least, most = max(least, n), min(most, n)
		case "$gte":
			least = max(least, n)
		case "$gt":
			least = max(least, n+min(1, math.MaxInt64-n))
		case "$lte":
			most = min(most, n)
		case "$lt":
			most = min(most, n-1)
		}
		return nil
	})
	if err == nil && given == 0 {
		err = domain.Errorf(domain.ErrInvalid, `%s: needs a bound, such as {"$gte": 1}, or a number`, place)
	}
	if most < 0 { // $lt 0: none
		least, most = 1, 0
	}
	return []Value{Int(least), Int(most)}, err
}
