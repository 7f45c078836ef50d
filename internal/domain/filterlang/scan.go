package filterlang

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// filterParser reads a filter token by token.
type filterParser struct {
	d       *json.Decoder
	left    int  // comparisons and values that may still come
	element bool // the fields are those of an element of an array

	patterns int // steps of the regular expressions so far
}

// values reads an array of scalars.
func (p *filterParser) values(place string) ([]Value, error) {
	t, err := p.token(place)
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: must be an array of values", place)
	}
	args := []Value{}
	for p.d.More() {
		at := indexed(place, len(args))
		if err := p.take(at, 1); err != nil {
			return nil, err
		}
		t, err := p.token(at)
		if err != nil {
			return nil, err
		}
		v, err := scalar(t, at)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	slices.SortFunc(args, Value.Compare)
	_, err = p.token(place) // the bracket
	return slices.Compact(args), err
}

// scalar turns a token into a value.
func scalar(t json.Token, place string) (Value, error) {
	switch v := t.(type) {
	case nil:
		return Value{}, nil
	case bool:
		return Bool(v), nil
	case string:
		if len(v) > MaxText {
			return Value{}, domain.Errorf(domain.ErrInvalid, "%s: a string to compare with has at most %d bytes", place, MaxText)
		}
		return Text(v), nil
	case json.Number:
		n := parseNumber(string(v))
		if n.Kind == FloatValue && n.Float-n.Float != 0 { // infinite
			return Value{}, domain.Errorf(domain.ErrInvalid, "%s: the number is out of range", place)
		}
		return n, nil
	}
	return Value{}, domain.Errorf(domain.ErrInvalid, "%s: must be a string, a number, true, false or null", place)
}

// token reads the next token; an end or a fault of the JSON is an error.
func (p *filterParser) token(place string) (json.Token, error) {
	t, err := p.d.Token()
	if err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: is not valid JSON", place)
	}
	return t, nil
}

// object reads an object and calls member before the value of each of its members.
func (p *filterParser) object(place, what string, member func(name, place string) error) (n int, err error) {
	t, err := p.token(place)
	if err != nil {
		return 0, err
	}
	if t != json.Delim('{') {
		return 0, domain.Errorf(domain.ErrInvalid, "%s: must be %s", place, what)
	}
	seen := map[string]bool{}
	for p.d.More() {
		t, err := p.token(place)
		if err != nil {
			return 0, err
		}
		name, _ := t.(string) // names of members are texts
		if seen[name] {
			return 0, domain.Errorf(domain.ErrInvalid, "%s: %s occurs twice", place, clip(name))
		}
		seen[name] = true
		if err := member(name, place+"."+clip(name)); err != nil {
			return 0, err
		}
	}
	_, err = p.token(place) // the brace
	return len(seen), err
}

// take counts n comparisons or values.
func (p *filterParser) take(place string, n int) error {
	if p.left -= n; p.left < 0 {
		return domain.Errorf(domain.ErrInvalid, "%s: the filter has more than %d comparisons and values", place, domain.MaxFilterSize)
	}
	return nil
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
