package flat

import "github.com/memista/memista/internal/domain"

// topK keeps the k nearest of the neighbors it is shown, in a heap with the farthest on
// top. Its slice grows as neighbors come, so that a huge k costs nothing.
type topK struct {
	k    int
	heap []domain.Neighbor
}

// admits reports whether n is among the k nearest so far.
func (t *topK) admits(n domain.Neighbor) bool {
	return len(t.heap) < t.k || n.Less(t.heap[0])
}

// push takes in n, which must be admitted, and drops the farthest one if there are more
// than k then.
func (t *topK) push(n domain.Neighbor) {
	if len(t.heap) < t.k {
		t.heap = append(t.heap, n)
		i := len(t.heap) - 1
		for i > 0 {
			parent := (i - 1) / 2
			if !t.heap[parent].Less(n) {
				break
			}
			t.heap[i] = t.heap[parent]
			i = parent
		}
		t.heap[i] = n
		return
	}
	t.sink(n, len(t.heap))
}

// sink puts n in place of the top of the heap's first size elements.
func (t *topK) sink(n domain.Neighbor, size int) {
	h := t.heap[:size]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && h[child].Less(h[right]) {
			child = right
		}
		if !n.Less(h[child]) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = n
}

// sorted returns the neighbors, nearest first. The heap is none after it.
func (t *topK) sorted() []domain.Neighbor {
	for size := len(t.heap) - 1; size > 0; size-- {
		last, top := t.heap[size], t.heap[0]
		t.sink(last, size)
		t.heap[size] = top
	}
	return t.heap
}
