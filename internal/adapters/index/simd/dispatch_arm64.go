//go:build arm64 && !purego

package simd

// machineLevels lists the assembly levels: every arm64 CPU that Go runs on has NEON.
func machineLevels() []level { return []level{neon} }

func dotBlock(l level, q, rows []float32, dims int, out []float32) {
	if l == neon {
		dotRowsNEON(&q[0], &rows[0], dims, len(out), &out[0])
		return
	}
	dotRows(q, rows, dims, out)
}

func l2Block(l level, q, rows []float32, dims int, out []float32) {
	if l == neon {
		l2RowsNEON(&q[0], &rows[0], dims, len(out), &out[0])
		return
	}
	l2Rows(q, rows, dims, out)
}

// The kernels take n >= 1 rows of dims >= 1 components.

//go:noescape
func dotRowsNEON(q, rows *float32, dims, n int, out *float32)

//go:noescape
func l2RowsNEON(q, rows *float32, dims, n int, out *float32)
