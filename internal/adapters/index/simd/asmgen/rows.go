package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// rows has the registers of a kernel over blocks of float32 rows. It takes group rows at a
// time, so that the query is loaded once for them, with four sums each, so that enough
// fused multiply-adds are in flight. Rows left over are computed one by one in the same
// order, so their results have the same bits. The last components of a row, fewer than
// lanes, are read through a mask and add to the second sum.
type rows struct {
	lanes            int // of a vector: 8 with AVX2, 16 with AVX-512
	l2               bool
	query, at        Register // the query, and the offset in bytes in it and the rows
	wholes, parts    Register // bytes in whole blocks of four vectors, and of one
	rest, size, mask Register // components after that, bytes of a row
}

// vector is a vector register, chosen here or by avo.
type vector interface {
	Register
	AsX() Register
	AsY() Register
}

// sums512 are the sums of AVX-512. They are added up by instructions that can name the
// first sixteen registers only, which avo does not know.
var sums512 = []vector{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15}

// bothMasks has eight lanes that are set, and behind them eight that are not.
var bothMasks Mem

// rowsKernel writes the kernel called name.
func rowsKernel(name string, lanes, group int, l2 bool) {
	TEXT(name, NOSPLIT, "func(q, rows *float32, dims, n int, out *float32)")
	k := &rows{lanes: lanes, l2: l2, query: Load(Param("q"), GP64()), at: GP64()}
	row, dims := Load(Param("rows"), GP64()), Load(Param("dims"), GP64())
	left, out := Load(Param("n"), GP64()), Load(Param("out"), GP64())
	k.size, k.wholes, k.parts = k.bytes(dims, 1), k.bytes(dims, 4*lanes), k.bytes(dims, lanes)
	k.rest = GP64()
	MOVQ(dims, k.rest)
	ANDQ(U8(lanes-1), k.rest)
	k.setMask()
	k.each("group", group, row, left, out)
	k.each("one", 1, row, left, out)
	VZEROUPPER()
	RET()
}

// bytes is how many the components of dims take that are in whole blocks of n.
func (k *rows) bytes(dims Register, n int) Register {
	b := GP64()
	MOVQ(dims, b)
	if n > 1 {
		ANDQ(I32(-n), b)
	}
	SHLQ(U8(2), b)
	return b
}

// setMask sets as many lanes of the mask as there is rest.
func (k *rows) setMask() {
	if k.lanes == 16 {
		bits := GP32()
		MOVQ(k.rest, RCX)
		MOVL(U32(1), bits)
		SHLL(CL, bits)
		DECL(bits)
		k.mask = K()
		KMOVW(bits, k.mask)
		return
	}
	from := GP64()
	LEAQ(bothMasks.Offset(32), from)
	back := k.bytes(k.rest, 1)
	SUBQ(back, from)
	k.mask = YMM()
	VMOVUPS(Mem{Base: from}, k.mask)
}

// vectors returns n free registers.
func (k *rows) vectors(n int) []vector {
	v := make([]vector, n)
	for i := range v {
		if v[i] = YMM(); k.lanes == 16 {
			v[i] = ZMM()
		}
	}
	return v
}

// each computes n rows at a time while as many are left.
func (k *rows) each(label string, n int, first, left, out Register) {
	Label(label)
	CMPQ(left, U8(n))
	JLT(LabelRef(label + "End"))
	at := []Register{first}
	for i := 1; i < n; i++ {
		at = append(at, GP64())
		LEAQ(Mem{Base: at[i-1], Index: k.size, Scale: 1}, at[i])
	}
	sums := k.zeros(n)
	XORQ(k.at, k.at)
	k.blocks(label+"Wholes", k.wholes, 4, at, sums)
	k.blocks(label+"Parts", k.parts, 1, at, sums)
	TESTQ(k.rest, k.rest)
	JZ(LabelRef(label + "Sum"))
	q := k.masked(k.query)
	for i, row := range at {
		k.add(q, k.masked(row), sums[i][1])
	}
	Label(label + "Sum")
	k.store(sums, out)
	ADDQ(U8(4*n), out)
	LEAQ(Mem{Base: at[n-1], Index: k.size, Scale: 1}, first)
	SUBQ(U8(n), left)
	JMP(LabelRef(label))
	Label(label + "End")
}

// zeros returns four sums for each of n rows.
func (k *rows) zeros(n int) [][]vector {
	sums := make([][]vector, n)
	for i := range sums {
		if sums[i] = k.vectors(4); k.lanes == 16 {
			sums[i] = sums512[4*i : 4*i+4]
		}
		for _, s := range sums[i] {
			if k.lanes == 16 {
				VPXORQ(s, s, s)
			} else {
				VXORPS(s, s, s)
			}
		}
	}
	return sums
}

// blocks adds blocks of n vectors of each row, up to end.
func (k *rows) blocks(label string, end Register, n int, at []Register, sums [][]vector) {
	Label(label)
	CMPQ(k.at, end)
	JGE(LabelRef(label + "End"))
	q := k.vectors(n)
	for j := range q {
		VMOVUPS(k.part(k.query, j), q[j])
	}
	for i, row := range at {
		for j := range q {
			k.add(q[j], k.part(row, j), sums[i][j])
		}
	}
	ADDQ(U32(4*k.lanes*n), k.at)
	JMP(LabelRef(label))
	Label(label + "End")
}

// part is the j-th vector from the offset on.
func (k *rows) part(of Register, j int) Mem {
	return Mem{Base: of, Index: k.at, Scale: 1, Disp: 4 * k.lanes * j}
}

// masked reads the rest.
func (k *rows) masked(of Register) Register {
	v := k.vectors(1)[0]
	if k.lanes == 16 {
		VMOVUPS_Z(k.part(of, 0), k.mask, v)
	} else {
		VMASKMOVPS(k.part(of, 0), k.mask, v)
	}
	return v
}

// add adds the products, or squared differences, of q and x to sum.
func (k *rows) add(q Register, x Op, sum Register) {
	if !k.l2 {
		VFMADD231PS(x, q, sum)
		return
	}
	diff := k.vectors(1)[0]
	VSUBPS(x, q, diff)
	VFMADD231PS(diff, diff, sum)
}

// store adds up the sums of each row and writes them to out.
func (k *rows) store(sums [][]vector, out Register) {
	x := make([]Register, len(sums))
	for i, s := range sums {
		VADDPS(s[1], s[0], s[0])
		VADDPS(s[3], s[2], s[2])
		VADDPS(s[2], s[0], s[0])
		if k.lanes == 16 {
			VEXTRACTF64X4(U8(1), s[0], s[1].AsY())
			VADDPS(s[1].AsY(), s[0].AsY(), s[0].AsY())
		}
		x[i] = s[0].AsX()
		VEXTRACTF128(U8(1), s[0].AsY(), s[1].AsX())
		VADDPS(s[1].AsX(), x[i], x[i])
	}
	for i := 0; i+1 < len(x); i += 2 {
		VHADDPS(x[i+1], x[i], x[i])
	}
	switch len(x) {
	case 4:
		VHADDPS(x[2], x[0], x[0])
		VMOVUPS(x[0], Mem{Base: out})
	case 2:
		VHADDPS(x[0], x[0], x[0])
		VMOVLPS(x[0], Mem{Base: out})
	case 1:
		VHADDPS(x[0], x[0], x[0])
		VHADDPS(x[0], x[0], x[0])
		VMOVSS(x[0], Mem{Base: out})
	}
}
