package indextest

import (
	"iter"
	"slices"

	"github.com/memista/memista/internal/ports"
)

// set is a sorted list of ids.
type set []int64

var _ ports.IDSet = set(nil)

// NewSet returns the set of the given ids.
func NewSet(ids ...int64) ports.IDSet {
	s := set(slices.Clone(ids))
	slices.Sort(s)
	return slices.Compact(s)
}

func (s set) Contains(id int64) bool {
	_, ok := slices.BinarySearch(s, id)
	return ok
}

func (s set) Len() int { return len(s) }

func (s set) All() iter.Seq[int64] { return slices.Values(s) }
