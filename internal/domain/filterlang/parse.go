package filterlang

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// Bounds of a filter.
const (
	MaxDepth   = 16   // levels of $and, $or, $at_least, $not, $any_value and $elem_match
	MaxText    = 8192 // bytes of a text to compare with
	MaxPattern = 1024 // bytes of a regular expression
)

// operators are the comparisons of one field.
var operators = map[string]Op{
	"$eq": In, "$ne": In, "$in": In, "$nin": In,
	"$gt": Gt, "$gte": Gte, "$lt": Lt, "$lte": Lte,
	"$exists": Exists, "$contains": Contains, "$not_contains": Contains, "$not": Not,
	"$regex": Regex, "$not_regex": Regex, "$any_value": AnyValue, "$size": Size, "$elem_match": ElemMatch,
	"$geo_radius": Within, "$geo_bounding_box": Within, "$geo_polygon": Within,
}

// Parse reads a filter from JSON, as in
//
//	{"source": "readme", "page": {"$gte": 3}, "$or": [{"tags": {"$in": ["a", "b"]}}, {"$key": "x"}]}
//
// Anything that is no filter is an ErrInvalid that says where.
func Parse(raw []byte) (Filter, error) {
	if !utf8.Valid(raw) {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "filter is not valid UTF-8")
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	p := filterParser{d: d, left: domain.MaxFilterSize}
	f, err := p.filter("filter", MaxDepth, true)
	if err != nil {
		return Filter{}, err
	}
	if _, err := d.Token(); err == nil || d.More() {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "filter: unexpected data after its end")
	}
	return f, nil
}

// filter reads an object of conditions that all have to hold.
func (p *filterParser) filter(place string, depth int, mayBeEmpty bool) (Filter, error) {
	if depth == 0 {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: nested deeper than %d levels", place, MaxDepth)
	}
	var all []Filter
	n, err := p.object(place, `an object such as {"field": value}`, func(name, place string) error {
		f, err := p.member(name, place, depth)
		all = append(all, f)
		return err
	})
	if err == nil && n == 0 && !mayBeEmpty {
		err = domain.Errorf(domain.ErrInvalid, "%s: cannot be empty", place)
	}
	return and(all), err
}

// and is the filter that all have to match.
func and(all []Filter) Filter {
	if len(all) == 1 {
		return all[0]
	}
	return Filter{Op: And, Sub: all}
}

func not(f Filter) Filter { return Filter{Op: Not, Sub: []Filter{f}} }

// member reads one condition: a combination, or the comparisons of a field.
func (p *filterParser) member(name, place string, depth int) (Filter, error) {
	if err := p.take(place, 1); err != nil {
		return Filter{}, err
	}
	switch name {
	case "$and", "$or":
		sub, err := p.list(place, depth)
		if err != nil {
			return Filter{}, err
		}
		if name == "$or" {
			return Filter{Op: Or, Sub: sub}, nil
		}
		return and(sub), nil
	case "$not":
		f, err := p.filter(place, depth-1, false)
		return not(f), err
	case "$at_least":
		return p.atLeast(place, depth)
	}
	field, err := ParseField(name)
	if err != nil {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: %s", place, err.Error())
	}
	if p.element && field.Source != InMetadata {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: an element of an array has no %s", place, name)
	}
	return p.field(field, place, depth)
}

// list reads an array of filters.
func (p *filterParser) list(place string, depth int) ([]Filter, error) {
	t, err := p.token(place)
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: must be an array of filters", place)
	}
	var sub []Filter
	for p.d.More() {
		f, err := p.filter(indexed(place, len(sub)), depth-1, false)
		if err != nil {
			return nil, err
		}
		sub = append(sub, f)
	}
	if len(sub) == 0 {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: cannot be empty", place)
	}
	_, err = p.token(place) // the bracket
	return sub, err
}

// field reads what is asked of a field: a value it equals, or operators.
func (p *filterParser) field(field Field, place string, depth int) (Filter, error) {
	if depth == 0 {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: nested deeper than %d levels", place, MaxDepth)
	}
	t, err := p.token(place)
	if err != nil {
		return Filter{}, err
	}
	switch t {
	case json.Delim('['):
		return Filter{}, domain.Errorf(domain.ErrInvalid, `%s: must be a value or operators: for one of several write {"$in": […]}`, place)
	case json.Delim('{'):
		return p.operators(field, place, depth)
	}
	v, err := scalar(t, place)
	return Filter{Op: In, Field: field, Args: []Value{v}}, err
}

// operators reads the operators of a field, whose brace has been read.
func (p *filterParser) operators(field Field, place string, depth int) (Filter, error) {
	var all []Filter
	seen := map[string]bool{}
	for p.d.More() {
		t, err := p.token(place)
		if err != nil {
			return Filter{}, err
		}
		name, _ := t.(string)
		at := place + "." + clip(name)
		op, known := operators[name]
		switch {
		case seen[name]:
			return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: %s occurs twice", place, clip(name))
		case !known:
			return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: unknown operator: known are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $contains, $not_contains, $regex, $not_regex, $any_value, $size, $elem_match, $geo_radius, $geo_bounding_box, $geo_polygon and $not; fields inside a field are written with dots", at)
		}
		seen[name] = true
		f, err := p.operator(name, op, field, at, depth)
		if err != nil {
			return Filter{}, err
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: needs an operator", place)
	}
	_, err := p.token(place) // the brace
	return and(all), err
}

// operator reads the operand of one operator.
func (p *filterParser) operator(name string, op Op, field Field, place string, depth int) (Filter, error) {
	if err := p.take(place, 1); err != nil {
		return Filter{}, err
	}
	switch op {
	case Not:
		f, err := p.field(field, place, depth-1)
		return not(f), err
	case AnyValue, Size, ElemMatch, Within:
		return p.whole(name, op, field, place, depth)
	default:
	}
	if name == "$in" || name == "$nin" {
		args, err := p.values(place)
		f := Filter{Op: In, Field: field, Args: args}
		if name == "$nin" {
			f = not(f)
		}
		return f, err
	}
	t, err := p.token(place)
	if err != nil {
		return Filter{}, err
	}
	v, err := scalar(t, place)
	if err != nil {
		return Filter{}, err
	}
	f := Filter{Op: op, Field: field, Args: []Value{v}}
	switch op {
	case Exists:
		if v.Kind != TrueValue && v.Kind != FalseValue {
			return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: must be true or false", place)
		}
		f.Args = nil
		if v.Kind == FalseValue {
			return not(f), nil
		}
	case Gt, Gte, Lt, Lte:
		if !v.Comparable(v) {
			return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: must be a number or a string", place)
		}
	case Regex:
		if f.pattern, err = p.compile(v, place); err != nil {
			return Filter{}, err
		}
	default:
	}
	if name == "$ne" || name == "$not_contains" || name == "$not_regex" {
		return not(f), nil
	}
	return f, nil
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

// whole reads the operand of an operator that looks at whole values.
func (p *filterParser) whole(name string, op Op, field Field, place string, depth int) (Filter, error) {
	if field.Source != InMetadata {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: %s is for fields of the metadata", place, name)
	}
	f := Filter{Op: op, Field: field}
	var err error
	switch op {
	case AnyValue:
		var sub Filter
		sub, err = p.test(field, place, depth-1)
		f.Sub = []Filter{sub}
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
