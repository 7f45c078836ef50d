package sparse

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Query asks for the K chunks whose vectors score highest.
type Query struct {
	Vector domain.SparseVector // checked
	IDF    bool                // multiply its values by how rare their indices are
	K      int
	Allow  ports.IDSet // only these ids may come back; nil: all
	Now    time.Time   // chunks that expire at that time or before are passed over
}

// Weights are the values of a query as they are multiplied with those of chunks.
type Weights struct {
	indices []uint32 // ascending
	values  []float64
}

// Score returns the sum, over all indices that v has in common with the query, of the products
// of their values, in the order of the indices and with double precision; ok is false where
// there is none. v has ascending indices. A sum beyond float32 is the largest number of that.
func (w *Weights) Score(v domain.SparseVector) (score float32, ok bool) {
	sum, i := 0.0, 0
	for j, index := range v.Indices {
		for i < len(w.indices) && w.indices[i] < index {
			i++
		}
		if i == len(w.indices) {
			break
		}
		if w.indices[i] == index {
			sum += w.values[i] * float64(v.Values[j])
			ok = true
		}
	}
	return narrow(sum), ok
}

func narrow(sum float64) float32 {
	return float32(min(max(sum, -math.MaxFloat32), math.MaxFloat32))
}

// Answer is what a search has found.
type Answer struct {
	Matches []domain.SparseMatch // best first, the lower id first among equals
	Weights Weights              // by which they were scored
	Visited int                  // entries of lists that were looked at
}

// weights returns the values of q for the vectors in p but those of the chunks in without.
func (p *postings) weights(q *Query, without map[int64]bool) Weights {
	v := q.Vector.Sorted()
	w := Weights{v.Indices, make([]float64, len(v.Values))}
	for i, x := range v.Values {
		w.values[i] = float64(x)
	}
	if !q.IDF {
		return w
	}
	with := make([]int, len(w.indices))
	for i, index := range w.indices {
		if l := p.lists[index]; l != nil {
			with[i] = len(l.entries)
		}
	}
	for id := range without {
		w.common(p.docs[p.numbers[id]].refs, func(i int, _ ref) { with[i]-- })
	}
	for i := range w.values {
		w.values[i] *= IDF(len(p.numbers)-len(without), with[i])
	}
	return w
}

// IDF is the inverse document frequency of an index that with of all vectors
// have: ln((all − with + 0.5) / (with + 0.5) + 1), which is never negative. It is that of
// BM25 (Robertson & Zaragoza, 2009) as Lucene has it, and as Qdrant uses it for its modifier
// of the same name (fancy_idf in lib/segment/src/data_types/query_context.rs).
func IDF(all, with int) float64 {
	return math.Log((float64(all)-float64(with)+0.5)/(float64(with)+0.5) + 1)
}

// search answers q.
func (p *postings) search(ctx context.Context, q *Query) (Answer, error) {
	due := p.due(q.Now)
	a := Answer{Weights: p.weights(q, due)}
	total := 0
	for _, index := range a.Weights.indices {
		if l := p.lists[index]; l != nil {
			total += len(l.entries)
		}
	}
	if total == 0 {
		return a, ctx.Err()
	}
	b := best{k: q.K, without: due}
	var err error
	if each := p.entries/len(p.numbers) + len(a.Weights.indices); q.Allow != nil && q.Allow.Len() < total/each {
		a.Visited, err = p.byChunk(ctx, &a.Weights, q.Allow, &b)
	} else {
		a.Visited, err = p.byIndex(ctx, &a.Weights, q.Allow, &b)
	}
	a.Matches = b.sorted()
	return a, err
}

// due returns the chunks that have expired at now, which are few: they are swept.
func (p *postings) due(now time.Time) map[int64]bool {
	var due map[int64]bool
	for id := range p.expires.Due(now) {
		if due == nil {
			due = map[int64]bool{}
		}
		due[id] = true
	}
	return due
}

// sums is memory for the sums of one search, which serves one after the other.
type sums struct {
	of      []sum // by the number of a chunk
	turn    uint32
	touched []uint32
}

// sum is what a chunk has come to in a turn.
type sum struct {
	total float64
	turn  uint32
}

var pool = sync.Pool{New: func() any { return new(sums) }}

// begin makes room for n chunks.
func (s *sums) begin(n int) {
	if s.turn++; s.turn == 0 || len(s.of) < n {
		s.of, s.turn = make([]sum, n+n/8), 1
	}
	s.touched = s.touched[:0]
}

// byIndex adds up the lists of all indices, one after the other, and offers what that comes
// to.
func (p *postings) byIndex(ctx context.Context, w *Weights, allow ports.IDSet, b *best) (visited int, err error) {
	s := pool.Get().(*sums)
	defer pool.Put(s)
	s.begin(len(p.docs))
	for i, index := range w.indices {
		l := p.lists[index]
		if l == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return visited, err
		}
		s.add(l.entries, w.values[i])
		visited += len(l.entries)
	}
	for _, n := range s.touched {
		if m := (domain.SparseMatch{ID: p.docs[n].id, Score: narrow(s.of[n].total)}); b.wants(m) && (allow == nil || allow.Contains(m.ID)) {
			b.take(m)
		}
	}
	return visited, nil
}

// add adds weight times the value of each entry to the sum of its chunk.
func (s *sums) add(entries []entry, weight float64) {
	of, turn := s.of, s.turn
	for _, e := range entries {
		to := &of[e.doc]
		if to.turn != turn {
			to.turn, to.total = turn, 0
			s.touched = append(s.touched, e.doc)
		}
		to.total += weight * float64(e.value)
	}
}

// byChunk offers the chunks that are allowed, one by one.
func (p *postings) byChunk(ctx context.Context, w *Weights, allow ports.IDSet, b *best) (visited int, err error) {
	var buf [256]int64
	lists := make([][]entry, len(w.indices))
	for i, index := range w.indices {
		if l := p.lists[index]; l != nil {
			lists[i] = l.entries
		}
	}
	for ids := range ports.Batches(allow, buf[:]) {
		if err := ctx.Err(); err != nil {
			return visited, err
		}
		for _, id := range ids {
			n, there := p.numbers[id]
			if !there {
				continue
			}
			refs := p.docs[n].refs
			visited += len(refs)
			if total, ok := w.total(refs, lists); ok {
				if m := (domain.SparseMatch{ID: id, Score: narrow(total)}); b.wants(m) {
					b.take(m)
				}
			}
		}
	}
	return visited, nil
}

// total is Score of a chunk by its places in the lists, those of the query's indices.
func (w *Weights) total(refs []ref, lists [][]entry) (sum float64, ok bool) {
	w.common(refs, func(i int, r ref) {
		sum += w.values[i] * float64(lists[i][r.at].value)
		ok = true
	})
	return sum, ok
}

// common calls each for the indices that a chunk has in common with the query, in their order:
// with the place in the query and that of the chunk in the list.
func (w *Weights) common(refs []ref, each func(i int, r ref)) {
	i := 0
	for _, r := range refs {
		for i < len(w.indices) && w.indices[i] < r.index {
			i++
		}
		if i == len(w.indices) {
			return
		}
		if w.indices[i] == r.index {
			each(i, r)
		}
	}
}

// best keeps the k best matches that it is given: a heap with the worst at its top.
type best struct {
	k       int
	heap    []domain.SparseMatch
	without map[int64]bool // never kept
}

// wants reports whether m would be kept.
func (b *best) wants(m domain.SparseMatch) bool {
	return (len(b.heap) < b.k || m.Compare(b.heap[0]) < 0) && !b.without[m.ID]
}

// take keeps m, which is wanted.
func (b *best) take(m domain.SparseMatch) {
	if len(b.heap) < b.k {
		b.heap = append(b.heap, m)
		for i := len(b.heap) - 1; i > 0; {
			up := (i - 1) / 2
			if b.heap[i].Compare(b.heap[up]) < 0 {
				break
			}
			b.heap[i], b.heap[up] = b.heap[up], b.heap[i]
			i = up
		}
		return
	}
	b.heap[0] = m
	for i := 0; ; {
		down := 2*i + 1
		if down+1 < len(b.heap) && b.heap[down+1].Compare(b.heap[down]) > 0 {
			down++
		}
		if down >= len(b.heap) || b.heap[down].Compare(b.heap[i]) < 0 {
			break
		}
		b.heap[i], b.heap[down] = b.heap[down], b.heap[i]
		i = down
	}
}

// sorted returns what was kept, best first.
func (b *best) sorted() []domain.SparseMatch {
	slices.SortFunc(b.heap, domain.SparseMatch.Compare)
	return b.heap
}
