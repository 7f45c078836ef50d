package filterlang

import (
	"encoding/json"
	"slices"

	"github.com/memista/memista/internal/domain"
)

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
