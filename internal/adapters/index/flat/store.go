package flat

import (
	"math/bits"
	"sync/atomic"
)

const (
	// maxBlockBytes bounds a block of vectors: small enough that a database wastes
	// little in its last block and that a search hears soon of a cancelled context,
	// large enough that per-block work does not show. At the usual dimensions the
	// blocks fill whole pages of the allocator.
	maxBlockBytes = 1 << 18
	maxBlockBits  = 13 // rows of tiny vectors in a block
	minBlockBits  = 4  // rows in the first block: most databases are small
)

// store holds vectors in slots, in blocks that never move. Blocks double in size from
// the first one until they reach their largest size. What readers may see of it is
// written once, before it is published; only deaths come later, atomically.
type store struct {
	dims      int
	firstBits uint // log2 of the rows in the first block
	fullBits  uint // log2 of the rows in a block of the largest size
	blocks    atomic.Pointer[[]*block]
}

// block is a run of slots.
type block struct {
	vectors []float32 // rows of dims components
	ids     []int64
	before  []uint32 // the slot that held the same id before, plus 1; 0: none
	// died holds the version each slot died at, 0 while it lives. It is nil until the
	// first one in the block dies: most blocks never need it.
	died atomic.Pointer[[]atomic.Uint64]
}

func newStore(dims int) *store {
	full := uint(maxBlockBits)
	for full > 0 && dims<<full > maxBlockBytes/4 {
		full--
	}
	st := &store{dims: dims, firstBits: min(minBlockBits, full), fullBits: full}
	st.blocks.Store(new([]*block))
	return st
}

// locate returns the block that slot lies in and its row there.
func (st *store) locate(slot uint32) (blockNumber, row int) {
	s := uint(slot)
	switch {
	case s>>st.firstBits == 0:
		return 0, int(s)
	case s>>st.fullBits == 0: // in a block as large as all before it together
		log := uint(bits.Len(s)) - 1
		return int(log - st.firstBits + 1), int(s - 1<<log)
	}
	return int(st.fullBits - st.firstBits + s>>st.fullBits), int(s & (1<<st.fullBits - 1))
}

// rows returns how many rows the block of the given number has.
func (st *store) rows(blockNumber int) int {
	if blockNumber == 0 {
		return 1 << st.firstBits
	}
	return 1 << min(st.fullBits, st.firstBits+uint(blockNumber)-1)
}

// at returns the block and row of a slot that was written.
func (st *store) at(slot uint32) (*block, int) {
	b, row := st.locate(slot)
	return (*st.blocks.Load())[b], row
}

// vector returns the vector in a slot.
func (st *store) vector(slot uint32) []float32 {
	b, row := st.at(slot)
	return b.vectors[row*st.dims : (row+1)*st.dims : (row+1)*st.dims]
}

// id returns the id in a slot.
func (st *store) id(slot uint32) int64 {
	b, row := st.at(slot)
	return b.ids[row]
}

// grow makes room for slot, which follows the last one that has. Only the writer calls.
func (st *store) grow(slot uint32) (*block, int) {
	n, row := st.locate(slot)
	blocks := *st.blocks.Load()
	if n == len(blocks) {
		rows := st.rows(n)
		// The backing array may be shared with older views: they see their own length.
		blocks = append(blocks, &block{
			vectors: make([]float32, rows*st.dims),
			ids:     make([]int64, rows),
			before:  make([]uint32, rows),
		})
		st.blocks.Store(&blocks)
	}
	return blocks[n], row
}

// kill marks the row as dead from version on. Only the writer calls.
func (b *block) kill(row int, version uint64) {
	died := b.died.Load()
	if died == nil {
		fresh := make([]atomic.Uint64, len(b.ids))
		died = &fresh
		b.died.Store(died)
	}
	(*died)[row].Store(version)
}

// alive reports whether the row lives at version.
func (b *block) alive(row int, version uint64) bool {
	died := b.died.Load()
	if died == nil {
		return true
	}
	at := (*died)[row].Load()
	return at == 0 || at > version
}

// bytes returns the memory the store holds.
func (st *store) bytes() int64 {
	var n int64
	for _, b := range *st.blocks.Load() {
		n += int64(len(b.vectors)*4 + len(b.ids)*12)
		if b.died.Load() != nil {
			n += int64(len(b.ids) * 8)
		}
	}
	return n
}
