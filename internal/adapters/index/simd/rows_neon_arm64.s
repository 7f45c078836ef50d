//go:build !purego

#include "textflag.h"

// One row at a time with four sums of four lanes each. The last dims%4 components are
// computed one by one into a fifth sum.
//
// The assembler has no vector addition or subtraction of floats, so these are written as
// a fused multiply-add by one, which rounds once and is exact in the same way.
//
// Registers: R0 query, R1 row, R2 dims, R3 rows left, R4 out, R5 the query's cursor,
// R6 components left, V0-V3 the sums, V4 the fifth, V31 ones.

#define SETUP \
	MOVD q+0(FP), R0; \
	MOVD rows+8(FP), R1; \
	MOVD dims+16(FP), R2; \
	MOVD n+24(FP), R3; \
	MOVD out+32(FP), R4; \
	FMOVS $1.0, F31; \
	VDUP V31.S[0], V31.S4

#define START \
	MOVD R0, R5; \
	MOVD R2, R6; \
	VEOR V0.B16, V0.B16, V0.B16; \
	VEOR V1.B16, V1.B16, V1.B16; \
	VEOR V2.B16, V2.B16, V2.B16; \
	VEOR V3.B16, V3.B16, V3.B16; \
	VEOR V4.B16, V4.B16, V4.B16

#define STORE \
	VFMLA V31.S4, V1.S4, V0.S4; \
	VFMLA V31.S4, V3.S4, V2.S4; \
	VFMLA V31.S4, V2.S4, V0.S4; \
	VDUP V0.S[1], V1.S4; \
	VDUP V0.S[2], V2.S4; \
	VDUP V0.S[3], V3.S4; \
	FADDS F1, F0, F0; \
	FADDS F3, F2, F2; \
	FADDS F2, F0, F0; \
	FADDS F4, F0, F0; \
	FMOVS F0, (R4)

// func dotRowsNEON(q, rows *float32, dims, n int, out *float32)
TEXT ·dotRowsNEON(SB), NOSPLIT, $0-40
	SETUP

dotRow:
	CBZ R3, dotDone
	START

dot16:
	CMP    $16, R6
	BLT    dot4
	VLD1.P 64(R5), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	VFMLA  V16.S4, V20.S4, V0.S4
	VFMLA  V17.S4, V21.S4, V1.S4
	VFMLA  V18.S4, V22.S4, V2.S4
	VFMLA  V19.S4, V23.S4, V3.S4
	SUB    $16, R6
	B      dot16

dot4:
	CMP    $4, R6
	BLT    dot1
	VLD1.P 16(R5), [V16.S4]
	VLD1.P 16(R1), [V20.S4]
	VFMLA  V16.S4, V20.S4, V0.S4
	SUB    $4, R6
	B      dot4

dot1:
	CBZ     R6, dotSum
	FMOVS.P 4(R5), F16
	FMOVS.P 4(R1), F20
	FMADDS  F16, F4, F20, F4
	SUB     $1, R6
	B       dot1

dotSum:
	STORE
	ADD $4, R4
	SUB $1, R3
	B   dotRow

dotDone:
	RET

// func l2RowsNEON(q, rows *float32, dims, n int, out *float32)
TEXT ·l2RowsNEON(SB), NOSPLIT, $0-40
	SETUP

l2Row:
	CBZ R3, l2Done
	START

l2x16:
	CMP    $16, R6
	BLT    l2x4
	VLD1.P 64(R5), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	VFMLS  V31.S4, V20.S4, V16.S4
	VFMLS  V31.S4, V21.S4, V17.S4
	VFMLS  V31.S4, V22.S4, V18.S4
	VFMLS  V31.S4, V23.S4, V19.S4
	VFMLA  V16.S4, V16.S4, V0.S4
	VFMLA  V17.S4, V17.S4, V1.S4
	VFMLA  V18.S4, V18.S4, V2.S4
	VFMLA  V19.S4, V19.S4, V3.S4
	SUB    $16, R6
	B      l2x16

l2x4:
	CMP    $4, R6
	BLT    l2x1
	VLD1.P 16(R5), [V16.S4]
	VLD1.P 16(R1), [V20.S4]
	VFMLS  V31.S4, V20.S4, V16.S4
	VFMLA  V16.S4, V16.S4, V0.S4
	SUB    $4, R6
	B      l2x4

l2x1:
	CBZ     R6, l2Sum
	FMOVS.P 4(R5), F16
	FMOVS.P 4(R1), F20
	FSUBS   F20, F16, F16
	FMADDS  F16, F4, F16, F4
	SUB     $1, R6
	B       l2x1

l2Sum:
	STORE
	ADD $4, R4
	SUB $1, R3
	B   l2Row

l2Done:
	RET
