package filter

import (
	"math"

	"github.com/memista/memista/internal/adapters/qdrantapi/pointid"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/filterlang"
)

// condition is what is read of one, before it is known what it is about.
type condition struct {
	parts []filterlang.Filter
	key   []byte // as it was sent
	tests []test
	// others says that it has members which are none of a filter, and about that one of them,
	// beside the key, is a condition. Others that say nothing are a slip, which must not select
	// everything.
	others, about bool
}

// test is what a condition asks of the field that its key names.
type test struct {
	name string
	raw  []byte
}

// condition reads a condition: a filter, or one about ids, a vector or a field.
func (r *reader) condition() (filterlang.Filter, error) {
	var c condition
	err := r.Members(func(name []byte) (err error) {
		switch name := string(name); name {
		case "must", "should", "must_not", "min_should":
			var f filterlang.Filter
			f, err = r.clause(name)
			c.parts = append(c.parts, f)
			return err
		case "has_id":
			err = r.add(&c, r.hasID)
		case "has_vector":
			err = r.add(&c, r.hasVector)
		case "is_empty", "is_null":
			if next := r.Next(); next == '{' {
				err = r.add(&c, func() (filterlang.Filter, error) { return r.emptiness(name) })
				break
			}
			err = c.test(r, name)
		case "nested":
			err = r.add(&c, r.nested)
		case "key":
			if !r.Null() {
				c.key, err = r.Value()
			}
		case "match", "range", "values_count", "geo_radius", "geo_bounding_box", "geo_polygon":
			err = c.test(r, name)
		default:
			_, err = r.Value()
		}
		c.others = true
		return err
	})
	switch {
	case err != nil:
		return filterlang.Filter{}, err
	case c.key == nil && c.tests != nil && c.parts == nil:
		return filterlang.Filter{}, r.missing("missing field `key`")
	case c.key == nil && c.others && !c.about:
		return filterlang.Filter{}, r.Errorf("data did not match any variant of untagged enum Condition")
	case c.key == nil:
		return all(c.parts...), nil
	}
	f, err := r.fieldCondition(&c)
	return all(append(c.parts, f)...), err
}

// add reads a part of a condition, unless it is null.
func (r *reader) add(c *condition, read func() (filterlang.Filter, error)) error {
	if r.Null() {
		return nil
	}
	f, err := read()
	c.parts, c.about = append(c.parts, f), true
	return err
}

// test keeps what is asked of the field, unless it is null.
func (c *condition) test(r *reader, name string) error {
	raw, err := r.Value()
	if err == nil && string(raw) != "null" {
		c.tests = append(c.tests, test{name, raw})
	}
	return err
}

// hasID reads a list of ids.
func (r *reader) hasID() (filterlang.Filter, error) {
	var ids []collections.ID
	err := r.Array(func(int) error {
		id, err := pointid.Read(&r.Scanner)
		ids = append(ids, id)
		return err
	})
	if err != nil || r.inside || len(ids) == 0 {
		return Nothing(), err
	}
	return IDs(r.in, ids), nil
}

// hasVector reads the name of a vector.
func (r *reader) hasVector() (filterlang.Filter, error) {
	name, err := r.Text()
	if err != nil || r.inside {
		return Nothing(), err
	}
	return r.in.HasVector(string(name))
}

// emptiness reads {"key": "a.b"} of is_empty and is_null.
func (r *reader) emptiness(name string) (filterlang.Filter, error) {
	var field filterlang.Field
	err := r.Members(func(member []byte) (err error) {
		if string(member) != "key" {
			_, err = r.Value()
			return err
		}
		field, _, err = r.field()
		return err
	})
	switch {
	case err != nil:
		return filterlang.Filter{}, err
	case field.Path == nil:
		return filterlang.Filter{}, r.missing(name + " needs a key")
	case name == "is_empty":
		return empty(field), nil
	}
	return isNull(field), nil
}

// empty selects where all that the field reaches is null or an empty array, or nothing is
// there.
func empty(field filterlang.Field) filterlang.Filter {
	return not(filterlang.Filter{Op: filterlang.Size, Field: field, Args: []filterlang.Value{filterlang.Int(1), filterlang.Int(math.MaxInt64)}})
}

// isNull selects where the field itself is null; an array with null in it is not.
func isNull(field filterlang.Field) filterlang.Filter {
	none := filterlang.Filter{Op: filterlang.Size, Field: field, Args: []filterlang.Value{filterlang.Int(0), filterlang.Int(0)}}
	return all(none, filterlang.AnyOf(field, filterlang.Value{}))
}

// nested reads {"key": "arr", "filter": {…}}: one element of the array meets the filter.
func (r *reader) nested() (filterlang.Filter, error) {
	var field filterlang.Field
	var sub *filterlang.Filter
	err := r.Members(func(name []byte) (err error) {
		switch string(name) {
		case "key":
			field, _, err = r.field()
		case "filter":
			outer := r.inside
			r.inside = true
			var f filterlang.Filter
			f, err = r.filter()
			r.inside, sub = outer, &f
		default:
			_, err = r.Value()
		}
		return err
	})
	if err != nil {
		return filterlang.Filter{}, err
	}
	if field.Path == nil || sub == nil {
		return filterlang.Filter{}, r.missing("nested needs a key and a filter")
	}
	if n := len(field.Path); n > 1 && field.Path[n-1] == filterlang.EachElement {
		field.Path = field.Path[:n-1]
	}
	return filterlang.Filter{Op: filterlang.ElemMatch, Field: field, Sub: []filterlang.Filter{*sub}}, nil
}
