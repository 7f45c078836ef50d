// Package filter reads the filters of Qdrant's API into those of memista.
//
// A filter has conditions in must, should, must_not and min_should. Paths lead just where
// they say: a.b into objects, a[].b through arrays. A value that is an array meets a condition
// if one of its elements does.
package filter

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Collection is what filters have to know of the collection that they are asked of.
type Collection struct {
	Keys collections.KeyForm
	// Texts are the fields with an index of their words, by their paths.
	Texts map[string]Words
	// HasVector returns the filter of points with the vector called name.
	HasVector func(name string) (filterlang.Filter, error)
}

// Nothing is the filter that selects nothing.
func Nothing() filterlang.Filter {
	return filterlang.AnyOf(filterlang.Field{Path: []string{"."}, Strict: true})
}

// reader reads one filter.
type reader struct {
	wire.Scanner
	in     *Collection
	inside bool // of an element of an array, which has no id and no vector
	steps  *int // at least as many do the patterns so far have, of the whole filter
}

// Parse reads a filter of the points in a collection; nil is one that selects all. What is no
// filter is an ErrInvalid.
func Parse(raw []byte, in *Collection) (*filterlang.Filter, error) {
	r := reader{in: in, steps: new(int)}
	r.Reset(raw)
	if r.Null() {
		return nil, nil
	}
	f, err := r.filter()
	if err == nil {
		err = r.End()
	}
	if err == nil {
		err = f.Bounded()
	}
	if err != nil || f.IsAll() {
		return nil, err
	}
	return &f, nil
}

// IDs returns the filter of the points with the given ids.
func IDs(in *Collection, ids []collections.ID) filterlang.Filter {
	var keys, numbers []filterlang.Value
	for _, id := range ids {
		keys = append(keys, filterlang.Text(in.Keys.Key(id)))
		for _, ref := range in.Keys.Fallback(id) {
			if ref.ID != 0 {
				numbers = append(numbers, filterlang.Int(ref.ID))
			} else {
				keys = append(keys, filterlang.Text(ref.Key))
			}
		}
	}
	key := filterlang.Field{Source: filterlang.ChunkKey}
	byKey := filterlang.AnyOf(key, keys...)
	if numbers == nil {
		return byKey
	}
	// A number is the id of a chunk only where that has no key.
	byID := all(filterlang.AnyOf(filterlang.Field{Source: filterlang.ChunkID}, numbers...), not(filterlang.Filter{Op: filterlang.Exists, Field: key}))
	return one(byKey, byID)
}

// filter reads an object of conditions.
func (r *reader) filter() (filterlang.Filter, error) {
	var parts []filterlang.Filter
	err := r.Members(func(name []byte) error {
		f, err := r.clause(string(name))
		parts = append(parts, f)
		return err
	})
	return all(parts...), err
}

// clause reads the conditions of one member of a filter.
func (r *reader) clause(name string) (filterlang.Filter, error) {
	everything := filterlang.Filter{}
	if r.Null() {
		return everything, nil
	}
	switch name {
	case "min_should":
		return r.minShould()
	case "must", "should", "must_not":
	default:
		return everything, r.Errorf("unknown field `%s`, expected one of `should`, `min_should`, `must`, `must_not`", clip(name))
	}
	list, err := r.conditions()
	switch {
	case err != nil || len(list) == 0:
		return everything, err
	case name == "must":
		return all(list...), nil
	case name == "should":
		return one(list...), nil
	}
	return not(one(list...)), nil
}

// conditions reads one condition or a list of them.
func (r *reader) conditions() (list []filterlang.Filter, err error) {
	add := func(int) error {
		f, err := r.condition()
		list = append(list, f)
		return err
	}
	if r.Next() == '[' {
		return list, r.Array(add)
	}
	return list, add(0)
}

// minShould reads {"conditions": […], "min_count": 1}.
func (r *reader) minShould() (f filterlang.Filter, err error) {
	var list []filterlang.Filter
	count := int64(-1)
	err = r.Members(func(name []byte) (err error) {
		switch string(name) {
		case "conditions":
			list, err = r.conditions()
		case "min_count":
			count, err = r.natural()
		default:
			_, err = r.Value()
		}
		return err
	})
	switch {
	case err != nil:
	case count < 0:
		err = r.Errorf("missing field `min_count`")
	case count > int64(len(list)):
		return Nothing(), nil
	case count > 0:
		f = filterlang.Filter{Op: filterlang.AtLeast, Args: []filterlang.Value{filterlang.Int(count)}, Sub: list}
	}
	return f, err
}

// natural reads a whole number from 0 on.
func (r *reader) natural() (int64, error) {
	n, err := r.Int()
	if err == nil && n < 0 {
		err = r.Errorf("invalid value: integer `%d`, expected a number from 0 on", n)
	}
	return n, err
}

// field reads a path as a field.
func (r *reader) field() (filterlang.Field, string, error) {
	text, err := r.Text()
	if err != nil {
		return filterlang.Field{}, "", err
	}
	path, err := payload.ParsePath(string(text))
	if err != nil {
		return filterlang.Field{}, "", err
	}
	return FieldOf(path), path.String(), nil
}

// FieldOf returns the field of metadata that a path leads to.
func FieldOf(path payload.Path) filterlang.Field {
	f := filterlang.Field{Strict: true}
	for _, s := range path {
		switch s.Kind {
		case payload.Member:
			f.Path = append(f.Path, "."+s.Name)
		case payload.Element:
			f.Path = append(f.Path, filterlang.ElementStep(s.Index))
		case payload.Elements:
			f.Path = append(f.Path, filterlang.EachElement)
		}
	}
	return f
}

// all is the filter that each of parts has to match.
func all(parts ...filterlang.Filter) filterlang.Filter {
	var kept []filterlang.Filter
	for _, p := range parts {
		switch {
		case p.IsAll():
		case p.Op == filterlang.And:
			kept = append(kept, p.Sub...)
		default:
			kept = append(kept, p)
		}
	}
	if len(kept) == 1 {
		return kept[0]
	}
	return filterlang.Filter{Op: filterlang.And, Sub: kept}
}

// one is the filter of which one part, of at least one, has to match.
func one(parts ...filterlang.Filter) filterlang.Filter {
	for _, p := range parts {
		if p.IsAll() {
			return p
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return filterlang.Filter{Op: filterlang.Or, Sub: parts}
}

func not(f filterlang.Filter) filterlang.Filter {
	switch {
	case f.Op == filterlang.Not:
		return f.Sub[0]
	case f.IsAll():
		return Nothing()
	}
	return filterlang.Filter{Op: filterlang.Not, Sub: []filterlang.Filter{f}}
}

// missing is the ErrInvalid for a condition that says nothing.
func (r *reader) missing(what string) error {
	return domain.Errorf(domain.ErrInvalid, "filter: %s", what)
}

// clip keeps what was sent short in messages.
func clip(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
