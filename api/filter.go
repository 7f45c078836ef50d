package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The fields of a chunk itself, which filters address like those of its metadata.
const (
	FieldID   = "$id"
	FieldKey  = "$key"
	FieldText = "$text"
)

// Filter selects chunks by their metadata, id, key and text. A nil Filter selects all. It
// does not change once it is made, and may be shared.
//
// Fields are named as in docs/filters.md: "author.name" is the name in author. Values are
// strings, numbers, booleans, times (which compare as instants) and nil. On an array a
// comparison matches if one of its elements does. What cannot be a filter is refused with
// ErrInvalid by the call that is given it.
type Filter struct {
	json string
	err  error
}

// all is the filter that selects everything.
const all = "{}"

// FilterJSON returns a filter written as JSON, as in {"page": {"$gte": 3}}.
func FilterJSON(text string) *Filter {
	if text = strings.TrimSpace(text); !json.Valid([]byte(text)) {
		return &Filter{err: errors.New("filter: it is not valid JSON")}
	}
	return &Filter{json: text}
}

// Eq selects chunks whose field is equal to the value; nil is null.
func Eq(field string, value any) *Filter { return compare(field, "$eq", value) }

// Ne selects exactly what Eq does not, chunks without the field among them.
func Ne(field string, value any) *Filter { return compare(field, "$ne", value) }

// Gt selects chunks whose field is greater than the value: numbers among numbers, strings
// among strings, times among times.
func Gt(field string, value any) *Filter { return compare(field, "$gt", value) }

// Gte selects chunks whose field is greater than the value, or equal.
func Gte(field string, value any) *Filter { return compare(field, "$gte", value) }

// Lt selects chunks whose field is less than the value.
func Lt(field string, value any) *Filter { return compare(field, "$lt", value) }

// Lte selects chunks whose field is less than the value, or equal.
func Lte(field string, value any) *Filter { return compare(field, "$lte", value) }

// In selects chunks whose field is equal to one of the values; without any it selects none.
func In[T any](field string, values ...T) *Filter { return compare(field, "$in", list(values)) }

// Nin selects exactly what In does not, chunks without the field among them.
func Nin[T any](field string, values ...T) *Filter { return compare(field, "$nin", list(values)) }

// list is values, which JSON is to write as [] where there are none.
func list[T any](values []T) []any {
	out := make([]any, len(values)) // one by one, for a []byte would become a string
	for i, v := range values {
		out[i] = v
	}
	return out
}

// Exists selects chunks that have the field, be it null. Not(Exists(field)) selects those
// that do not.
func Exists(field string) *Filter { return compare(field, "$exists", true) }

// Contains selects chunks whose field is an array with the value as an element, or a string
// with it as a part.
func Contains(field string, value any) *Filter { return compare(field, "$contains", value) }

func compare(field, operator string, value any) *Filter {
	raw, err := marshal(map[string]any{field: map[string]any{operator: value}})
	if err != nil {
		return &Filter{err: fmt.Errorf("filter: %s of %q: %w", operator, field, err)}
	}
	return &Filter{json: string(raw)}
}

// And selects chunks that all of the filters select. Those that are nil do not count;
// without any it selects all chunks.
func And(filters ...*Filter) *Filter {
	var some []*Filter
	for _, f := range filters {
		if f != nil && f.String() != all {
			some = append(some, f)
		}
	}
	switch len(some) {
	case 0:
		return &Filter{json: all}
	case 1:
		return some[0]
	}
	return combine("$and", some)
}

// Or selects chunks that at least one of the filters selects. One that is nil, and a call
// without any, is ErrInvalid.
func Or(filters ...*Filter) *Filter { return combine("$or", filters) }

// Not selects exactly what f does not. Nil is ErrInvalid.
func Not(f *Filter) *Filter {
	if f == nil {
		return &Filter{err: errors.New("filter: $not of none")}
	}
	if f.err != nil {
		return f
	}
	return &Filter{json: `{"$not":` + f.json + `}`}
}

func combine(operator string, filters []*Filter) *Filter {
	parts := make([]string, len(filters))
	for i, f := range filters {
		switch {
		case f == nil:
			return &Filter{err: fmt.Errorf("filter: %s[%d] is none", operator, i)}
		case f.err != nil:
			return f
		}
		parts[i] = f.json
	}
	return &Filter{json: `{"` + operator + `":[` + strings.Join(parts, ",") + `]}`}
}

// Err returns why f cannot be used, as far as that is known before it is; nil if it can.
func (f *Filter) Err() error {
	if f == nil {
		return nil
	}
	return f.err
}

// String returns f as JSON; nil is {}.
func (f *Filter) String() string {
	if f == nil {
		return all
	}
	return f.json
}

// MarshalJSON implements json.Marshaler.
func (f *Filter) MarshalJSON() ([]byte, error) {
	if err := f.Err(); err != nil {
		return nil, err
	}
	return []byte(f.String()), nil
}

// UnmarshalJSON implements json.Unmarshaler, for filters that are kept in files.
func (f *Filter) UnmarshalJSON(raw []byte) error {
	*f = Filter{json: string(raw)}
	return nil
}
