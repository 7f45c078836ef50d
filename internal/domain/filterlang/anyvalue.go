package filterlang

import (
	"encoding/json"

	"github.com/memista/memista/internal/domain"
)

// test reads what $any_value asks of a value: operators, $and and $or.
func (p *filterParser) test(field Field, place string, depth int) (Filter, error) {
	if depth == 0 {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: nested deeper than %d levels", place, MaxDepth)
	}
	var all []Filter
	n, err := p.object(place, `an object such as {"$gt": 3, "$lt": 7}`, func(name, place string) error {
		f, err := p.testOf(name, field, place, depth)
		all = append(all, f)
		return err
	})
	if err == nil && n == 0 {
		err = domain.Errorf(domain.ErrInvalid, "%s: needs an operator", place)
	}
	return and(all), err
}

// testOf reads the operand of one operator.
func (p *filterParser) testOf(name string, field Field, place string, depth int) (Filter, error) {
	switch name {
	case "$and", "$or":
		sub, err := p.tests(field, place, depth)
		if name == "$and" {
			return and(sub), err
		}
		return Filter{Op: Or, Sub: sub}, err
	case "$not":
		f, err := p.test(field, place, depth-1)
		return not(f), err
	}
	op, known := operators[name]
	if !known || op == Exists || op > Regex {
		return Filter{}, domain.Errorf(domain.ErrInvalid, "%s: unknown operator: known are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains, $not_contains, $regex, $not_regex, $not, $and and $or", place)
	}
	return p.operator(name, op, field, place, depth)
}

// tests reads an array of them.
func (p *filterParser) tests(field Field, place string, depth int) ([]Filter, error) {
	t, err := p.token(place)
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: must be an array of objects", place)
	}
	var sub []Filter
	for p.d.More() {
		f, err := p.test(field, indexed(place, len(sub)), depth-1)
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
