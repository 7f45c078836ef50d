package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// form is what the components of rows are, and what a kernel computes of them.
type form uint8

const (
	dot     form = iota // inner product with float32
	l2                  // squared Euclidean distance from float32
	dotBF16             // inner product with bfloat16
	dotI8               // inner product of codes
)

// gather has the registers of a kernel behind simd.Gather. It takes four rows at a time, so
// that the query is loaded once for four, and fetches rows two groups ahead into the cache.
type gather struct {
	form                       form
	query, table               Register
	ids, end, out              Register // the ids of the group, the end of all, results
	stride, bytes, ahead, next Register // ahead: the next id whose row is to be fetched
	at                         Register // the offset in bytes in rows
	lines                      Mem
	alpha, beta                Register
}

// gatherKernel writes the kernel called name.
func gatherKernel(name string, f form) {
	TEXT(name, NOSPLIT, "func(args *byte)")
	g := load(f)
	TESTQ(g.next, g.next)
	JZ(LabelRef("group"))
	PREFETCHT0(Mem{Base: g.next})
	PREFETCHT0(Mem{Base: g.next, Disp: 64})
	Label("group")
	g.fetch()
	var rows [4]Register
	for i := range rows {
		rows[i] = g.row(Mem{Base: g.ids, Disp: 4 * i})
	}
	g.store(g.sums(rows), rows)
	ADDQ(U8(16), g.out)
	ADDQ(U8(16), g.ids)
	CMPQ(g.ids, g.end)
	JLT(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// load reads the fields of a simd.Gather, in their order.
func load(f form) *gather {
	args := Load(Param("args"), GP64())
	field := func(i int) Register {
		r := GP64()
		MOVQ(Mem{Base: args, Disp: 8 * i}, r)
		return r
	}
	g := &gather{
		form: f, query: field(0), table: field(1), ids: field(2), out: field(3), end: field(4),
		stride: field(5), bytes: field(6), lines: AllocLocal(8), at: GP64(), ahead: GP64(),
	}
	LEAQ(Mem{Base: g.ids, Index: g.end, Scale: 4}, g.end)
	MOVQ(field(7), g.lines)
	g.alpha, g.beta, g.next = XMM(), XMM(), field(9)
	VBROADCASTSS(Mem{Base: args, Disp: 64}, g.alpha)
	VBROADCASTSS(Mem{Base: args, Disp: 68}, g.beta)
	MOVQ(g.ids, g.ahead)
	return g
}

// row computes the address of the row whose id is at id.
func (g *gather) row(id Mem) Register {
	r, slab := GP64(), GP64()
	MOVL(id, r.As32())
	MOVL(r.As32(), slab.As32())
	SHRQ(U8(10), slab)
	ANDQ(U32(1023), r)
	IMULQ(g.stride, r)
	ADDQ(Mem{Base: g.table, Index: slab, Scale: 8}, r)
	return r
}

// fetch fetches the rows from ahead on, up to the end of the group after next.
func (g *gather) fetch() {
	to, lines := GP64(), GP64()
	LEAQ(Mem{Base: g.ids, Disp: 48}, to)
	CMPQ(to, g.end)
	CMOVQGT(g.end, to)
	Label("fetchRow")
	CMPQ(g.ahead, to)
	JGE(LabelRef("fetched"))
	row := g.row(Mem{Base: g.ahead})
	ADDQ(U8(4), g.ahead)
	MOVQ(g.lines, lines)
	Label("fetchLine")
	PREFETCHT0(Mem{Base: row})
	ADDQ(U8(64), row)
	DECQ(lines)
	JNZ(LabelRef("fetchLine"))
	JMP(LabelRef("fetchRow"))
	Label("fetched")
}

func vectors(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = YMM()
	}
	return v
}

// sums computes a sum of eight lanes for each row. For float32 there are two of each, which
// are added in the end, so that eight fused multiply-adds are in flight.
func (g *gather) sums(rows [4]Register) []VecVirtual {
	n, step := 4, 32
	switch g.form {
	case dot:
		n = 8
	case dotBF16:
		step = 16
	}
	sums := vectors(n)
	for _, s := range sums {
		VXORPS(s, s, s)
	}
	XORQ(g.at, g.at)
	if g.form == dot {
		g.products(rows, sums)
		return sums
	}
	Label("loop")
	switch g.form {
	case l2:
		g.differences(rows, sums)
	case dotBF16:
		g.halves(rows, sums)
	default:
		g.codes(rows, sums, 0)
		g.codes(rows, sums, 16)
	}
	ADDQ(U8(step), g.at)
	CMPQ(g.at, g.bytes)
	JLT(LabelRef("loop"))
	return sums
}

// part is what stands disp bytes behind the offset in a row, or that times scale in the query.
func (g *gather) part(of Register, scale uint8, disp int) Mem {
	return Mem{Base: of, Index: g.at, Scale: scale, Disp: int(scale) * disp}
}

// loaded is a part of the query in a register.
func (g *gather) loaded(scale uint8, disp int) Register {
	q := YMM()
	VMOVUPS(g.part(g.query, scale, disp), q)
	return q
}

// products adds products of float32, two vectors of each row at a time, to the two halves
// of sums, and one half to the other.
func (g *gather) products(rows [4]Register, sums []VecVirtual) {
	add := func(q Register, disp int, sums []VecVirtual) {
		for i, row := range rows {
			VFMADD231PS(g.part(row, 1, disp), q, sums[i])
		}
	}
	last := GP64()
	LEAQ(Mem{Base: g.bytes, Disp: -32}, last)
	Label("loop")
	CMPQ(g.at, last)
	JGE(LabelRef("last"))
	q, r := g.loaded(1, 0), g.loaded(1, 32)
	add(q, 0, sums)
	add(r, 32, sums[4:])
	ADDQ(U8(64), g.at)
	JMP(LabelRef("loop"))
	Label("last")
	JNE(LabelRef("sum"))
	add(g.loaded(1, 0), 0, sums)
	Label("sum")
	for i := range rows {
		VADDPS(sums[4+i], sums[i], sums[i])
	}
}

// differences adds the squared differences of eight float32 of each row.
func (g *gather) differences(rows [4]Register, sums []VecVirtual) {
	q, x := g.loaded(1, 0), vectors(4)
	for i, row := range rows {
		VSUBPS(g.part(row, 1, 0), q, x[i])
	}
	for i := range x {
		VFMADD231PS(x[i], x[i], sums[i])
	}
}

// halves adds the products of eight bfloat16 of each row.
func (g *gather) halves(rows [4]Register, sums []VecVirtual) {
	q, x := g.loaded(2, 0), vectors(4)
	for i, row := range rows {
		VPMOVZXWD(g.part(row, 1, 0), x[i])
	}
	for i := range x {
		VPSLLD(U8(16), x[i], x[i])
	}
	for i := range x {
		VFMADD231PS(x[i], q, sums[i])
	}
}

// codes adds the products of sixteen codes of each row, disp behind the offset.
func (g *gather) codes(rows [4]Register, sums []VecVirtual, disp int) {
	q, x := g.loaded(2, disp), vectors(4)
	for i, row := range rows {
		VPMOVSXBW(g.part(row, 1, disp), x[i])
	}
	for i := range x {
		VPMADDWD(x[i], q, x[i])
	}
	for i := range x {
		VPADDD(x[i], sums[i], sums[i])
	}
}

// store adds up the lanes of each sum, and writes alpha times that plus beta times the bias.
func (g *gather) store(s []VecVirtual, rows [4]Register) {
	x, high := s[0].AsX(), s[1].AsX()
	var bias Register
	if g.form == dotI8 {
		VPHADDD(s[1], s[0], s[0])
		VPHADDD(s[3], s[2], s[2])
		VPHADDD(s[2], s[0], s[0])
		VEXTRACTI128(U8(1), s[0], high)
		VPADDD(high, x, x)
		VCVTDQ2PS(x, x)
		VMULPS(g.behind(rows, 0), x, x) // the scales
		bias = g.behind(rows, 4)
	} else {
		VHADDPS(s[1], s[0], s[0])
		VHADDPS(s[3], s[2], s[2])
		VHADDPS(s[2], s[0], s[0])
		VEXTRACTF128(U8(1), s[0], high)
		VADDPS(high, x, x)
		bias = g.behind(rows, 0)
	}
	VMULPS(g.beta, bias, bias)
	VFMADD231PS(g.alpha, x, bias)
	VMOVUPS(bias, Mem{Base: g.out})
}

// behind loads the floats at off behind the components of the four rows.
func (g *gather) behind(rows [4]Register, off int) Register {
	x := XMM()
	for i, row := range rows {
		float := Mem{Base: row, Index: g.bytes, Scale: 1, Disp: off}
		if i == 0 {
			VMOVSS(float, x)
		} else {
			VINSERTPS(U8(16*i), float, x, x)
		}
	}
	return x
}
