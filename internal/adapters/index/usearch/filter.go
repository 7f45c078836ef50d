//go:build usearch && cgo

package usearch

import "github.com/memista/memista/internal/ports"

// bitmap is a set of ids as the walk asks for them in C: bit i is the id first + i.
type bitmap struct {
	first int64
	words []uint64
}

// A bitmap of more than alwaysWords and sparseWords per vector is too long: the ids are spread
// out so far that comparing with each allowed vector is the better way.
const (
	sparseWords = 1
	alwaysWords = 1 << 14
)

// fill makes b the set of the ids that stand in the graph for those allow lets through. It returns false if the
// ids are too far apart for a bitmap.
func (b *bitmap) fill(gen *generation, allow ports.IDSet) bool {
	r := gen.rows
	words := uint64(r.most-r.least)/64 + 1
	if words > alwaysWords+sparseWords*uint64(r.live) {
		return false
	}
	if uint64(cap(b.words)) < words {
		b.words = make([]uint64, words)
	}
	b.words = b.words[:words]
	clear(b.words)
	b.first = r.least
	each(r, allow, func(id int64) bool {
		if id = gen.duplicates.node(id); id >= r.least && id <= r.most {
			at := uint64(id - r.least)
			b.words[at/64] |= 1 << (at % 64)
		}
		return true
	})
	return true
}

// each calls f with every id of allow that may be in r, until f returns false. A set of
// more ids than there are vectors is not listed but asked about each vector.
func each(r *rows, allow ports.IDSet, f func(id int64) bool) {
	if allow.Len() <= r.live {
		allow.All()(f)
		return
	}
	for _, id := range r.ids {
		if id != 0 && allow.Contains(id) && !f(id) {
			return
		}
	}
}
