//go:build !purego

#include "textflag.h"

// The kernels behind Gather, one row at a time with four sums, fetching rows eight ids
// ahead into the cache. Instructions the assembler does not know stand as words, their
// meaning beside them.
//
// Registers: R1 query, R2 table of slabs, R3 the next id, R4 out, R6 stride, R7 bytes of
// components, R8 lines to fetch, R10 the line to fetch for the caller, R11 row,
// R13 query's cursor, R14 bytes left, R15 next id to fetch, R16 end of the ids,
// R9 R12 free, F28 alpha, F29 beta, V0-V3 the sums.

#define LOAD \
	MOVD  args+0(FP), R0; \
	MOVD  0(R0), R1; \
	MOVD  8(R0), R2; \
	MOVD  16(R0), R3; \
	MOVD  24(R0), R4; \
	MOVD  32(R0), R5; \
	ADD   R5<<2, R3, R16; \
	MOVD  40(R0), R6; \
	MOVD  48(R0), R7; \
	MOVD  56(R0), R8; \
	FMOVS 64(R0), F28; \
	FMOVS 68(R0), F29; \
	MOVD  72(R0), R10; \
	MOVD  R3, R15

#define NEXT(done) \
	CBZ  R10, done; \
	PRFM (R10), PLDL1KEEP; \
	PRFM 64(R10), PLDL1KEEP; \
done:

// ROW puts the address of the row whose id is in R12 into R11.
#define ROW \
	LSR  $10, R12, R9; \
	AND  $1023, R12, R12; \
	MOVD (R2)(R9<<3), R9; \
	MADD R12, R9, R6, R11

#define FETCH(row, line, done) \
	ADD $32, R3, R0; \
	CMP R16, R0; \
	CSEL GT, R16, R0, R0; \
row: \
	CMP R0, R15; \
	BGE done; \
	MOVWU.P 4(R15), R12; \
	ROW; \
	MOVD R8, R9; \
line: \
	PRFM (R11), PLDL1KEEP; \
	ADD $64, R11; \
	SUBS $1, R9; \
	BNE line; \
	B row; \
done:

#define START \
	MOVWU.P 4(R3), R12; \
	ROW; \
	MOVD R1, R13; \
	MOVD R7, R14; \
	VEOR V0.B16, V0.B16, V0.B16; \
	VEOR V1.B16, V1.B16, V1.B16; \
	VEOR V2.B16, V2.B16, V2.B16; \
	VEOR V3.B16, V3.B16, V3.B16

// SUM adds up the four sums of four floats into F0: three FADDs of .4S, FADDP .4S, FADDP
// of S0 from V0.2S.
#define SUM \
	WORD $0x4E21D400; \
	WORD $0x4E23D442; \
	WORD $0x4E22D400; \
	WORD $0x6E20D400; \
	WORD $0x7E30D800

// STORE makes the result of F0 and the bias at off behind the components.
#define STORE(off) \
	FMOVS off(R11), F1; \
	FMULS F28, F0, F0; \
	FMULS F29, F1, F1; \
	FADDS F1, F0, F0; \
	FMOVS.P F0, 4(R4); \
	CMP   R16, R3

// func gatherDotNEON(args *Gather)
TEXT ·gatherDotNEON(SB), NOSPLIT, $0-8
	LOAD
	NEXT(dotNext)

dotRow:
	FETCH(dotFetch, dotLine, dotFetched)
	START

dot64:
	CMP    $64, R14
	BLT    dot32
	VLD1.P 64(R13), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R11), [V20.S4, V21.S4, V22.S4, V23.S4]
	VFMLA  V16.S4, V20.S4, V0.S4
	VFMLA  V17.S4, V21.S4, V1.S4
	VFMLA  V18.S4, V22.S4, V2.S4
	VFMLA  V19.S4, V23.S4, V3.S4
	SUB    $64, R14
	B      dot64

dot32:
	CBZ    R14, dotSum
	VLD1.P 32(R13), [V16.S4, V17.S4]
	VLD1.P 32(R11), [V20.S4, V21.S4]
	VFMLA  V16.S4, V20.S4, V0.S4
	VFMLA  V17.S4, V21.S4, V1.S4

dotSum:
	SUM
	STORE(0)
	BLT dotRow
	RET

// func gatherL2NEON(args *Gather)
TEXT ·gatherL2NEON(SB), NOSPLIT, $0-8
	LOAD
	NEXT(l2Next)

l2Row:
	FETCH(l2Fetch, l2Line, l2Fetched)
	START

l264:
	CMP    $64, R14
	BLT    l232
	VLD1.P 64(R13), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R11), [V20.S4, V21.S4, V22.S4, V23.S4]
	WORD   $0x4EB4D614 // FSUB V20.4S, V16.4S, V20.4S
	WORD   $0x4EB5D635 // FSUB V21.4S, V17.4S, V21.4S
	WORD   $0x4EB6D656 // FSUB V22.4S, V18.4S, V22.4S
	WORD   $0x4EB7D677 // FSUB V23.4S, V19.4S, V23.4S
	VFMLA  V20.S4, V20.S4, V0.S4
	VFMLA  V21.S4, V21.S4, V1.S4
	VFMLA  V22.S4, V22.S4, V2.S4
	VFMLA  V23.S4, V23.S4, V3.S4
	SUB    $64, R14
	B      l264

l232:
	CBZ    R14, l2Sum
	VLD1.P 32(R13), [V16.S4, V17.S4]
	VLD1.P 32(R11), [V20.S4, V21.S4]
	WORD   $0x4EB4D614 // FSUB V20.4S, V16.4S, V20.4S
	WORD   $0x4EB5D635 // FSUB V21.4S, V17.4S, V21.4S
	VFMLA  V20.S4, V20.S4, V0.S4
	VFMLA  V21.S4, V21.S4, V1.S4

l2Sum:
	SUM
	STORE(0)
	BLT l2Row
	RET

// func gatherDotBF16NEON(args *Gather)
TEXT ·gatherDotBF16NEON(SB), NOSPLIT, $0-8
	LOAD
	NEXT(bfNext)
	VEOR V31.B16, V31.B16, V31.B16

bfRow:
	FETCH(bfFetch, bfLine, bfFetched)
	START

bf32:
	VLD1.P 64(R13), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 32(R11), [V20.H8, V21.H8]
	VZIP1  V20.H8, V31.H8, V24.H8
	VZIP2  V20.H8, V31.H8, V25.H8
	VZIP1  V21.H8, V31.H8, V26.H8
	VZIP2  V21.H8, V31.H8, V27.H8
	VFMLA  V16.S4, V24.S4, V0.S4
	VFMLA  V17.S4, V25.S4, V1.S4
	VFMLA  V18.S4, V26.S4, V2.S4
	VFMLA  V19.S4, V27.S4, V3.S4
	SUBS   $32, R14
	BNE    bf32
	SUM
	STORE(0)
	BLT    bfRow
	RET

// func gatherDotI8NEON(args *Gather)
TEXT ·gatherDotI8NEON(SB), NOSPLIT, $0-8
	LOAD
	NEXT(i8Next)

i8Row:
	FETCH(i8Fetch, i8Line, i8Fetched)
	START

i832:
	VLD1.P 64(R13), [V16.H8, V17.H8, V18.H8, V19.H8]
	VLD1.P 32(R11), [V20.B16, V21.B16]
	WORD   $0x0F08A698 // SXTL V24.8H, V20.8B
	WORD   $0x4F08A699 // SXTL2 V25.8H, V20.16B
	WORD   $0x0F08A6BA // SXTL V26.8H, V21.8B
	WORD   $0x4F08A6BB // SXTL2 V27.8H, V21.16B
	WORD   $0x0E788200 // SMLAL V0.4S, V16.4H, V24.4H
	WORD   $0x4E788201 // SMLAL2 V1.4S, V16.8H, V24.8H
	WORD   $0x0E798222 // SMLAL V2.4S, V17.4H, V25.4H
	WORD   $0x4E798223 // SMLAL2 V3.4S, V17.8H, V25.8H
	WORD   $0x0E7A8240 // SMLAL V0.4S, V18.4H, V26.4H
	WORD   $0x4E7A8241 // SMLAL2 V1.4S, V18.8H, V26.8H
	WORD   $0x0E7B8262 // SMLAL V2.4S, V19.4H, V27.4H
	WORD   $0x4E7B8263 // SMLAL2 V3.4S, V19.8H, V27.8H
	SUBS   $32, R14
	BNE    i832
	VADD   V1.S4, V0.S4, V0.S4
	VADD   V3.S4, V2.S4, V2.S4
	VADD   V2.S4, V0.S4, V0.S4
	VADDV  V0.S4, V0
	WORD   $0x5E21D800 // SCVTF S0, S0
	FMOVS  (R11), F1
	FMULS  F1, F0, F0
	STORE(4)
	BLT    i8Row
	RET
