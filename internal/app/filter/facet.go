package filter

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/domain/filterlang"
)

// facet is the values that chunks have in one field, each with its chunks: those that
// stand there themselves, or those that stand in arrays there.
type facet struct {
	values []*value // by their numbers, from 1; nil: the number is free
	free   []uint32
	texts  map[string]uint32
	others map[filterlang.Value]uint32
	refs   refs
	bytes  int64 // of values and texts

	ordering sync.Mutex // held by whoever makes an order
	orders   [classes]atomic.Pointer[order]

	room []uint32 // for put, which is never called by two
}

// value is one value with its chunks.
type value struct {
	filterlang.Value
	ids set
}

func newFacet() *facet {
	return &facet{values: []*value{nil}, texts: map[string]uint32{}, others: map[filterlang.Value]uint32{}, refs: newRefs()}
}

// perValue is about what a value takes beside its text and its ids.
const perValue = 160

// put notes the values of a chunk that has none yet.
func (f *facet) put(id uint64, values []filterlang.Value) {
	if len(values) == 0 {
		return
	}
	list := f.room[:0]
	for _, v := range values {
		list = append(list, f.ref(v))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	for _, ref := range list {
		f.values[ref].ids.add(id)
		f.changed(f.values[ref].Value, id)
	}
	f.refs.set(id, list)
	f.room = list
}

// ref returns the number of v, a new one if need be.
func (f *facet) ref(v filterlang.Value) uint32 {
	if ref := f.find(v); ref != 0 {
		return ref
	}
	var ref uint32
	if n := len(f.free); n > 0 {
		ref, f.free = f.free[n-1], f.free[:n-1]
	} else {
		ref = uint32(len(f.values))
		f.values = append(f.values, nil)
	}
	if v.Kind == filterlang.TextValue {
		v.Text = strings.Clone(v.Text) // it is a part of the metadata, which need not stay
		f.texts[v.Text] = ref
	} else {
		f.others[v] = ref
	}
	f.values[ref] = &value{Value: v}
	f.bytes += perValue + int64(len(v.Text))
	return ref
}

// find returns the number of v, 0 if no chunk has it.
func (f *facet) find(v filterlang.Value) uint32 {
	if v.Kind == filterlang.TextValue {
		return f.texts[v.Text]
	}
	return f.others[v]
}

// remove forgets a chunk.
func (f *facet) remove(id uint64) {
	list := f.refs.of(id, f.room[:0])
	f.room = list
	for _, ref := range list {
		v := f.values[ref]
		f.changed(v.Value, id)
		if !v.ids.remove(id) {
			continue
		}
		if v.Kind == filterlang.TextValue {
			delete(f.texts, v.Text)
		} else {
			delete(f.others, v.Value)
		}
		f.bytes -= perValue + int64(len(v.Text))
		f.values[ref] = nil
		f.free = append(f.free, ref)
	}
	f.refs.remove(id)
}

// changed tells the orders that have v that id has other values.
func (f *facet) changed(v filterlang.Value, id uint64) {
	for c := range class(classes) {
		if o := f.orders[c].Load(); o != nil && c.has(v) {
			o.changed.Add(id)
		}
	}
}

// equal appends the chunks that have v to sets.
func (f *facet) equal(v filterlang.Value, sets []*set) []*set {
	if ref := f.find(v); ref != 0 {
		sets = append(sets, &f.values[ref].ids)
	}
	return sets
}

// containing appends the chunks that have a text with part in it to sets.
func (f *facet) containing(part string, sets []*set) []*set {
	for text, ref := range f.texts {
		if strings.Contains(text, part) {
			sets = append(sets, &f.values[ref].ids)
		}
	}
	return sets
}

// taken appends the chunks that have a text which cmp takes to sets.
func (f *facet) taken(cmp *filterlang.Filter, sets []*set) []*set {
	for text, ref := range f.texts {
		if cmp.Takes(filterlang.Leaf{Value: filterlang.Text(text)}) {
			sets = append(sets, &f.values[ref].ids)
		}
	}
	return sets
}

// size is about what the facet takes, orders included.
func (f *facet) size() int64 {
	n := f.bytes + f.refs.bytes()
	for _, v := range f.values {
		if v != nil {
			n += v.ids.bytes()
		}
	}
	for i := range f.orders {
		if o := f.orders[i].Load(); o != nil {
			n += o.bytes()
		}
	}
	return n
}
