package filter

import (
	"math"
	"strconv"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// fieldCondition makes the filter of what c asks of a field. Of several tests one has to
// hold, but for those of the number and the kind of values, which stand alone.
func (r *reader) fieldCondition(c *condition) (filterlang.Filter, error) {
	key := reader{in: r.in, inside: r.inside, steps: r.steps}
	key.Reset(c.key)
	field, path, err := key.field()
	if err != nil {
		return filterlang.Filter{}, err
	}
	if len(c.tests) == 0 {
		return filterlang.Filter{}, r.missing("at least one field condition must be specified")
	}
	tests := c.tests
	for _, name := range []string{"values_count", "is_empty", "is_null"} {
		for _, t := range c.tests {
			if t.name == name && len(tests) > 1 {
				tests = []test{t}
			}
		}
	}
	var parts []filterlang.Filter
	for _, t := range tests {
		sub := reader{in: r.in, inside: r.inside, steps: r.steps}
		sub.Reset(t.raw)
		f, err := sub.test(t.name, field, path)
		if err != nil {
			return filterlang.Filter{}, err
		}
		parts = append(parts, f)
	}
	return one(parts...), nil
}

// test reads what is asked of field.
func (r *reader) test(name string, field filterlang.Field, path string) (filterlang.Filter, error) {
	switch name {
	case "match":
		return r.match(field, path)
	case "range":
		return r.bounds(field)
	case "values_count":
		return r.count(field)
	case "is_empty", "is_null":
		yes, err := r.Bool()
		f := empty(field)
		if name == "is_null" {
			f = filterlang.AnyOf(field, filterlang.Value{})
		}
		if !yes {
			f = not(f)
		}
		return f, err
	}
	return r.area(name, field)
}

// count reads bounds of the number of values.
func (r *reader) count(field filterlang.Field) (filterlang.Filter, error) {
	least, most := int64(0), int64(math.MaxInt64)
	err := r.Members(func(name []byte) error {
		bound := string(name)
		if r.Null() {
			return nil
		}
		n, err := r.natural()
		switch bound {
		case "gte":
			least = max(least, n)
		case "gt":
			least = max(least, n+min(1, math.MaxInt64-n))
		case "lte":
			most = min(most, n)
		case "lt":
			most = min(most, n-1)
		default:
			if err == nil {
				err = r.unknown(bound)
			}
		}
		return err
	})
	if err != nil {
		return filterlang.Filter{}, err
	}
	if most < 0 || least > most {
		return Nothing(), nil
	}
	return filterlang.Filter{Op: filterlang.Size, Field: field, Args: []filterlang.Value{filterlang.Int(least), filterlang.Int(most)}}, nil
}

// unknown is the error for a bound that there is not: without it, all would be in bounds.
func (r *reader) unknown(bound string) error {
	return r.Errorf("unknown field `%s`, expected one of `lt`, `gt`, `gte`, `lte`", clip(bound))
}

// Scalar reads a value of JSON that can be compared with.
func Scalar(text string) (filterlang.Value, error) {
	var r reader
	r.Reset([]byte(text))
	return r.scalar()
}

// scalar reads a value to compare with: a text, a number or a truth value.
func (r *reader) scalar() (filterlang.Value, error) {
	switch r.Next() {
	case '"':
		text, err := r.Text()
		if err == nil && len(text) > filterlang.MaxText {
			err = r.Errorf("a string to compare with has at most %d bytes", filterlang.MaxText)
		}
		return filterlang.Text(string(text)), err
	case 't', 'f':
		b, err := r.Bool()
		return filterlang.Bool(b), err
	}
	raw, err := r.Value()
	if err != nil {
		return filterlang.Value{}, err
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return filterlang.Int(n), nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return filterlang.Value{}, domain.Errorf(domain.ErrInvalid, "a value to match is a string, a number or a boolean, found %s", clip(string(raw)))
	}
	return filterlang.Number(f), nil
}

// scalars reads a list of values.
func (r *reader) scalars() (list []filterlang.Value, err error) {
	err = r.Array(func(int) error {
		v, err := r.scalar()
		list = append(list, v)
		return err
	})
	return list, err
}

// bounds reads a range of numbers, or of times where its bounds are texts.
func (r *reader) bounds(field filterlang.Field) (filterlang.Filter, error) {
	ops := map[string]filterlang.Op{"gt": filterlang.Gt, "gte": filterlang.Gte, "lt": filterlang.Lt, "lte": filterlang.Lte}
	var tests []filterlang.Filter
	numbers, times := 0, 0
	err := r.Members(func(name []byte) error {
		op, known := ops[string(name)]
		if !known {
			return r.unknown(string(name))
		}
		if r.Null() {
			return nil
		}
		v, err := r.scalar()
		if err != nil {
			return err
		}
		switch _, isTime := filterlang.ParseInstant(v.Text); {
		case v.IsNumber():
			numbers++
		case v.Kind == filterlang.TextValue && isTime:
			times++
		default:
			return r.Errorf("a bound of a range is a number, or a time of RFC 3339")
		}
		tests = append(tests, filterlang.Filter{Op: op, Field: field, Args: []filterlang.Value{v}})
		return nil
	})
	switch {
	case err != nil:
		return filterlang.Filter{}, err
	case numbers > 0 && times > 0:
		return filterlang.Filter{}, r.missing("the bounds of a range are all numbers or all times")
	case times > 0:
		isTime, err := filterlang.Matching(field, timePattern)
		if err != nil {
			return filterlang.Filter{}, err
		}
		tests = append(tests, isTime)
	case numbers == 0: // any number
		tests = []filterlang.Filter{{Op: filterlang.Gte, Field: field, Args: []filterlang.Value{filterlang.Number(-math.MaxFloat64)}}}
	}
	return anyValue(field, tests), nil
}

// timePattern is what texts that are times look like: others compare with times by their
// bytes, which is not what a range of times asks for.
const timePattern = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?$`

// anyValue is the filter of one value that meets all tests.
func anyValue(field filterlang.Field, tests []filterlang.Filter) filterlang.Filter {
	if len(tests) == 1 && tests[0].Op != filterlang.Not {
		return tests[0]
	}
	return filterlang.Filter{Op: filterlang.AnyValue, Field: field, Sub: []filterlang.Filter{all(tests...)}}
}
