// Package filter reads the conditions of Chroma, where and where_document, as filters.
package filter

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/domain/filterlang"
)

// documentKey is the key by which a where clause asks for the document.
const documentKey = "#document"

// reader reads one clause.
type reader struct {
	clause   string // its name in messages
	patterns int64  // bytes that regular expressions take so far
}

// Where reads a where clause: an object of conditions, all of which have to hold.
func Where(raw []byte) (filterlang.Filter, error) {
	r := reader{clause: "where clause"}
	v, err := r.parse(raw)
	if err != nil {
		return filterlang.Filter{}, err
	}
	return r.where(v)
}

// WhereDocument reads a where_document clause.
func WhereDocument(raw []byte) (filterlang.Filter, error) {
	r := reader{clause: "where document clause"}
	v, err := r.parse(raw)
	if err != nil {
		return filterlang.Filter{}, err
	}
	return r.document(v)
}

// invalid is the error for a clause. Clients look for its first words.
func (r *reader) invalid(format string, args ...any) error {
	e := refusal.Invalid(format, args...)
	e.Text = "Invalid " + r.clause + ": " + e.Text
	return e
}

func (r *reader) parse(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, r.invalid("it is not JSON")
	}
	return v, nil
}

// where reads an object of conditions about metadata.
func (r *reader) where(v any) (filterlang.Filter, error) {
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		return filterlang.Filter{}, r.invalid("it must be an object with a condition")
	}
	return all(object, func(name string, value any) (filterlang.Filter, error) {
		switch {
		case name == "$and" || name == "$or":
			return r.list(name, value, r.where)
		case name == documentKey:
			return r.documentIn(value)
		case strings.HasPrefix(name, "$"):
			return filterlang.Filter{}, r.invalid("unknown operator %.40q: $and and $or take clauses", name)
		}
		return r.conditions(fieldOf(name), value)
	})
}

// fieldOf returns the field of the metadata that a key names. Names with dots also reach
// fields inside of fields, which chunks of other surfaces have.
func fieldOf(name string) filterlang.Field {
	if strings.ContainsAny(name, `\$#`) || strings.Count(name, ".") >= maxSteps {
		return filterlang.Field{Path: []string{name}, Exact: true}
	}
	return filterlang.Field{Path: strings.Split(name, ".")}
}

// maxSteps is how many dots a name may have to be taken for a path.
const maxSteps = 16

// all reads the members of an object, each a filter that has to hold, in the order of their
// names.
func all(object map[string]any, member func(name string, value any) (filterlang.Filter, error)) (filterlang.Filter, error) {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	sub := make([]filterlang.Filter, 0, len(names))
	for _, name := range names {
		f, err := member(name, object[name])
		if err != nil {
			return filterlang.Filter{}, err
		}
		sub = append(sub, f)
	}
	return And(sub...), nil
}

// list reads the clauses of $and and $or.
func (r *reader) list(name string, v any, read func(any) (filterlang.Filter, error)) (filterlang.Filter, error) {
	list, ok := v.([]any)
	if !ok {
		return filterlang.Filter{}, r.invalid("%s takes a list of clauses", name)
	}
	sub := make([]filterlang.Filter, 0, len(list))
	for _, v := range list {
		f, err := read(v)
		if err != nil {
			return filterlang.Filter{}, err
		}
		sub = append(sub, f)
	}
	switch {
	case name == "$and" && len(sub) == 0: // it would select all: a delete would empty the collection
		return filterlang.Filter{}, r.invalid("$and takes a list of clauses that is not empty")
	case name == "$and":
		return And(sub...), nil
	case len(sub) == 0:
		return None(), nil
	}
	return filterlang.Filter{Op: filterlang.Or, Sub: sub}, nil
}

// And is the filter that all have to match; with none it selects everything.
func And(all ...filterlang.Filter) filterlang.Filter {
	if len(all) == 1 {
		return all[0]
	}
	return filterlang.Filter{Op: filterlang.And, Sub: all}
}

// None is the filter that selects nothing.
func None() filterlang.Filter { return IDs(nil) }

// IDs selects chunks by their ids, which must be in ascending order.
func IDs(ids []int64) filterlang.Filter {
	args := make([]filterlang.Value, len(ids))
	for i, id := range ids {
		args[i] = filterlang.Int(id)
	}
	return filterlang.Filter{Op: filterlang.In, Field: filterlang.Field{Source: filterlang.ChunkID}, Args: args}
}

func not(f filterlang.Filter) filterlang.Filter {
	return filterlang.Filter{Op: filterlang.Not, Sub: []filterlang.Filter{f}}
}

// conditions reads what is asked of a field: a value that it equals, or operators.
func (r *reader) conditions(field filterlang.Field, v any) (filterlang.Filter, error) {
	operators, ok := v.(map[string]any)
	if !ok {
		arg, err := r.scalar(v)
		return filterlang.Filter{Op: filterlang.In, Field: field, Args: []filterlang.Value{arg}}, err
	}
	if len(operators) == 0 {
		return filterlang.Filter{}, r.invalid("a field needs an operator")
	}
	return all(operators, func(name string, v any) (filterlang.Filter, error) {
		return r.condition(field, name, v)
	})
}

// orders are the operators that compare numbers.
var orders = map[string]filterlang.Op{"$gt": filterlang.Gt, "$gte": filterlang.Gte, "$lt": filterlang.Lt, "$lte": filterlang.Lte}

// condition reads one operator of a field.
func (r *reader) condition(field filterlang.Field, name string, v any) (filterlang.Filter, error) {
	f := filterlang.Filter{Op: filterlang.In, Field: field}
	negated := name == "$ne" || name == "$nin" || name == "$not_contains"
	op, ordered := orders[name]
	var err error
	switch {
	case name == "$in" || name == "$nin":
		f.Args, err = r.values(name, v)
	case name == "$eq" || name == "$ne", name == "$contains" || name == "$not_contains", ordered:
		var arg filterlang.Value
		arg, err = r.scalar(v)
		f.Args = []filterlang.Value{arg}
		switch {
		case ordered && err == nil && !arg.IsNumber():
			err = r.invalid("%s takes a number", name)
		case ordered:
			f.Op = op
		case name == "$contains" || name == "$not_contains":
			f.Op = filterlang.Contains
		}
	default:
		err = r.invalid("unknown operator %.40q: known are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains and $not_contains", name)
	}
	if err != nil {
		return filterlang.Filter{}, err
	}
	if negated {
		return not(f), nil
	}
	return f, nil
}

// values reads a list of scalars of one kind.
func (r *reader) values(name string, v any) ([]filterlang.Value, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, r.invalid("%s takes a list of values that is not empty", name)
	}
	args := make([]filterlang.Value, 0, len(list))
	for _, v := range list {
		arg, err := r.scalar(v)
		if err != nil {
			return nil, err
		}
		if !sameKind(arg, args) {
			return nil, r.invalid("%s takes values of one kind", name)
		}
		args = append(args, arg)
	}
	slices.SortFunc(args, filterlang.Value.Compare)
	return slices.Compact(args), nil
}

// sameKind reports whether v is of the kind that the first of args is of.
func sameKind(v filterlang.Value, args []filterlang.Value) bool {
	if len(args) == 0 {
		return true
	}
	isBool := func(v filterlang.Value) bool {
		return v.Kind == filterlang.TrueValue || v.Kind == filterlang.FalseValue
	}
	return v.Comparable(args[0]) || isBool(v) && isBool(args[0])
}

// scalar reads a string, a number or a bool.
func (r *reader) scalar(v any) (filterlang.Value, error) {
	switch v := v.(type) {
	case string:
		return filterlang.Text(v), nil
	case bool:
		return filterlang.Bool(v), nil
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return filterlang.Int(n), nil
		}
		if f, err := strconv.ParseFloat(string(v), 64); err == nil && !math.IsInf(f, 0) {
			return filterlang.Number(f), nil
		}
	}
	return filterlang.Value{}, r.invalid("a value must be a string, a number, true or false")
}

// hasDocument selects the records that have a document, be it an empty one.
func hasDocument() filterlang.Filter {
	empty := filterlang.Filter{Op: filterlang.In, Field: documentField, Args: []filterlang.Value{filterlang.Text("")}}
	marked := filterlang.Filter{Op: filterlang.Exists, Field: filterlang.Field{Path: []string{record.Reserved, record.DocumentMark}, Exact: true}}
	return filterlang.Filter{Op: filterlang.Or, Sub: []filterlang.Filter{not(empty), marked}}
}

var documentField = filterlang.Field{Source: filterlang.ChunkText}
