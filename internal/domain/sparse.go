package domain

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of sparse vectors. The first is twice the vocabulary of the models there are;
// vectors made of hashed words have as many entries as a text has different words.
const (
	MaxSparseEntries = 65536 // entries of one vector
	MaxSparseNames   = 64    // names that a database declares
	MaxSparseName    = 128   // bytes of a name
)

// SparseVector is a vector of which only some components are not zero: Values are those at
// Indices, which are distinct.
type SparseVector struct {
	Indices []uint32
	Values  []float32
}

// SparseVectors are the sparse vectors of a chunk by their names; nil is none.
type SparseVectors map[string]SparseVector

// Check reports why v cannot be stored under any names; see SparseVector.Check.
func (v SparseVectors) Check() error {
	if len(v) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if err := v[name].Check(); err != nil {
			return At(err, "sparse "+name)
		}
	}
	return nil
}

// Clone returns a copy that shares nothing with v.
func (v SparseVectors) Clone() SparseVectors {
	if v == nil {
		return nil
	}
	out := make(SparseVectors, len(v))
	for name, one := range v {
		out[name] = SparseVector{slices.Clone(one.Indices), slices.Clone(one.Values)}
	}
	return out
}

// Check reports why v cannot be stored or asked for: it has other many values than indices,
// or too many; an index twice; a value that is not finite. An empty one is fine, and is near
// nothing.
func (v SparseVector) Check() error {
	switch {
	case len(v.Indices) != len(v.Values):
		return Errorf(ErrInvalid, "a sparse vector has %d indices and %d values: there must be as many", len(v.Indices), len(v.Values))
	case len(v.Indices) > MaxSparseEntries:
		return Errorf(ErrTooLarge, "a sparse vector has %d entries, at most %d are allowed", len(v.Indices), MaxSparseEntries)
	}
	for i, x := range v.Values {
		if x-x != 0 { // not finite
			return Errorf(ErrNotFinite, "a sparse vector has a value that is not a finite number, at %d", i)
		}
	}
	sorted := v.Sorted().Indices
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return Errorf(ErrInvalid, "a sparse vector has the index %d twice", sorted[i])
		}
	}
	return nil
}

// Sorted returns v with ascending indices: v itself if they are, else a copy. v has as many
// values as indices.
func (v SparseVector) Sorted() SparseVector {
	if slices.IsSorted(v.Indices) {
		return v
	}
	order := make([]int, len(v.Indices))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(v.Indices[i], v.Indices[j]) })
	out := SparseVector{make([]uint32, len(order)), make([]float32, len(order))}
	for to, from := range order {
		out.Indices[to], out.Values[to] = v.Indices[from], v.Values[from]
	}
	return out
}

// Size returns how many bytes the names, indices and values take.
func (v SparseVectors) Size() int64 {
	n := int64(0)
	for name, one := range v {
		n += int64(len(name)) + 8*int64(len(one.Indices))
	}
	return n
}

// SparseModifier says how the values of a sparse query are changed before they are compared.
type SparseModifier string

// The modifiers.
const (
	SparseNone SparseModifier = "none"
	// SparseIDF multiplies each value by how rare its index is: its inverse document frequency.
	SparseIDF SparseModifier = "idf"
)

// ParseSparseModifier returns the modifier called name, or ErrInvalid. The empty name is
// SparseNone.
func ParseSparseModifier(name string) (SparseModifier, error) {
	switch m := SparseModifier(name); m {
	case "":
		return SparseNone, nil
	case SparseNone, SparseIDF:
		return m, nil
	}
	return "", Errorf(ErrInvalid, "unknown modifier %q of a sparse vector: use none or idf", name)
}

// SparseNames are the names of the sparse vectors that a database declares, with their
// modifiers. They are compared with ==; the zero value has none.
type SparseNames struct {
	list string // name, NUL, modifier, NUL for each, ascending by name
}

// NewSparseNames returns names with their modifiers, of which "" is SparseNone, or
// ErrInvalid.
func NewSparseNames(modifiers map[string]SparseModifier) (SparseNames, error) {
	if len(modifiers) > MaxSparseNames {
		return SparseNames{}, Errorf(ErrTooLarge, "%d sparse vectors, at most %d are allowed", len(modifiers), MaxSparseNames)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(modifiers)) {
		if err := checkSparseName(name); err != nil {
			return SparseNames{}, err
		}
		m, err := ParseSparseModifier(string(modifiers[name]))
		if err != nil {
			return SparseNames{}, err
		}
		b.WriteString(name + "\x00" + string(m) + "\x00")
	}
	return SparseNames{b.String()}, nil
}

func checkSparseName(name string) error {
	switch {
	case name == "":
		return Errorf(ErrInvalid, "the name of a sparse vector cannot be empty")
	case len(name) > MaxSparseName:
		return Errorf(ErrInvalid, "the name of a sparse vector has %d bytes, at most %d are allowed", len(name), MaxSparseName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return Errorf(ErrInvalid, "the name of a sparse vector must be UTF-8 without control characters: %q", name)
	}
	return nil
}

// Len returns how many names there are.
func (n SparseNames) Len() int { return strings.Count(n.list, "\x00") / 2 }

// All yields the names with their modifiers in ascending order.
func (n SparseNames) All() iter.Seq2[string, SparseModifier] {
	return func(yield func(string, SparseModifier) bool) {
		for rest := n.list; rest != ""; {
			var name, m string
			name, rest, _ = strings.Cut(rest, "\x00")
			m, rest, _ = strings.Cut(rest, "\x00")
			if !yield(name, SparseModifier(m)) {
				return
			}
		}
	}
}

// Modifier returns the modifier of a name, and whether it is declared.
func (n SparseNames) Modifier(name string) (m SparseModifier, ok bool) {
	for have, m := range n.All() {
		if have == name {
			return m, true
		}
	}
	return "", false
}

// String lists the names, as it stands in messages.
func (n SparseNames) String() string {
	var all []string
	for name, m := range n.All() {
		all = append(all, name+" ("+string(m)+")")
	}
	return strings.Join(all, ", ")
}

// Equal reports whether both are the same, as == does.
func (n SparseNames) Equal(m SparseNames) bool { return n == m }

// CheckNames refuses sparse vectors of a chunk under names that a database with n does not
// declare.
func (n SparseNames) CheckNames(v SparseVectors) error {
	if len(v) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if _, ok := n.Modifier(name); !ok {
			return n.Unknown(name)
		}
	}
	return nil
}

// Unknown is the ErrInvalid for a name that n does not have.
func (n SparseNames) Unknown(name string) error {
	if n.Len() == 0 {
		return Errorf(ErrInvalid, "unknown sparse vector %q: the database declares none, see its setting sparse", name)
	}
	return Errorf(ErrInvalid, "unknown sparse vector %q: the database declares %v", name, n)
}

// CheckAltered reports why a database that declares n cannot declare to: what is stored
// under a name keeps it.
func (n SparseNames) CheckAltered(to SparseNames) error {
	for name := range n.All() {
		if _, ok := to.Modifier(name); !ok {
			return Errorf(ErrInvalid, "the sparse vector %q cannot be taken out of the settings, for chunks may have it: name it too", name)
		}
	}
	return nil
}

// SparseQuery asks for the chunks whose sparse vector called Name has an index in common
// with Vector, by the sum of the products of their values.
type SparseQuery struct {
	Name   string
	Vector SparseVector
}

// SparseMatch is a chunk that a sparse query has found.
type SparseMatch struct {
	ID    int64
	Score float32 // higher is better
}

// Compare orders matches: best first, the lower id first among equals.
func (m SparseMatch) Compare(n SparseMatch) int {
	return cmp.Or(cmp.Compare(n.Score, m.Score), cmp.Compare(m.ID, n.ID))
}
