package simd

import (
	"math"
	"unsafe"
)

// The kernels in plain Go, for machines without assembly and as a second opinion.

func gatherDotGo(g *Gather) {
	q := unsafe.Slice((*float32)(g.query), g.bytes/4)
	g.each(0, func(row unsafe.Pointer) float32 {
		var s [1]float32
		dotRows(q, unsafe.Slice((*float32)(row), len(q)), len(q), s[:])
		return s[0]
	})
}

func gatherL2Go(g *Gather) {
	q := unsafe.Slice((*float32)(g.query), g.bytes/4)
	g.each(0, func(row unsafe.Pointer) float32 {
		var s [1]float32
		l2Rows(q, unsafe.Slice((*float32)(row), len(q)), len(q), s[:])
		return s[0]
	})
}

func gatherDotBF16Go(g *Gather) {
	q := unsafe.Slice((*float32)(g.query), g.bytes/2)
	g.each(0, func(row unsafe.Pointer) float32 {
		x := unsafe.Slice((*uint16)(row), len(q))
		var a, b float32
		for i := 0; i+1 < len(q); i += 2 {
			a += q[i] * math.Float32frombits(uint32(x[i])<<16)
			b += q[i+1] * math.Float32frombits(uint32(x[i+1])<<16)
		}
		return a + b
	})
}

func gatherDotI8Go(g *Gather) {
	q := unsafe.Slice((*int16)(g.query), g.bytes)
	g.each(4, func(row unsafe.Pointer) float32 {
		x := unsafe.Slice((*int8)(row), len(q))
		var a, b int32
		for i := 0; i+1 < len(q); i += 2 {
			a += int32(q[i]) * int32(x[i])
			b += int32(q[i+1]) * int32(x[i+1])
		}
		return float32(a+b) * *(*float32)(unsafe.Add(row, g.bytes))
	})
}
