package filterlang

import (
	"regexp"
	"slices"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Op says what a Filter does with its parts.
type Op uint8

// The operators. All others of the language are made of these: $ne, $nin and
// $exists:false are a Not around one.
const (
	And       Op = iota // every one of Sub; with none: everything
	Or                  // at least one of Sub
	AtLeast             // at least as many of Sub as the number in Args
	Not                 // not the one in Sub
	In                  // a value is one of Args
	Gt                  // a value is greater than the one in Args; two texts that are times compare as instants
	Gte                 // … or equal
	Lt                  // a value is less than the one in Args
	Lte                 // … or equal
	Exists              // the field is there
	Contains            // an array has the one in Args, or a text has it as a part
	Regex               // a text matches the pattern in Args, anywhere in it
	AnyValue            // one and the same value meets the filter in Sub, whose comparisons are of that value
	Size                // the field has as many values as the two numbers in Args say, the least and the most
	ElemMatch           // an object in an array meets the filter in Sub, which asks about its members
	Within              // a place is in Area
)

// Filter selects chunks by their metadata, id, key and text. The zero Filter selects all.
// A Filter does not change once it is made.
//
// The values of a field are the scalar that its path reaches, or the elements of the array
// that it reaches; a comparison matches if one of them does. A chunk without the field
// matches nothing but a Not, and a Size that takes none.
type Filter struct {
	Op    Op
	Field Field    // of a comparison
	Args  []Value  // of a comparison and AtLeast, in the order of Compare
	Sub   []Filter // of And, Or, AtLeast, Not, AnyValue and ElemMatch
	Area  *Area    // of Within

	pattern *regexp.Regexp // of Regex
}

// Source says where a field stands.
type Source uint8

// The sources of fields.
const (
	InMetadata Source = iota
	ChunkID           // $id, an integer
	ChunkKey          // $key, a text; not there in a chunk without one
	ChunkText         // $text, a text
)

// Field names what a comparison looks at.
type Field struct {
	Source Source
	Path   []string // in the metadata
	Exact  bool     // each step of Path is one name; else a run of them may be a name with dots
	// Strict: each step of Path is .name, which leads into an object, [2], to an element of an
	// array, or [*], to each of them. Else names lead through arrays on their way.
	Strict bool
}

// IsAll reports whether f selects everything because it says nothing.
func (f Filter) IsAll() bool { return f.Op == And && len(f.Sub) == 0 }

// IsComparison reports whether f looks at a field.
func (f Filter) IsComparison() bool { return f.Op > Not }

// Size is how many comparisons and values f consists of.
func (f Filter) Size() int {
	n := max(1, len(f.Args))
	if f.Area != nil {
		n = f.Area.size()
	}
	for i := range f.Sub {
		n += f.Sub[i].Size()
	}
	return n
}

// IsScalar reports whether f is a comparison that looks at one scalar of the field at a
// time: Takes answers it, besides Exists.
func (f Filter) IsScalar() bool { return f.Op >= In && f.Op <= AnyValue }

// Comparisons calls fn with each comparison in f. What AnyValue and ElemMatch ask is not one.
func (f *Filter) Comparisons(fn func(*Filter)) {
	if f.IsComparison() {
		fn(f)
		return
	}
	for i := range f.Sub {
		f.Sub[i].Comparisons(fn)
	}
}

// Matches reports whether f selects c, of which it needs the parts that f.Fields names.
func (f *Filter) Matches(c *domain.Chunk) bool {
	switch f.Op {
	case And:
		for i := range f.Sub {
			if !f.Sub[i].Matches(c) {
				return false
			}
		}
		return true
	case Or:
		for i := range f.Sub {
			if f.Sub[i].Matches(c) {
				return true
			}
		}
		return false
	case AtLeast:
		return f.countMatches(c) >= f.Args[0].Int
	case Not:
		return !f.Sub[0].Matches(c)
	case Size, ElemMatch, Within:
		return f.matchesWhole(c)
	default:
		matches := false
		found := f.Field.Leaves(c, func(l Leaf) { matches = matches || f.Takes(l) })
		return matches || found && f.Op == Exists
	}
}

// countMatches returns how many of Sub select c.
func (f *Filter) countMatches(c *domain.Chunk) (n int64) {
	for i := range f.Sub {
		if f.Sub[i].Matches(c) {
			n++
		}
	}
	return n
}

// Leaves calls fn with the values that f has in c, and reports whether f is there.
func (f Field) Leaves(c *domain.Chunk, fn func(Leaf)) (found bool) {
	switch f.Source {
	case ChunkID:
		fn(Leaf{Value: Int(c.ID)})
		return true
	case ChunkKey:
		if c.Key == "" {
			return false
		}
		fn(Leaf{Value: Text(c.Key)})
		return true
	case ChunkText:
		fn(Leaf{Value: Text(c.Text)})
		return true
	case InMetadata:
	}
	return leaves(c.Metadata, f, fn)
}

// Takes reports whether the comparison f, which IsScalar, matches a value. For Exists any
// does.
func (f *Filter) Takes(l Leaf) bool {
	if f.Op == Exists {
		return true
	}
	switch f.Op {
	case In:
		_, found := slices.BinarySearchFunc(f.Args, l.Value, Value.Compare)
		return found
	case AnyValue:
		return f.Sub[0].accepts(l)
	default:
	}
	arg := f.Args[0]
	switch f.Op {
	case Gt:
		return l.Value.Comparable(arg) && l.Value.compareInOrder(arg) > 0
	case Gte:
		return l.Value.Comparable(arg) && l.Value.compareInOrder(arg) >= 0
	case Lt:
		return l.Value.Comparable(arg) && l.Value.compareInOrder(arg) < 0
	case Lte:
		return l.Value.Comparable(arg) && l.Value.compareInOrder(arg) <= 0
	case Contains:
		if l.Element {
			return l.Value == arg
		}
		return l.Value.Kind == TextValue && arg.Kind == TextValue && strings.Contains(l.Value.Text, arg.Text)
	case Regex:
		return l.Value.Kind == TextValue && f.pattern.MatchString(l.Value.Text)
	default:
		return false
	}
}

// accepts reports whether f, which AnyValue has, matches a value.
func (f *Filter) accepts(l Leaf) bool {
	switch f.Op {
	case And:
		return !slices.ContainsFunc(f.Sub, func(s Filter) bool { return !s.accepts(l) })
	case Or:
		return slices.ContainsFunc(f.Sub, func(s Filter) bool { return s.accepts(l) })
	case Not:
		return !f.Sub[0].accepts(l)
	default:
		return f.Takes(l)
	}
}

// Fields returns the parts of a chunk that Matches looks at, besides its id and key.
func (f *Filter) Fields() domain.Fields {
	var fields domain.Fields
	f.Comparisons(func(c *Filter) {
		switch c.Field.Source {
		case InMetadata:
			fields |= domain.FieldMetadata
		case ChunkText:
			fields |= domain.FieldText
		case ChunkID, ChunkKey:
		}
	})
	return fields
}
