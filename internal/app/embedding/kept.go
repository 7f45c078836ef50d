package embedding

import (
	"slices"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/memista/memista/internal/ports"
)

// entryBytes is about what an embedding takes besides its components, measured with 50,000
// of them: the key, which stands in the list and in the map, and the places there.
const entryBytes = 176

// kept is embeddings in memory, the least recently used of which leave first. The cache
// guards it.
type kept struct {
	bound int64
	bytes int64
	lru   *simplelru.LRU[ports.EmbeddingKey, []float32] // nil until something is kept
}

func newKept(bound int64) kept { return kept{bound: bound} }

func (k *kept) entries() int {
	if k.lru == nil {
		return 0
	}
	return k.lru.Len()
}

// get returns the embedding itself, not a copy.
func (k *kept) get(key ports.EmbeddingKey) ([]float32, bool) {
	if k.lru == nil {
		return nil, false
	}
	return k.lru.Get(key)
}

// put keeps a copy of e: it may be a part of something large.
func (k *kept) put(key ports.EmbeddingKey, e []float32) {
	if entryBytes+4*int64(len(e)) > k.bound {
		return
	}
	e = slices.Clone(e) // before it is measured: a copy has another capacity
	if k.lru == nil {
		k.lru, _ = simplelru.NewLRU[ports.EmbeddingKey, []float32](int(k.bound/entryBytes)+1, nil) // it fails for sizes below 1 only
	}
	if old, ok := k.lru.Peek(key); ok {
		k.bytes -= bytesOf(old)
	}
	k.lru.Add(key, e)
	k.bytes += bytesOf(e)
	for k.bytes > k.bound {
		_, old, _ := k.lru.RemoveOldest()
		k.bytes -= bytesOf(old)
	}
}

func bytesOf(e []float32) int64 { return entryBytes + 4*int64(cap(e)) }
