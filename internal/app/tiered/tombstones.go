package tiered

import (
	"iter"
	"maps"

	"github.com/memista/memista/internal/domain"
)

// tombstones is a set of ids that never changes: a search keeps the one it has loaded. It
// lies in layers, each more than twice as large as the next, so that adding an id copies
// few others.
type tombstones struct {
	layers []map[int64]struct{}
	n      int // ids in all layers, of which some may be the same
}

// with returns l, which may be nil, and ids, which it keeps.
func (l *tombstones) with(ids map[int64]struct{}) *tombstones {
	var more tombstones
	if l != nil {
		more.layers = append(more.layers, l.layers...)
	}
	top := ids
	for last := len(more.layers) - 1; last >= 0 && len(more.layers[last]) <= 2*len(top); last-- {
		both := maps.Clone(more.layers[last]) // searches may have it
		maps.Copy(both, top)
		top, more.layers = both, more.layers[:last]
	}
	more.layers = append(more.layers, top)
	for _, layer := range more.layers {
		more.n += len(layer)
	}
	return &more
}

func (l *tombstones) has(id int64) bool {
	for _, layer := range l.layers {
		if _, in := layer[id]; in {
			return true
		}
	}
	return false
}

// all yields the ids, some perhaps more than once.
func (l *tombstones) all() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, layer := range l.layers {
			for id := range layer {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// filter returns list without the neighbors among the tombstones, in place.
func (l *tombstones) filter(list []domain.Neighbor) []domain.Neighbor {
	kept := list[:0]
	for _, n := range list {
		if !l.has(n.ID) {
			kept = append(kept, n)
		}
	}
	return kept
}
