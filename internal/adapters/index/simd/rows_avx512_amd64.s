//go:build !purego

#include "textflag.h"

// Four rows at a time with four sums of sixteen lanes each. The last dims%16 components
// are read through the mask K1 and add to the second sum. Rows left over are computed
// one by one in the same order, so their results have the same bits.
//
// Registers: SI query, DI BX R13 R14 rows, DX rows left, R8 out, R9 bytes of a row,
// R10 bytes in whole groups of 64 components, R11 bytes in whole groups of 16,
// R12 = dims%16, AX byte offset, Z0-Z15 the sums, Z16-Z19 the query.

#define SETUP \
	MOVQ q+0(FP), SI; \
	MOVQ rows+8(FP), DI; \
	MOVQ dims+16(FP), CX; \
	MOVQ n+24(FP), DX; \
	MOVQ out+32(FP), R8; \
	LEAQ (CX*4), R9; \
	MOVQ CX, R10; \
	ANDQ $~63, R10; \
	SHLQ $2, R10; \
	MOVQ CX, R11; \
	ANDQ $~15, R11; \
	SHLQ $2, R11; \
	ANDQ $15, CX; \
	MOVQ CX, R12; \
	MOVL $1, AX; \
	SHLL CX, AX; \
	DECL AX; \
	KMOVW AX, K1

#define ZERO4(a, b, c, d) \
	VPXORQ a, a, a; \
	VPXORQ b, b, b; \
	VPXORQ c, c, c; \
	VPXORQ d, d, d

// SUM4 adds four sums into the low quarter of the first.
#define SUM4(a, b, c, d, ay, by, ax, bx) \
	VADDPS b, a, a; \
	VADDPS d, c, c; \
	VADDPS c, a, a; \
	VEXTRACTF64X4 $1, a, by; \
	VADDPS by, ay, ay; \
	VEXTRACTF128 $1, ay, bx; \
	VADDPS bx, ax, ax

#define QUERY4 \
	VMOVUPS (SI)(AX*1), Z16; \
	VMOVUPS 64(SI)(AX*1), Z17; \
	VMOVUPS 128(SI)(AX*1), Z18; \
	VMOVUPS 192(SI)(AX*1), Z19

#define DOT4(row, a, b, c, d) \
	VFMADD231PS (row)(AX*1), Z16, a; \
	VFMADD231PS 64(row)(AX*1), Z17, b; \
	VFMADD231PS 128(row)(AX*1), Z18, c; \
	VFMADD231PS 192(row)(AX*1), Z19, d

#define DOTTAIL(row, tmp, b) \
	VMOVUPS.Z (row)(AX*1), K1, tmp; \
	VFMADD231PS tmp, Z16, b

#define DIFF4(row, a, b, c, d) \
	VSUBPS (row)(AX*1), Z16, Z20; \
	VSUBPS 64(row)(AX*1), Z17, Z21; \
	VSUBPS 128(row)(AX*1), Z18, Z22; \
	VSUBPS 192(row)(AX*1), Z19, Z23; \
	VFMADD231PS Z20, Z20, a; \
	VFMADD231PS Z21, Z21, b; \
	VFMADD231PS Z22, Z22, c; \
	VFMADD231PS Z23, Z23, d

#define DIFF1(row, tmp, a) \
	VSUBPS (row)(AX*1), Z16, tmp; \
	VFMADD231PS tmp, tmp, a

#define DIFFTAIL(row, tmp, b) \
	VMOVUPS.Z (row)(AX*1), K1, tmp; \
	VSUBPS tmp, Z16, tmp; \
	VFMADD231PS tmp, tmp, b

#define STORE4 \
	SUM4(Z0, Z1, Z2, Z3, Y0, Y1, X0, X1); \
	SUM4(Z4, Z5, Z6, Z7, Y4, Y5, X4, X5); \
	SUM4(Z8, Z9, Z10, Z11, Y8, Y9, X8, X9); \
	SUM4(Z12, Z13, Z14, Z15, Y12, Y13, X12, X13); \
	VHADDPS X4, X0, X0; \
	VHADDPS X12, X8, X8; \
	VHADDPS X8, X0, X0; \
	VMOVUPS X0, (R8)

#define STORE1 \
	SUM4(Z0, Z1, Z2, Z3, Y0, Y1, X0, X1); \
	VHADDPS X0, X0, X0; \
	VHADDPS X0, X0, X0; \
	VMOVSS X0, (R8)

// func dotRowsAVX512(q, rows *float32, dims, n int, out *float32)
TEXT ·dotRowsAVX512(SB), NOSPLIT, $0-40
	SETUP

dotQuad:
	CMPQ DX, $4
	JLT  dotOne
	LEAQ (DI)(R9*1), BX
	LEAQ (BX)(R9*1), R13
	LEAQ (R13)(R9*1), R14
	ZERO4(Z0, Z1, Z2, Z3)
	ZERO4(Z4, Z5, Z6, Z7)
	ZERO4(Z8, Z9, Z10, Z11)
	ZERO4(Z12, Z13, Z14, Z15)
	XORQ AX, AX

dotQuad64:
	CMPQ AX, R10
	JGE  dotQuad16
	QUERY4
	DOT4(DI, Z0, Z1, Z2, Z3)
	DOT4(BX, Z4, Z5, Z6, Z7)
	DOT4(R13, Z8, Z9, Z10, Z11)
	DOT4(R14, Z12, Z13, Z14, Z15)
	ADDQ $256, AX
	JMP  dotQuad64

dotQuad16:
	CMPQ        AX, R11
	JGE         dotQuadTail
	VMOVUPS     (SI)(AX*1), Z16
	VFMADD231PS (DI)(AX*1), Z16, Z0
	VFMADD231PS (BX)(AX*1), Z16, Z4
	VFMADD231PS (R13)(AX*1), Z16, Z8
	VFMADD231PS (R14)(AX*1), Z16, Z12
	ADDQ        $64, AX
	JMP         dotQuad16

dotQuadTail:
	TESTQ     R12, R12
	JZ        dotQuadSum
	VMOVUPS.Z (SI)(AX*1), K1, Z16
	DOTTAIL(DI, Z20, Z1)
	DOTTAIL(BX, Z21, Z5)
	DOTTAIL(R13, Z22, Z9)
	DOTTAIL(R14, Z23, Z13)

dotQuadSum:
	STORE4
	ADDQ $16, R8
	LEAQ (R14)(R9*1), DI
	SUBQ $4, DX
	JMP  dotQuad

dotOne:
	TESTQ DX, DX
	JZ    dotDone
	ZERO4(Z0, Z1, Z2, Z3)
	XORQ  AX, AX

dotOne64:
	CMPQ AX, R10
	JGE  dotOne16
	QUERY4
	DOT4(DI, Z0, Z1, Z2, Z3)
	ADDQ $256, AX
	JMP  dotOne64

dotOne16:
	CMPQ        AX, R11
	JGE         dotOneTail
	VMOVUPS     (SI)(AX*1), Z16
	VFMADD231PS (DI)(AX*1), Z16, Z0
	ADDQ        $64, AX
	JMP         dotOne16

dotOneTail:
	TESTQ     R12, R12
	JZ        dotOneSum
	VMOVUPS.Z (SI)(AX*1), K1, Z16
	DOTTAIL(DI, Z20, Z1)

dotOneSum:
	STORE1
	ADDQ $4, R8
	ADDQ R9, DI
	DECQ DX
	JMP  dotOne

dotDone:
	VZEROUPPER
	RET

// func l2RowsAVX512(q, rows *float32, dims, n int, out *float32)
TEXT ·l2RowsAVX512(SB), NOSPLIT, $0-40
	SETUP

l2Quad:
	CMPQ DX, $4
	JLT  l2One
	LEAQ (DI)(R9*1), BX
	LEAQ (BX)(R9*1), R13
	LEAQ (R13)(R9*1), R14
	ZERO4(Z0, Z1, Z2, Z3)
	ZERO4(Z4, Z5, Z6, Z7)
	ZERO4(Z8, Z9, Z10, Z11)
	ZERO4(Z12, Z13, Z14, Z15)
	XORQ AX, AX

l2Quad64:
	CMPQ AX, R10
	JGE  l2Quad16
	QUERY4
	DIFF4(DI, Z0, Z1, Z2, Z3)
	DIFF4(BX, Z4, Z5, Z6, Z7)
	DIFF4(R13, Z8, Z9, Z10, Z11)
	DIFF4(R14, Z12, Z13, Z14, Z15)
	ADDQ $256, AX
	JMP  l2Quad64

l2Quad16:
	CMPQ    AX, R11
	JGE     l2QuadTail
	VMOVUPS (SI)(AX*1), Z16
	DIFF1(DI, Z20, Z0)
	DIFF1(BX, Z21, Z4)
	DIFF1(R13, Z22, Z8)
	DIFF1(R14, Z23, Z12)
	ADDQ    $64, AX
	JMP     l2Quad16

l2QuadTail:
	TESTQ     R12, R12
	JZ        l2QuadSum
	VMOVUPS.Z (SI)(AX*1), K1, Z16
	DIFFTAIL(DI, Z20, Z1)
	DIFFTAIL(BX, Z21, Z5)
	DIFFTAIL(R13, Z22, Z9)
	DIFFTAIL(R14, Z23, Z13)

l2QuadSum:
	STORE4
	ADDQ $16, R8
	LEAQ (R14)(R9*1), DI
	SUBQ $4, DX
	JMP  l2Quad

l2One:
	TESTQ DX, DX
	JZ    l2Done
	ZERO4(Z0, Z1, Z2, Z3)
	XORQ  AX, AX

l2One64:
	CMPQ AX, R10
	JGE  l2One16
	QUERY4
	DIFF4(DI, Z0, Z1, Z2, Z3)
	ADDQ $256, AX
	JMP  l2One64

l2One16:
	CMPQ    AX, R11
	JGE     l2OneTail
	VMOVUPS (SI)(AX*1), Z16
	DIFF1(DI, Z20, Z0)
	ADDQ    $64, AX
	JMP     l2One16

l2OneTail:
	TESTQ     R12, R12
	JZ        l2OneSum
	VMOVUPS.Z (SI)(AX*1), K1, Z16
	DIFFTAIL(DI, Z20, Z1)

l2OneSum:
	STORE1
	ADDQ $4, R8
	ADDQ R9, DI
	DECQ DX
	JMP  l2One

l2Done:
	VZEROUPPER
	RET
