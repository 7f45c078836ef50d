package filterlang

import (
	"cmp"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// Sort is an order of chunks by the values of a field: numbers by their size, then times as
// instants, then other texts by their bytes. Chunks with the same value come by their ids. One
// without such a value is left out.
type Sort struct {
	Field      Field
	Descending bool // the greatest value first; ids ascend all the same
	Each       bool // a chunk is listed once for each of its values; else for the first of them
	NoTexts    bool // texts that are no times count for nothing
}

// RankClass is a kind of values that have an order among themselves.
type RankClass uint8

// The classes, in their order.
const (
	Numbers RankClass = iota
	Times             // texts that name an instant
	Words             // other texts
)

// Rank is what a value is ordered by.
type Rank struct {
	Class RankClass
	Value Value // of Times a text that sorts as the instants do
}

// Compare orders ranks, ascending.
func (r Rank) Compare(s Rank) int {
	return cmp.Or(cmp.Compare(r.Class, s.Class), r.Value.Compare(s.Value))
}

// Rank returns what v is ordered by, and false if it is not.
func (s *Sort) Rank(v Value) (Rank, bool) {
	if v.IsNumber() {
		return Rank{Numbers, v}, true
	}
	if v.Kind != TextValue {
		return Rank{}, false
	}
	if sortable, ok := SortableInstant(v.Text); ok {
		return Rank{Times, Text(sortable)}, true
	}
	return Rank{Words, v}, !s.NoTexts
}

// Place is where a chunk stands in an order.
type Place struct {
	Rank Rank
	ID   int64 // of the chunk
}

// Compare orders places as s says.
func (s *Sort) Compare(a, b Place) int {
	by := a.Rank.Compare(b.Rank)
	if s.Descending {
		by = -by
	}
	return cmp.Or(by, cmp.Compare(a.ID, b.ID))
}

// Placed is a place with the value of the chunk that gives it.
type Placed struct {
	Place
	Value Value // its text is a part of the metadata
}

// Places appends the places that c has in the order s to into, each once, the first first.
func (s *Sort) Places(c *domain.Chunk, into []Placed) []Placed {
	own := len(into)
	s.Field.Leaves(c, func(l Leaf) {
		if rank, ok := s.Rank(l.Value); ok {
			into = append(into, Placed{Place{rank, c.ID}, l.Value})
		}
	})
	list := into[own:]
	if len(list) < 2 {
		return into
	}
	slices.SortStableFunc(list, func(a, b Placed) int { return s.Compare(a.Place, b.Place) })
	list = slices.CompactFunc(list, func(a, b Placed) bool { return s.Compare(a.Place, b.Place) == 0 })
	if !s.Each {
		list = list[:1]
	}
	return into[:own+len(list)]
}
