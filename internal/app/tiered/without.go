package tiered

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain"
)

// without are the chunks of a database that have no vector which a search could find. Most
// databases have none, which costs a search one load.
type without struct {
	n atomic.Int64

	mu   sync.Mutex        // guards both below
	ids  *roaring64.Bitmap // nil: there never was any
	read *roaring64.Bitmap // a copy of ids, as searches have it; nil: it was changed since
}

// change adds and removes ids; those in added may also be among the others, which come after.
func (w *without) change(added []int64, removed ...[]int64) {
	if len(added) == 0 && w.n.Load() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ids == nil {
		w.ids = roaring64.New()
	}
	changed := false
	for _, id := range added {
		changed = w.ids.CheckedAdd(uint64(id)) || changed
	}
	for _, list := range removed {
		for _, id := range list {
			changed = w.ids.CheckedRemove(uint64(id)) || changed
		}
	}
	if changed {
		w.read = nil
		w.n.Store(int64(w.ids.GetCardinality()))
	}
}

// set returns the ids as they are now, or nil if there are none. It does not change.
func (w *without) set() *roaring64.Bitmap {
	if w.n.Load() == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.read == nil {
		w.read = w.ids.Clone()
	}
	return w.read
}

func (w *without) len() int { return int(w.n.Load()) }

// count returns how many of ids are in w.
func (w *without) count(ids []int64) int {
	set, n := w.set(), 0
	if set == nil {
		return 0
	}
	for _, id := range ids {
		if set.Contains(uint64(id)) {
			n++
		}
	}
	return n
}

// list returns the ids in ascending order.
func (w *without) list() []int64 {
	set := w.set()
	if set == nil {
		return nil
	}
	ids := make([]int64, 0, set.GetCardinality())
	for it := set.Iterator(); it.HasNext(); {
		ids = append(ids, int64(it.Next()))
	}
	return ids
}

// bytes is about what w takes.
func (w *without) bytes() int64 {
	if w.n.Load() == 0 {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.ids.GetSizeInBytes()
	if w.read != nil {
		n += w.read.GetSizeInBytes()
	}
	return int64(n)
}

// Without is how many chunks have no vector that a search could find.
func (p *Index) Without() int64 { return p.without.n.Load() }

// WithoutVector returns the chunks that have no vector which a search could find; nil: there
// are none. It must not be changed, and does not change.
func (p *Index) WithoutVector() *roaring64.Bitmap { return p.without.set() }

// split tells the vectors that a search could find from the chunks that have none, which is
// all the same where every one can be found.
func (p *Index) split(ids []int64, vectors [][]float32, optional bool) (with []int64, found [][]float32, none []int64) {
	set := domain.Settings{Metric: p.set.Metric, OptionalEmbeddings: optional}
	for i := range ids {
		if set.Searchable(vectors[i]) {
			if none != nil {
				with, found = append(with, ids[i]), append(found, vectors[i])
			}
			continue
		}
		if none == nil {
			with, found = append(make([]int64, 0, len(ids)), ids[:i]...), append(make([][]float32, 0, len(ids)), vectors[:i]...)
		}
		none = append(none, ids[i])
	}
	if none == nil {
		return ids, vectors, nil
	}
	return with, found, none
}

// addVectors takes in rows; optional says that some may have no embedding, or one of length
// zero.
func (p *Index) addVectors(chunks []domain.Chunk, optional bool) error {
	ids, vectors := make([]int64, len(chunks)), make([][]float32, len(chunks))
	for i := range chunks {
		ids[i], vectors[i] = chunks[i].ID, chunks[i].Embedding
	}
	ids, vectors, none := p.split(ids, vectors, optional)
	p.without.change(none)
	if len(ids) == 0 {
		return nil
	}
	return p.buffer.Add(ids, vectors)
}

// CheckRows refuses chunks whose vectors are none under the metric that p was made for.
func (p *Index) CheckRows(page []domain.Chunk) error {
	for i := range page {
		if v := page[i].Embedding; len(v) > 0 {
			if err := p.set.CheckEmbedding(v); err != nil {
				return domain.At(err, fmt.Sprintf("chunk %d", page[i].ID))
			}
		}
	}
	return nil
}
