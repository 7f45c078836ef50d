//go:build purego || !(amd64 || arm64)

package simd

func machineLevels() []level { return nil }

func dotBlock(_ level, q, rows []float32, dims int, out []float32) { dotRows(q, rows, dims, out) }

func l2Block(_ level, q, rows []float32, dims int, out []float32) { l2Rows(q, rows, dims, out) }
