package ports

import "iter"

// IDSet is a set of chunk ids, as a filter resolves to. It does not change while a
// search uses it, and is safe for concurrent reading.
type IDSet interface {
	Contains(id int64) bool
	Len() int
	// All yields the ids in ascending order.
	All() iter.Seq[int64]
}

// BatchedIDSet is an IDSet that gives out many ids at a time, for less than what All
// costs for each.
type BatchedIDSet interface {
	IDSet
	// Batches yields all ids in ascending order, as many at a time as fit into buf, which
	// holds them until the next ones.
	Batches(buf []int64) iter.Seq[[]int64]
}

// Batches yields the ids of set in ascending order, at most len(buf) at a time, in buf.
// An empty buf is a mistake of the caller's and yields nothing.
func Batches(set IDSet, buf []int64) iter.Seq[[]int64] {
	if b, ok := set.(BatchedIDSet); ok && len(buf) > 0 {
		return b.Batches(buf)
	}
	return func(yield func([]int64) bool) {
		if len(buf) == 0 {
			return
		}
		n := 0
		for id := range set.All() {
			buf[n] = id
			if n++; n == len(buf) {
				if !yield(buf) {
					return
				}
				n = 0
			}
		}
		if n > 0 {
			yield(buf[:n])
		}
	}
}
