package domain

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of named vectors.
const (
	MaxVectorNames = 16  // names that a database declares
	MaxVectorName  = 128 // bytes of a name
)

// NamedVector declares that chunks may have a vector called Name, beside their embedding.
type NamedVector struct {
	Name   string
	Dims   int
	Metric Metric
}

// NamedVectors are the named vectors that a database declares. They are compared with ==; the
// zero value has none.
type NamedVectors struct {
	list string // name, NUL, dims, NUL, metric, NUL for each, ascending by name
}

// NewNamedVectors returns what list declares, in any order, with the default metric where none is
// said, or ErrInvalid.
func NewNamedVectors(list ...NamedVector) (NamedVectors, error) {
	if len(list) > MaxVectorNames {
		return NamedVectors{}, Errorf(ErrTooLarge, "%d named vectors, at most %d are allowed", len(list), MaxVectorNames)
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b NamedVector) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	for i, v := range list {
		metric, err := ParseMetric(string(v.Metric))
		if err != nil {
			return NamedVectors{}, At(err, "vectors "+v.Name)
		}
		switch {
		case v.Name == "":
			return NamedVectors{}, Errorf(ErrInvalid, "the name of a vector cannot be empty")
		case len(v.Name) > MaxVectorName:
			return NamedVectors{}, Errorf(ErrInvalid, "the name of a vector has %d bytes, at most %d are allowed", len(v.Name), MaxVectorName)
		case !utf8.ValidString(v.Name) || strings.ContainsFunc(v.Name, unicode.IsControl):
			return NamedVectors{}, Errorf(ErrInvalid, "the name of a vector must be UTF-8 without control characters: %q", v.Name)
		case i > 0 && v.Name == list[i-1].Name:
			return NamedVectors{}, Errorf(ErrInvalid, "the vector %q is declared twice", v.Name)
		case v.Dims < 1 || v.Dims > MaxDims:
			return NamedVectors{}, Errorf(ErrInvalid, "dims of the vector %q must be between 1 and %d, got %d", v.Name, MaxDims, v.Dims)
		}
		b.WriteString(v.Name + "\x00" + strconv.Itoa(v.Dims) + "\x00" + string(metric) + "\x00")
	}
	return NamedVectors{b.String()}, nil
}

// Len returns how many names there are.
func (n NamedVectors) Len() int { return strings.Count(n.list, "\x00") / 3 }

// All yields what is declared, in ascending order of the names.
func (n NamedVectors) All() iter.Seq[NamedVector] {
	return func(yield func(NamedVector) bool) {
		for rest := n.list; rest != ""; {
			var v NamedVector
			var dims, metric string
			v.Name, rest, _ = strings.Cut(rest, "\x00")
			dims, rest, _ = strings.Cut(rest, "\x00")
			metric, rest, _ = strings.Cut(rest, "\x00")
			v.Dims, _ = strconv.Atoi(dims) // it was written by NewNamedVectors
			v.Metric = Metric(metric)
			if !yield(v) {
				return
			}
		}
	}
}

// Find returns what is declared under name, or the ErrInvalid for a name that is not.
func (n NamedVectors) Find(name string) (NamedVector, error) {
	for v := range n.All() {
		if v.Name == name {
			return v, nil
		}
	}
	if n.Len() == 0 {
		return NamedVector{}, Errorf(ErrInvalid, "unknown vector %q: the database declares none, see its setting vectors", name)
	}
	return NamedVector{}, Errorf(ErrInvalid, "unknown vector %q: the database declares %v", name, n)
}

// String lists what is declared, as it stands in messages.
func (n NamedVectors) String() string {
	var all []string
	for v := range n.All() {
		all = append(all, v.Name+" ("+strconv.Itoa(v.Dims)+", "+string(v.Metric)+")")
	}
	return strings.Join(all, ", ")
}

// Equal reports whether both are the same, as == does.
func (n NamedVectors) Equal(m NamedVectors) bool { return n == m }

// CheckDims refuses vectors of a chunk under names that are not declared, or of other dimensions.
func (n NamedVectors) CheckDims(v Vectors) error {
	if len(v) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of, err := n.Find(name)
		if err != nil {
			return err
		}
		if len(v[name]) != of.Dims {
			return At(DimensionMismatch(of.Dims, len(v[name])), "vectors "+name)
		}
	}
	return nil
}

// Vectors are the named vectors of a chunk by their names; nil is none.
type Vectors map[string][]float32

// Clone returns a copy that shares nothing with v.
func (v Vectors) Clone() Vectors {
	if v == nil {
		return nil
	}
	out := make(Vectors, len(v))
	for name, one := range v {
		out[name] = slices.Clone(one)
	}
	return out
}

// Size returns how many bytes the names and numbers take.
func (v Vectors) Size() int64 {
	n := int64(0)
	for name, one := range v {
		n += int64(len(name)) + 4*int64(len(one))
	}
	return n
}

// CheckVectors reports why v cannot be stored in a database with settings s: its names and
// dimensions are checked, and its numbers as CheckEmbedding does.
func (s *Settings) CheckVectors(v Vectors) error {
	if err := s.Vectors.CheckDims(v); err != nil || len(v) == 0 {
		return err
	}
	for of := range s.Vectors.All() {
		if one, has := v[of.Name]; has {
			by := s.Using(of)
			if err := by.CheckEmbedding(one); err != nil {
				return At(err, "vectors "+of.Name)
			}
		}
	}
	return nil
}

// Using returns s as it is for the vectors called v.Name: they are the embeddings, which chunks
// may be without where it says so.
func (s *Settings) Using(v NamedVector) Settings {
	out := *s
	out.Dims, out.Metric = v.Dims, v.Metric
	return out
}
