//go:build !purego

#include "textflag.h"

// Two rows at a time with four sums of eight lanes each, so that eight fused
// multiply-adds are in flight and the query is loaded once for both. The last dims%8
// components are read through a mask and add to the second sum. One row left over is
// computed in the same order, so its result has the same bits.
//
// Registers: SI query, DI row, BX next row, DX rows left, R8 out, R9 bytes of a row,
// R10 bytes in whole groups of 32 components, R11 bytes in whole groups of 8,
// R12 = dims%8, AX byte offset, Y0-Y3 and Y4-Y7 the sums, Y15 the mask.

DATA tailMask<>+0(SB)/8, $0xffffffffffffffff
DATA tailMask<>+8(SB)/8, $0xffffffffffffffff
DATA tailMask<>+16(SB)/8, $0xffffffffffffffff
DATA tailMask<>+24(SB)/8, $0xffffffffffffffff
DATA tailMask<>+32(SB)/8, $0
DATA tailMask<>+40(SB)/8, $0
DATA tailMask<>+48(SB)/8, $0
DATA tailMask<>+56(SB)/8, $0
GLOBL tailMask<>(SB), RODATA|NOPTR, $64

#define SETUP \
	MOVQ q+0(FP), SI; \
	MOVQ rows+8(FP), DI; \
	MOVQ dims+16(FP), CX; \
	MOVQ n+24(FP), DX; \
	MOVQ out+32(FP), R8; \
	LEAQ (CX*4), R9; \
	MOVQ CX, R10; \
	ANDQ $~31, R10; \
	SHLQ $2, R10; \
	MOVQ CX, R11; \
	ANDQ $~7, R11; \
	SHLQ $2, R11; \
	MOVQ CX, R12; \
	ANDQ $7, R12; \
	LEAQ tailMask<>+32(SB), R13; \
	MOVQ R12, R14; \
	SHLQ $2, R14; \
	SUBQ R14, R13; \
	VMOVUPS (R13), Y15

#define ZERO4(a, b, c, d) \
	VXORPS a, a, a; \
	VXORPS b, b, b; \
	VXORPS c, c, c; \
	VXORPS d, d, d

// SUM4 adds four sums into the low half of the first.
#define SUM4(a, b, c, d, ax, bx) \
	VADDPS b, a, a; \
	VADDPS d, c, c; \
	VADDPS c, a, a; \
	VEXTRACTF128 $1, a, bx; \
	VADDPS bx, ax, ax

// func dotRowsAVX2(q, rows *float32, dims, n int, out *float32)
TEXT ·dotRowsAVX2(SB), NOSPLIT, $0-40
	SETUP

dotPair:
	CMPQ DX, $2
	JLT  dotOne
	LEAQ (DI)(R9*1), BX
	ZERO4(Y0, Y1, Y2, Y3)
	ZERO4(Y4, Y5, Y6, Y7)
	XORQ AX, AX

dotPair32:
	CMPQ        AX, R10
	JGE         dotPair8
	VMOVUPS     (SI)(AX*1), Y8
	VMOVUPS     32(SI)(AX*1), Y9
	VMOVUPS     64(SI)(AX*1), Y10
	VMOVUPS     96(SI)(AX*1), Y11
	VFMADD231PS (DI)(AX*1), Y8, Y0
	VFMADD231PS 32(DI)(AX*1), Y9, Y1
	VFMADD231PS 64(DI)(AX*1), Y10, Y2
	VFMADD231PS 96(DI)(AX*1), Y11, Y3
	VFMADD231PS (BX)(AX*1), Y8, Y4
	VFMADD231PS 32(BX)(AX*1), Y9, Y5
	VFMADD231PS 64(BX)(AX*1), Y10, Y6
	VFMADD231PS 96(BX)(AX*1), Y11, Y7
	ADDQ        $128, AX
	JMP         dotPair32

dotPair8:
	CMPQ        AX, R11
	JGE         dotPairTail
	VMOVUPS     (SI)(AX*1), Y8
	VFMADD231PS (DI)(AX*1), Y8, Y0
	VFMADD231PS (BX)(AX*1), Y8, Y4
	ADDQ        $32, AX
	JMP         dotPair8

dotPairTail:
	TESTQ       R12, R12
	JZ          dotPairSum
	VMASKMOVPS  (SI)(AX*1), Y15, Y8
	VMASKMOVPS  (DI)(AX*1), Y15, Y9
	VMASKMOVPS  (BX)(AX*1), Y15, Y10
	VFMADD231PS Y9, Y8, Y1
	VFMADD231PS Y10, Y8, Y5

dotPairSum:
	SUM4(Y0, Y1, Y2, Y3, X0, X1)
	SUM4(Y4, Y5, Y6, Y7, X4, X5)
	VHADDPS X4, X0, X0
	VHADDPS X0, X0, X0
	VMOVLPS X0, (R8)
	ADDQ    $8, R8
	LEAQ    (BX)(R9*1), DI
	SUBQ    $2, DX
	JMP     dotPair

dotOne:
	TESTQ DX, DX
	JZ    dotDone
	ZERO4(Y0, Y1, Y2, Y3)
	XORQ  AX, AX

dotOne32:
	CMPQ        AX, R10
	JGE         dotOne8
	VMOVUPS     (SI)(AX*1), Y8
	VMOVUPS     32(SI)(AX*1), Y9
	VMOVUPS     64(SI)(AX*1), Y10
	VMOVUPS     96(SI)(AX*1), Y11
	VFMADD231PS (DI)(AX*1), Y8, Y0
	VFMADD231PS 32(DI)(AX*1), Y9, Y1
	VFMADD231PS 64(DI)(AX*1), Y10, Y2
	VFMADD231PS 96(DI)(AX*1), Y11, Y3
	ADDQ        $128, AX
	JMP         dotOne32

dotOne8:
	CMPQ        AX, R11
	JGE         dotOneTail
	VMOVUPS     (SI)(AX*1), Y8
	VFMADD231PS (DI)(AX*1), Y8, Y0
	ADDQ        $32, AX
	JMP         dotOne8

dotOneTail:
	TESTQ       R12, R12
	JZ          dotOneSum
	VMASKMOVPS  (SI)(AX*1), Y15, Y8
	VMASKMOVPS  (DI)(AX*1), Y15, Y9
	VFMADD231PS Y9, Y8, Y1

dotOneSum:
	SUM4(Y0, Y1, Y2, Y3, X0, X1)
	VHADDPS X0, X0, X0
	VHADDPS X0, X0, X0
	VMOVSS  X0, (R8)

dotDone:
	VZEROUPPER
	RET

// func l2RowsAVX2(q, rows *float32, dims, n int, out *float32)
TEXT ·l2RowsAVX2(SB), NOSPLIT, $0-40
	SETUP

l2Pair:
	CMPQ DX, $2
	JLT  l2One
	LEAQ (DI)(R9*1), BX
	ZERO4(Y0, Y1, Y2, Y3)
	ZERO4(Y4, Y5, Y6, Y7)
	XORQ AX, AX

l2Pair32:
	CMPQ        AX, R10
	JGE         l2Pair8
	VMOVUPS     (SI)(AX*1), Y8
	VMOVUPS     32(SI)(AX*1), Y9
	VMOVUPS     64(SI)(AX*1), Y10
	VMOVUPS     96(SI)(AX*1), Y11
	VSUBPS      (DI)(AX*1), Y8, Y12
	VSUBPS      (BX)(AX*1), Y8, Y13
	VFMADD231PS Y12, Y12, Y0
	VFMADD231PS Y13, Y13, Y4
	VSUBPS      32(DI)(AX*1), Y9, Y12
	VSUBPS      32(BX)(AX*1), Y9, Y13
	VFMADD231PS Y12, Y12, Y1
	VFMADD231PS Y13, Y13, Y5
	VSUBPS      64(DI)(AX*1), Y10, Y12
	VSUBPS      64(BX)(AX*1), Y10, Y13
	VFMADD231PS Y12, Y12, Y2
	VFMADD231PS Y13, Y13, Y6
	VSUBPS      96(DI)(AX*1), Y11, Y12
	VSUBPS      96(BX)(AX*1), Y11, Y13
	VFMADD231PS Y12, Y12, Y3
	VFMADD231PS Y13, Y13, Y7
	ADDQ        $128, AX
	JMP         l2Pair32

l2Pair8:
	CMPQ        AX, R11
	JGE         l2PairTail
	VMOVUPS     (SI)(AX*1), Y8
	VSUBPS      (DI)(AX*1), Y8, Y12
	VSUBPS      (BX)(AX*1), Y8, Y13
	VFMADD231PS Y12, Y12, Y0
	VFMADD231PS Y13, Y13, Y4
	ADDQ        $32, AX
	JMP         l2Pair8

l2PairTail:
	TESTQ       R12, R12
	JZ          l2PairSum
	VMASKMOVPS  (SI)(AX*1), Y15, Y8
	VMASKMOVPS  (DI)(AX*1), Y15, Y9
	VMASKMOVPS  (BX)(AX*1), Y15, Y10
	VSUBPS      Y9, Y8, Y12
	VSUBPS      Y10, Y8, Y13
	VFMADD231PS Y12, Y12, Y1
	VFMADD231PS Y13, Y13, Y5

l2PairSum:
	SUM4(Y0, Y1, Y2, Y3, X0, X1)
	SUM4(Y4, Y5, Y6, Y7, X4, X5)
	VHADDPS X4, X0, X0
	VHADDPS X0, X0, X0
	VMOVLPS X0, (R8)
	ADDQ    $8, R8
	LEAQ    (BX)(R9*1), DI
	SUBQ    $2, DX
	JMP     l2Pair

l2One:
	TESTQ DX, DX
	JZ    l2Done
	ZERO4(Y0, Y1, Y2, Y3)
	XORQ  AX, AX

l2One32:
	CMPQ        AX, R10
	JGE         l2One8
	VMOVUPS     (SI)(AX*1), Y8
	VMOVUPS     32(SI)(AX*1), Y9
	VMOVUPS     64(SI)(AX*1), Y10
	VMOVUPS     96(SI)(AX*1), Y11
	VSUBPS      (DI)(AX*1), Y8, Y8
	VSUBPS      32(DI)(AX*1), Y9, Y9
	VSUBPS      64(DI)(AX*1), Y10, Y10
	VSUBPS      96(DI)(AX*1), Y11, Y11
	VFMADD231PS Y8, Y8, Y0
	VFMADD231PS Y9, Y9, Y1
	VFMADD231PS Y10, Y10, Y2
	VFMADD231PS Y11, Y11, Y3
	ADDQ        $128, AX
	JMP         l2One32

l2One8:
	CMPQ        AX, R11
	JGE         l2OneTail
	VMOVUPS     (SI)(AX*1), Y8
	VSUBPS      (DI)(AX*1), Y8, Y8
	VFMADD231PS Y8, Y8, Y0
	ADDQ        $32, AX
	JMP         l2One8

l2OneTail:
	TESTQ       R12, R12
	JZ          l2OneSum
	VMASKMOVPS  (SI)(AX*1), Y15, Y8
	VMASKMOVPS  (DI)(AX*1), Y15, Y9
	VSUBPS      Y9, Y8, Y8
	VFMADD231PS Y8, Y8, Y1

l2OneSum:
	SUM4(Y0, Y1, Y2, Y3, X0, X1)
	VHADDPS X0, X0, X0
	VHADDPS X0, X0, X0
	VMOVSS  X0, (R8)

l2Done:
	VZEROUPPER
	RET
