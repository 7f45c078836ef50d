package decode

import (
	"math"

	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Collection is what reading a body has to know of its collection.
type Collection struct {
	filter.Collection
	Dense  string          // name of its dense vector
	Sparse map[string]bool // names of its sparse vectors
	// Named are its dense vectors where it has several; with OnlyNamed there is no other one, and
	// Dense is the name of none.
	Named     map[string]domain.NamedVector
	OnlyNamed bool
}

// IsMain reports whether name is that of the dense vector that is no named one.
func (c *Collection) IsMain(name string) bool { return name == c.Dense && !c.OnlyNamed }

// IsDense reports whether the collection has a dense vector called name.
func (c *Collection) IsDense(name string) bool {
	_, named := c.Named[name]
	return named || c.IsMain(name)
}

// reader reads one body.
type reader struct {
	wire.Scanner
	in    *Collection
	block []float32 // vectors that are read, one after the other
}

// read reads a whole body with fn. Its errors are in Qdrant's words.
func read(body []byte, in *Collection, fn func(r *reader) error) error {
	r := reader{in: in}
	r.Reset(body)
	err := fn(&r)
	if err == nil {
		err = r.End()
	}
	return said.Format(err)
}

// object reads an object. member reads the value of a member that is known and not null; it
// reports false, and reads nothing, for others.
func (r *reader) object(member func(name string) (known bool, err error)) error {
	return r.Members(func(name []byte) error {
		text := string(name)
		if r.Null() {
			return nil
		}
		known, err := member(text)
		if err == nil && !known {
			_, err = r.Value()
		}
		return err
	})
}

// raw reads any value as it is written.
func (r *reader) raw() (string, error) {
	b, err := r.Value()
	return string(b), err
}

// text reads a string.
func (r *reader) text() (string, error) {
	b, err := r.Text()
	return string(b), err
}

// payload reads a JSON object.
func (r *reader) payload() (string, error) {
	if next := r.Next(); next != '{' {
		return "", r.Errorf("invalid type: expected a map")
	}
	return r.raw()
}

// count reads a number of things, from 0 on, and takes what is past int32 for that.
func (r *reader) count() (int, error) {
	n, err := r.Int()
	if err != nil && r.Next() != 0 { // digits beyond int64 are a number too
		if raw, rawErr := r.Value(); rawErr == nil && allDigits(raw) {
			return math.MaxInt32, nil
		}
		return 0, err
	}
	if err == nil && n < 0 {
		err = r.Errorf("invalid value: integer `%d`, expected usize", n)
	}
	return int(min(n, math.MaxInt32)), err
}

func allDigits(raw []byte) bool {
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// filter reads a filter; nil selects all.
func (r *reader) filter() (*filterlang.Filter, error) {
	raw, err := r.Value()
	if err != nil {
		return nil, err
	}
	return filter.Parse(raw, &r.in.Collection)
}

// paths reads a list of paths, or one.
func (r *reader) paths() (list []payload.Path, err error) {
	list = []payload.Path{}
	one := func(int) error {
		text, err := r.Text()
		if err != nil {
			return err
		}
		p, err := payload.ParsePath(string(text))
		list = append(list, p)
		return err
	}
	if r.Next() != '[' {
		return list, one(0)
	}
	return list, r.Array(one)
}

// tree reads a list of paths, or one, to be followed together.
func (r *reader) tree() (*payload.Tree, error) {
	list, err := r.paths()
	return payload.NewTree(list...), err
}

// Vectors says which vectors of points are asked for.
type Vectors struct {
	All   bool
	Names []string
}

// Wants reports whether the vector called name is asked for.
func (v Vectors) Wants(name string) bool {
	for _, n := range v.Names {
		if n == name {
			return true
		}
	}
	return v.All
}

// Parts says what of points is asked for.
type Parts struct {
	Payload payload.Selector
	Vectors Vectors
}

// part reads with_payload, with_vector and their other spellings.
func (r *reader) part(name string, p *Parts) (known bool, err error) {
	switch name {
	case "with_payload":
		p.Payload, err = r.withPayload()
	case "with_vector", "with_vectors":
		p.Vectors, err = r.withVectors()
	default:
		return false, nil
	}
	return true, err
}

// withPayload reads true, false, a list of paths, or {"include": […]} and {"exclude": […]}.
func (r *reader) withPayload() (s payload.Selector, err error) {
	switch r.Next() {
	case '[', '"':
		s.Include, err = r.tree()
		return s, err
	case '{':
		err = r.object(func(name string) (bool, error) {
			switch name {
			case "include":
				s.Include, err = r.tree()
			case "exclude":
				s.Exclude, err = r.tree()
			default:
				return false, nil
			}
			return true, err
		})
		return s, err
	}
	s.All, err = r.Bool()
	return s, err
}

// withVectors reads true, false, or a list of names.
func (r *reader) withVectors() (v Vectors, err error) {
	switch r.Next() {
	case '"':
		name, err := r.text()
		return Vectors{Names: []string{name}}, err
	case '[':
		err = r.Array(func(int) error {
			name, err := r.text()
			v.Names = append(v.Names, name)
			return err
		})
		return v, err
	}
	v.All, err = r.Bool()
	return v, err
}
