//go:build amd64 && !purego

package simd

//go:generate go run -C asmgen . -out ../kernels_amd64.s

import "golang.org/x/sys/cpu"

// machineLevels lists the assembly levels this CPU and its operating system support,
// the fastest first.
func machineLevels() []level {
	var levels []level
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
		levels = append(levels, avx512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		levels = append(levels, avx2)
	}
	return levels
}

func dotBlock(l level, q, rows []float32, dims int, out []float32) {
	switch l {
	case avx512:
		dotRowsAVX512(&q[0], &rows[0], dims, len(out), &out[0])
	case avx2:
		dotRowsAVX2(&q[0], &rows[0], dims, len(out), &out[0])
	default:
		dotRows(q, rows, dims, out)
	}
}

func l2Block(l level, q, rows []float32, dims int, out []float32) {
	switch l {
	case avx512:
		l2RowsAVX512(&q[0], &rows[0], dims, len(out), &out[0])
	case avx2:
		l2RowsAVX2(&q[0], &rows[0], dims, len(out), &out[0])
	default:
		l2Rows(q, rows, dims, out)
	}
}

// The kernels take n >= 1 rows of dims >= 1 components.

//go:noescape
func dotRowsAVX2(q, rows *float32, dims, n int, out *float32)

//go:noescape
func l2RowsAVX2(q, rows *float32, dims, n int, out *float32)

//go:noescape
func dotRowsAVX512(q, rows *float32, dims, n int, out *float32)

//go:noescape
func l2RowsAVX512(q, rows *float32, dims, n int, out *float32)
