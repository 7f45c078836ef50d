// Command asmgen writes the kernels of package simd for amd64. It is a module of its own,
// so that what it needs is not needed to build memista.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func main() {
	ConstraintExpr("!purego")
	bothMasks = GLOBL("tailMask", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(1<<64-1)*U64((7-i)/4))
	}
	rowsKernel("dotRowsAVX2", 8, 2, false)
	rowsKernel("l2RowsAVX2", 8, 2, true)
	rowsKernel("dotRowsAVX512", 16, 4, false)
	rowsKernel("l2RowsAVX512", 16, 4, true)
	gatherKernel("gatherDotAVX2", dot)
	gatherKernel("gatherL2AVX2", l2)
	gatherKernel("gatherDotBF16AVX2", dotBF16)
	gatherKernel("gatherDotI8AVX2", dotI8)
	Generate()
}
