//go:build usearch && cgo

package usearch

import (
	"hash/maphash"
	"slices"
	"unsafe"
)

// duplicates keeps equal vectors out of the graph: of each group of them one stands there,
// and the others come with it. A graph cannot hold many equal vectors well: they choose
// each other as neighbors, and no link leads to most of them.
type duplicates struct {
	seed  maphash.Seed
	first map[uint64]int64 // hash of a row: the id that stands in the graph
	group map[int64]*group // of every id that has a duplicate
}

// group is two or more ids with equal vectors.
type group struct {
	node int64 // the one in the graph
	ids  map[int64]struct{}
}

func newDuplicates() duplicates {
	return duplicates{seed: maphash.MakeSeed(), first: map[uint64]int64{}, group: map[int64]*group{}}
}

func (t *duplicates) hash(row []float32) uint64 {
	return maphash.Bytes(t.seed, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(row))), 4*len(row)))
}

// join makes id the duplicate of the vector in the graph that equals row, and reports whether
// there is one. If not, id is to stand in the graph.
func (t *duplicates) join(r *rows, id int64, row []float32) bool {
	h := t.hash(row)
	node, ok := t.first[h]
	if !ok {
		t.first[h] = id
		return false
	}
	if slot, _ := r.slot(node); !slices.Equal(r.at(slot), row) {
		return false // another vector with the same hash: both stand in the graph
	}
	g := t.group[node]
	if g == nil {
		g = &group{node: node, ids: map[int64]struct{}{node: {}}}
		t.group[node] = g
	}
	g.ids[id] = struct{}{}
	t.group[id] = g
	return true
}

// leave forgets id, whose vector is row. If it stood in the graph, it is either alone,
// or there is a successor that is to stand there instead.
func (t *duplicates) leave(id int64, row []float32) (successor int64, alone bool) {
	g := t.group[id]
	if g == nil {
		if h := t.hash(row); t.first[h] == id {
			delete(t.first, h)
		}
		return 0, true
	}
	delete(t.group, id)
	delete(g.ids, id)
	if g.node == id {
		for successor = range g.ids {
			break
		}
		g.node = successor
		t.first[t.hash(row)] = successor
	}
	if len(g.ids) == 1 {
		delete(t.group, g.node)
	}
	return successor, false
}

// node returns the id that stands in the graph for id.
func (t *duplicates) node(id int64) int64 {
	if len(t.group) > 0 {
		if g := t.group[id]; g != nil {
			return g.node
		}
	}
	return id
}

// of returns the group of the id that stands in the graph; nil if it has no duplicate.
func (t *duplicates) of(node int64) *group {
	if len(t.group) == 0 {
		return nil
	}
	return t.group[node]
}

// bytes estimates the memory held.
func (t *duplicates) bytes() int64 {
	const perEntry = 24 // of a Go map with 8-byte keys and values, at its usual fill
	return perEntry * int64(len(t.first)+3*len(t.group))
}
