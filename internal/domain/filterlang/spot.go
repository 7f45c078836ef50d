package filterlang

import "github.com/memista/memista/internal/domain"

// Spot is a place in a document that the paths of fields reach.
type Spot struct {
	// Names are those of the members on the way to it. It is only valid during the call.
	Names []string
	// Nested says that the way leads through an array that stands in another one, which paths
	// that are not strict do not.
	Nested bool
}

// Spots goes through the fields of m. It calls member with each member of an object and the
// JSON of its value, and leaf with each scalar that stands there, or in the array that does:
// a field whose path has these names, or joins them with dots, reaches both. A strict path
// with the same names may reach less, and some that is Nested.
func Spots(m domain.Metadata, member func(s Spot, value string), leaf func(s Spot, l Leaf)) {
	object, ok := m.Fields()
	if !ok {
		return
	}
	w := spotWalk{walk: walk{text: object}, member: member, leaf: leaf}
	w.space()
	w.object(Spot{})
}

type spotWalk struct {
	walk
	member func(Spot, string)
	leaf   func(Spot, Leaf)
}

func (w *spotWalk) object(at Spot) {
	w.members(func(name string) {
		inner := Spot{append(at.Names[:len(at.Names):len(at.Names)], name), at.Nested}
		start := w.at
		w.skip()
		end := w.at
		w.member(inner, w.text[start:end])
		w.at = start
		w.value(inner, false)
		w.at = end
	})
}

// value goes through the value at hand, which may be an element of an array.
func (w *spotWalk) value(at Spot, element bool) {
	switch w.next() {
	case '{':
		w.object(at)
	case '[':
		inner := Spot{at.Names, at.Nested || element}
		w.elements(func(byte) { w.value(inner, true) })
	default:
		w.leaf(at, Leaf{Value: w.scalar(), Element: element})
	}
}
