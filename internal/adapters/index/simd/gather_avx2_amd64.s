//go:build !purego

#include "textflag.h"

// The kernels behind Gather. Each works on groups of four rows, so that the query is
// loaded once for four, and fetches rows two groups ahead into the cache.
//
// Registers: SI query, BX table of slabs, DI ids of the group, CX end of the ids, R8
// out, R9 stride, R10 bytes of components, R15 the next id to fetch ahead,
// R11 R12 R13 DX the four rows, AX and R14 free.



#define LOAD \
	MOVQ args+0(FP), AX; \
	MOVQ 0(AX), SI; \
	MOVQ 8(AX), BX; \
	MOVQ 16(AX), DI; \
	MOVQ 24(AX), R8; \
	MOVQ 32(AX), CX; \
	LEAQ (DI)(CX*4), CX; \
	MOVQ 40(AX), R9; \
	MOVQ 48(AX), R10; \
	MOVQ 56(AX), R14; \
	MOVQ R14, lines-8(SP); \
	MOVQ 72(AX), R14; \
	VBROADCASTSS 64(AX), X14; \
	VBROADCASTSS 68(AX), X15; \
	MOVQ DI, R15

// ROW puts the address of the row whose id is at off(DI) into r.
#define ROW(off, r) \
	MOVL  off(DI), r; \
	MOVL  r, AX; \
	SHRQ  $10, AX; \
	ANDQ  $1023, r; \
	IMULQ R9, r; \
	ADDQ  (BX)(AX*8), r

// FETCH fetches the rows from R15 on, up to the end of the group after next (48 bytes of ids).
#define FETCH(row, line, done) \
	LEAQ 48(DI), R11; \
	CMPQ R11, CX; \
	CMOVQGT CX, R11; \
row: \
	CMPQ  R15, R11; \
	JGE   done; \
	MOVL  (R15), R14; \
	MOVL  R14, AX; \
	SHRQ  $10, AX; \
	ANDQ  $1023, R14; \
	IMULQ R9, R14; \
	ADDQ  (BX)(AX*8), R14; \
	ADDQ  $4, R15; \
	MOVQ  lines-8(SP), AX; \
line: \
	PREFETCHT0 (R14); \
	ADDQ  $64, R14; \
	DECQ  AX; \
	JNZ   line; \
	JMP   row; \
done:

// NEXT fetches the two lines at R14, if any.
#define NEXT(done) \
	TESTQ R14, R14; \
	JZ    done; \
	PREFETCHT0 (R14); \
	PREFETCHT0 64(R14); \
done:

// SUM8 adds up the eight lanes of each of the four sums a, b, c, d into a's four.
#define SUM8(a, b, c, d, ax, bx) \
	VHADDPS b, a, a; \
	VHADDPS d, c, c; \
	VHADDPS c, a, a; \
	VEXTRACTF128 $1, a, bx; \
	VADDPS bx, ax, ax

// BIAS loads the floats at off behind the components of the four rows into x.
#define BIAS(off, x) \
	VMOVSS    off(R11)(R10*1), x; \
	VINSERTPS $0x10, off(R12)(R10*1), x, x; \
	VINSERTPS $0x20, off(R13)(R10*1), x, x; \
	VINSERTPS $0x30, off(DX)(R10*1), x, x

// func gatherDotAVX2(args *Gather)
TEXT ·gatherDotAVX2(SB), NOSPLIT, $8-8
	LOAD
	NEXT(dotNext)

dotGroup:
	FETCH(dotFetchRow, dotFetchLine, dotFetched)
	ROW(0, R11)
	ROW(4, R12)
	ROW(8, R13)
	ROW(12, DX)
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	XORQ   AX, AX
	LEAQ   -32(R10), R14

dotLoop:
	CMPQ        AX, R14
	JGE         dotLast
	VMOVUPS     (SI)(AX*1), Y8
	VMOVUPS     32(SI)(AX*1), Y9
	VFMADD231PS (R11)(AX*1), Y8, Y0
	VFMADD231PS (R12)(AX*1), Y8, Y1
	VFMADD231PS (R13)(AX*1), Y8, Y2
	VFMADD231PS (DX)(AX*1), Y8, Y3
	VFMADD231PS 32(R11)(AX*1), Y9, Y4
	VFMADD231PS 32(R12)(AX*1), Y9, Y5
	VFMADD231PS 32(R13)(AX*1), Y9, Y6
	VFMADD231PS 32(DX)(AX*1), Y9, Y7
	ADDQ        $64, AX
	JMP         dotLoop

dotLast:
	JNE         dotSum
	VMOVUPS     (SI)(AX*1), Y8
	VFMADD231PS (R11)(AX*1), Y8, Y0
	VFMADD231PS (R12)(AX*1), Y8, Y1
	VFMADD231PS (R13)(AX*1), Y8, Y2
	VFMADD231PS (DX)(AX*1), Y8, Y3

dotSum:
	VADDPS      Y4, Y0, Y0
	VADDPS      Y5, Y1, Y1
	VADDPS      Y6, Y2, Y2
	VADDPS      Y7, Y3, Y3
	SUM8(Y0, Y1, Y2, Y3, X0, X1)
	BIAS(0, X8)
	VMULPS      X15, X8, X8
	VFMADD231PS X14, X0, X8
	VMOVUPS     X8, (R8)
	ADDQ        $16, R8
	ADDQ        $16, DI
	CMPQ        DI, CX
	JLT         dotGroup
	VZEROUPPER
	RET

// func gatherL2AVX2(args *Gather)
TEXT ·gatherL2AVX2(SB), NOSPLIT, $8-8
	LOAD
	NEXT(l2Next)

l2Group:
	FETCH(l2FetchRow, l2FetchLine, l2Fetched)
	ROW(0, R11)
	ROW(4, R12)
	ROW(8, R13)
	ROW(12, DX)
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORQ   AX, AX

l2Loop:
	VMOVUPS     (SI)(AX*1), Y8
	VSUBPS      (R11)(AX*1), Y8, Y9
	VSUBPS      (R12)(AX*1), Y8, Y10
	VSUBPS      (R13)(AX*1), Y8, Y11
	VSUBPS      (DX)(AX*1), Y8, Y12
	VFMADD231PS Y9, Y9, Y0
	VFMADD231PS Y10, Y10, Y1
	VFMADD231PS Y11, Y11, Y2
	VFMADD231PS Y12, Y12, Y3
	ADDQ        $32, AX
	CMPQ        AX, R10
	JLT         l2Loop
	SUM8(Y0, Y1, Y2, Y3, X0, X1)
	BIAS(0, X8)
	VMULPS      X15, X8, X8
	VFMADD231PS X14, X0, X8
	VMOVUPS     X8, (R8)
	ADDQ        $16, R8
	ADDQ        $16, DI
	CMPQ        DI, CX
	JLT         l2Group
	VZEROUPPER
	RET

// func gatherDotBF16AVX2(args *Gather)
TEXT ·gatherDotBF16AVX2(SB), NOSPLIT, $8-8
	LOAD
	NEXT(bfNext)

bfGroup:
	FETCH(bfFetchRow, bfFetchLine, bfFetched)
	ROW(0, R11)
	ROW(4, R12)
	ROW(8, R13)
	ROW(12, DX)
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORQ   AX, AX

bfLoop:
	VMOVUPS     (SI)(AX*2), Y8
	VPMOVZXWD   (R11)(AX*1), Y9
	VPMOVZXWD   (R12)(AX*1), Y10
	VPMOVZXWD   (R13)(AX*1), Y11
	VPMOVZXWD   (DX)(AX*1), Y12
	VPSLLD      $16, Y9, Y9
	VPSLLD      $16, Y10, Y10
	VPSLLD      $16, Y11, Y11
	VPSLLD      $16, Y12, Y12
	VFMADD231PS Y9, Y8, Y0
	VFMADD231PS Y10, Y8, Y1
	VFMADD231PS Y11, Y8, Y2
	VFMADD231PS Y12, Y8, Y3
	ADDQ        $16, AX
	CMPQ        AX, R10
	JLT         bfLoop
	SUM8(Y0, Y1, Y2, Y3, X0, X1)
	BIAS(0, X8)
	VMULPS      X15, X8, X8
	VFMADD231PS X14, X0, X8
	VMOVUPS     X8, (R8)
	ADDQ        $16, R8
	ADDQ        $16, DI
	CMPQ        DI, CX
	JLT         bfGroup
	VZEROUPPER
	RET

// func gatherDotI8AVX2(args *Gather)
TEXT ·gatherDotI8AVX2(SB), NOSPLIT, $8-8
	LOAD
	NEXT(i8Next)

i8Group:
	FETCH(i8FetchRow, i8FetchLine, i8Fetched)
	ROW(0, R11)
	ROW(4, R12)
	ROW(8, R13)
	ROW(12, DX)
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	XORQ  AX, AX

i8Loop:
	VMOVDQU   (SI)(AX*2), Y8
	VPMOVSXBW (R11)(AX*1), Y9
	VPMOVSXBW (R12)(AX*1), Y10
	VPMOVSXBW (R13)(AX*1), Y11
	VPMOVSXBW (DX)(AX*1), Y12
	VPMADDWD  Y9, Y8, Y9
	VPMADDWD  Y10, Y8, Y10
	VPMADDWD  Y11, Y8, Y11
	VPMADDWD  Y12, Y8, Y12
	VPADDD    Y9, Y0, Y0
	VPADDD    Y10, Y1, Y1
	VPADDD    Y11, Y2, Y2
	VPADDD    Y12, Y3, Y3
	VMOVDQU   32(SI)(AX*2), Y8
	VPMOVSXBW 16(R11)(AX*1), Y9
	VPMOVSXBW 16(R12)(AX*1), Y10
	VPMOVSXBW 16(R13)(AX*1), Y11
	VPMOVSXBW 16(DX)(AX*1), Y12
	VPMADDWD  Y9, Y8, Y9
	VPMADDWD  Y10, Y8, Y10
	VPMADDWD  Y11, Y8, Y11
	VPMADDWD  Y12, Y8, Y12
	VPADDD    Y9, Y0, Y0
	VPADDD    Y10, Y1, Y1
	VPADDD    Y11, Y2, Y2
	VPADDD    Y12, Y3, Y3
	ADDQ      $32, AX
	CMPQ      AX, R10
	JLT       i8Loop
	VPHADDD   Y1, Y0, Y0
	VPHADDD   Y3, Y2, Y2
	VPHADDD   Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD    X1, X0, X0
	VCVTDQ2PS X0, X0
	BIAS(0, X7)
	BIAS(4, X8)
	VMULPS    X7, X0, X0
	VMULPS    X15, X8, X8
	VFMADD231PS X14, X0, X8
	VMOVUPS   X8, (R8)
	ADDQ      $16, R8
	ADDQ      $16, DI
	CMPQ      DI, CX
	JLT       i8Group
	VZEROUPPER
	RET
