package sparse

import (
	"slices"
	"time"

	"github.com/memista/memista/internal/app/deadline"
	"github.com/memista/memista/internal/domain"
)

// postings are the sparse vectors of one name: by index, and for each chunk where it stands in
// the lists, so that it can be taken out of them without a look at the others. Chunks have
// small numbers here, which are used again.
type postings struct {
	lists   map[uint32]*list
	docs    []doc // by number
	free    []uint32
	numbers map[int64]uint32 // of chunks by their ids
	expires deadline.Queue
	entries int   // of all lists
	room    int64 // bytes that lists and docs take
}

// list is the chunks that have one index, in no order.
type list struct{ entries []entry }

// entry is a chunk, by its number, with its value.
type entry struct {
	doc   uint32
	value float32
}

// doc is one chunk.
type doc struct {
	id   int64 // 0: the number is free
	refs []ref // ascending by index
}

// ref says where a chunk stands in the list of an index.
type ref struct{ index, at uint32 }

// What things take, in bytes: entries and references as they are, the others with their share
// of maps at their usual load.
const (
	entryBytes = 8
	refBytes   = 8
	listBytes  = 80
	docBytes   = 88
)

func newPostings() *postings {
	return &postings{lists: map[uint32]*list{}, numbers: map[int64]uint32{}}
}

// put notes the vector of the chunk called id, in place of the one that it had. v has
// ascending indices and is not kept; with none the chunk is as if it had no vector.
func (p *postings) put(id int64, v domain.SparseVector, expires time.Time) {
	p.remove(id)
	if len(v.Indices) == 0 {
		return
	}
	n := p.number(id)
	refs := make([]ref, len(v.Indices))
	for i, index := range v.Indices {
		l := p.lists[index]
		if l == nil {
			l = &list{}
			p.lists[index] = l
			p.room += listBytes
		}
		refs[i] = ref{index, uint32(len(l.entries))}
		before := cap(l.entries)
		l.entries = append(l.entries, entry{n, v.Values[i]})
		p.room += int64(cap(l.entries)-before) * entryBytes
	}
	p.docs[n] = doc{id: id, refs: refs}
	p.entries += len(refs)
	p.room += int64(len(refs))*refBytes + docBytes
	p.expires.Set(id, expires)
}

// number gives the chunk called id a number.
func (p *postings) number(id int64) (n uint32) {
	if last := len(p.free) - 1; last >= 0 {
		n, p.free = p.free[last], p.free[:last]
	} else {
		n = uint32(len(p.docs))
		p.docs = append(p.docs, doc{})
	}
	p.numbers[id] = n
	return n
}

// remove forgets the chunk called id, if it is there.
func (p *postings) remove(id int64) {
	n, there := p.numbers[id]
	if !there {
		return
	}
	refs := p.docs[n].refs
	for _, r := range refs {
		p.unlist(r)
	}
	p.entries -= len(refs)
	p.room -= int64(len(refs))*refBytes + docBytes
	p.docs[n] = doc{}
	p.free = append(p.free, n)
	delete(p.numbers, id)
	p.expires.Set(id, time.Time{})
}

// unlist takes the entry at r out of its list: the last one takes its place.
func (p *postings) unlist(r ref) {
	l := p.lists[r.index]
	last := uint32(len(l.entries) - 1)
	if r.at != last {
		moved := l.entries[last]
		l.entries[r.at] = moved
		refs := p.docs[moved.doc].refs
		i, _ := slices.BinarySearchFunc(refs, r.index, func(have ref, index uint32) int { return int(int64(have.index) - int64(index)) })
		refs[i].at = r.at
	}
	before := cap(l.entries)
	l.entries = l.entries[:last]
	switch {
	case last == 0:
		delete(p.lists, r.index)
		p.room -= listBytes + int64(before)*entryBytes
	case before > shrinkFrom && int(last) < before/4:
		l.entries = append(make([]entry, 0, 2*last), l.entries...)
		p.room -= int64(before-cap(l.entries)) * entryBytes
	}
}

// shrinkFrom is the room of a list from which on it is given back when it is not needed.
const shrinkFrom = 64

// size is about how many bytes p takes.
func (p *postings) size() int64 {
	return p.room + int64(len(p.free))*(docBytes/2) + p.expires.Bytes()
}
