package simd

import "unsafe"

// A Gather scores a query against rows that lie scattered in memory, as the neighbors of
// a graph's node do. Rows of one size lie in slabs of SlabRows rows; row id is at
// table[id/SlabRows] + id%SlabRows·Stride. While one group of rows is computed the next
// ones are fetched into the cache, which is what makes a walk over a graph fast.
//
// A row has components first, padded with zeros to Bytes bytes, a multiple of 32, and
// behind them one float32 (two for codes): see the methods. The result for row i is
//
//	out[i] = Alpha·value(query, row) + Beta·bias(row)
//
// which covers inner products, their negatives, and squared distances by way of norms.
//
// The zero Gather is not usable. One Gather serves one goroutine at a time; it must not
// move while a method runs and does not keep what it is given beyond the call.
type Gather struct {
	query  unsafe.Pointer
	table  unsafe.Pointer
	ids    unsafe.Pointer
	out    unsafe.Pointer
	n      int
	stride int
	bytes  int
	lines  int
	alpha  float32
	beta   float32
	next   unsafe.Pointer
}

// SlabRows is the number of rows in each slab.
const SlabRows = 1 << slabShift

const slabShift = 10

// Layout describes rows in slabs.
type Layout struct {
	Stride int // bytes from one row to the next, a multiple of 4
	Bytes  int // bytes of the components, a multiple of 32
}

// maxLines bounds how much of a long row is fetched ahead by name: the CPU reads on by
// itself where it is read in order. Rows of 3 KB took 72 to 84 ns each with 16 lines,
// 86 to 105 with 8; codes of 768 bytes took 30 ns with either.
const maxLines = 16

// Set makes g score with alpha and beta over rows of layout l.
func (g *Gather) Set(l Layout, alpha, beta float32) {
	g.stride, g.bytes, g.alpha, g.beta = l.Stride, l.Bytes, alpha, beta
	g.lines = min((l.Stride+63)/64, maxLines)
}

// GroupRows is the size of the groups that kernels work in. The slices ids and out need
// room for whole groups.
const GroupRows = 4

// prepare checks and stores what a kernel needs. The ids up to a whole group are filled
// with the last one.
func (g *Gather) prepare(table []unsafe.Pointer, ids []uint32, out []float32, next unsafe.Pointer) bool {
	n := len(ids)
	if n == 0 {
		return false
	}
	whole := (n + GroupRows - 1) &^ (GroupRows - 1)
	ids = ids[:whole]
	_ = out[whole-1]
	for i := n; i < whole; i++ {
		ids[i] = ids[n-1]
	}
	g.table = unsafe.Pointer(unsafe.SliceData(table))
	g.ids = unsafe.Pointer(unsafe.SliceData(ids))
	g.out = unsafe.Pointer(unsafe.SliceData(out))
	g.n, g.next = whole, next
	return true
}

// Dot scores rows of float32: the value is the inner product of query and row, the bias
// the float behind the row's components. The query has Bytes/4 components. The line at
// next, if not nil, is fetched into the cache too.
func (g *Gather) Dot(query []float32, table []unsafe.Pointer, ids []uint32, out []float32, next unsafe.Pointer) {
	if g.prepare(table, ids, out, next) {
		_ = query[g.bytes/4-1]
		g.query = unsafe.Pointer(unsafe.SliceData(query))
		gatherDot(active, g)
	}
}

// L2 is like Dot for the squared Euclidean distance.
func (g *Gather) L2(query []float32, table []unsafe.Pointer, ids []uint32, out []float32, next unsafe.Pointer) {
	if g.prepare(table, ids, out, next) {
		_ = query[g.bytes/4-1]
		g.query = unsafe.Pointer(unsafe.SliceData(query))
		gatherL2(active, g)
	}
}

// DotBF16 is like Dot for rows of bfloat16 (the upper halves of float32s); the query has
// Bytes/2 float32 components.
func (g *Gather) DotBF16(query []float32, table []unsafe.Pointer, ids []uint32, out []float32, next unsafe.Pointer) {
	if g.prepare(table, ids, out, next) {
		_ = query[g.bytes/2-1]
		g.query = unsafe.Pointer(unsafe.SliceData(query))
		gatherDotBF16(active, g)
	}
}

// DotI8 scores rows of int8 codes: the value is the inner product of the codes times the
// row's scale, the first float behind the components; the bias is the second. Codes
// are from -127 to 127. The query holds Bytes codes of 16 bits, the magnitudes of which add
// up to at most (1<<31-1)/127, so no sum overflows.
func (g *Gather) DotI8(query []int16, table []unsafe.Pointer, ids []uint32, out []float32, next unsafe.Pointer) {
	if g.prepare(table, ids, out, next) {
		_ = query[g.bytes-1]
		g.query = unsafe.Pointer(unsafe.SliceData(query))
		gatherDotI8(active, g)
	}
}

func (g *Gather) row(id uint32) unsafe.Pointer {
	slab := *(*unsafe.Pointer)(unsafe.Add(g.table, uintptr(id>>slabShift)*unsafe.Sizeof(g.table)))
	return unsafe.Add(slab, int(id&(SlabRows-1))*g.stride)
}

// each calls value for every row and stores the result it makes of it.
func (g *Gather) each(biasAt int, value func(row unsafe.Pointer) float32) {
	ids := unsafe.Slice((*uint32)(g.ids), g.n)
	out := unsafe.Slice((*float32)(g.out), g.n)
	for i, id := range ids {
		row := g.row(id)
		out[i] = g.alpha*value(row) + g.beta**(*float32)(unsafe.Add(row, g.bytes+biasAt))
	}
}
