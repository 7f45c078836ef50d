// Package simd holds the kernels that vector indexes share: dot products and squared
// Euclidean distances of float32 vectors, one at a time or against blocks of rows.
//
// The instruction set is chosen once, when the program starts: AVX-512 or AVX2 with FMA
// on amd64, NEON on arm64, plain Go elsewhere and under the build tag purego. The
// environment variable MEMISTA_SIMD names a lower level to use instead, for tests and
// for comparing; a name the machine cannot serve is passed over.
//
// Within one level the result for a pair of vectors has the same bits however it is
// computed: alone or in a block, at any place of the block, aligned or not, with the two
// vectors exchanged. Indexes rely on it: equal vectors have equal distances, so ties can
// be broken by id. Levels differ from each other in the last bits.
//
// The kernels take finite numbers for granted: a NaN or an infinity gives NaN or an
// infinity. No kernel allocates, keeps a slice, or touches memory outside its slices.
package simd

import "os"

// level names an instruction set, the faster the higher.
type level uint8

const (
	generic level = iota
	neon
	avx2
	avx512
)

var levelNames = [...]string{generic: "generic", neon: "neon", avx2: "avx2", avx512: "avx512"}

// active is the level in use. It is set once, before main, and by tests.
var active = choose(os.Getenv("MEMISTA_SIMD"))

// Level names the instruction set in use: "avx512", "avx2", "neon" or "generic".
func Level() string { return levelNames[active] }

// available lists the levels this machine and build can run, the fastest first.
func available() []level { return append(machineLevels(), generic) }

// choose returns the level called want if it can be had, else the fastest one whose
// kernels agree with plain Go. The check costs microseconds and keeps a faulty CPU,
// emulator or kernel from giving wrong answers for the life of the process.
func choose(want string) level {
	levels := available()
	for _, l := range levels {
		if levelNames[l] == want && agrees(l) {
			return l
		}
	}
	for _, l := range levels {
		if agrees(l) {
			return l
		}
	}
	return generic
}

// agrees reports whether the kernels of l give what plain Go gives on small whole
// numbers, where every order of additions is exact.
func agrees(l level) bool {
	const dims, rows = 83, 5
	var q [dims]float32
	var block [dims * rows]float32
	for i := range q {
		q[i] = float32(i%7 - 3)
	}
	for i := range block {
		block[i] = float32(i%11 - 5)
	}
	var want, got [rows]float32
	dotBlock(generic, q[:], block[:], dims, want[:])
	dotBlock(l, q[:], block[:], dims, got[:])
	if got != want {
		return false
	}
	l2Block(generic, q[:], block[:], dims, want[:])
	l2Block(l, q[:], block[:], dims, got[:])
	return got == want
}

// Dot returns the inner product of a and b, which must have the same length.
func Dot(a, b []float32) float32 {
	var out [1]float32
	DotBlock(a, b[:len(a)], len(a), out[:])
	return out[0]
}

// L2 returns the squared Euclidean distance of a and b, which must have the same length.
func L2(a, b []float32) float32 {
	var out [1]float32
	L2Block(a, b[:len(a)], len(a), out[:])
	return out[0]
}

// DotBlock sets out[i] to the inner product of q and the i-th row of rows, for each i
// below len(out). Rows have dims components and follow each other without gaps. It
// panics if q has fewer than dims components or rows fewer than len(out) rows.
func DotBlock(q, rows []float32, dims int, out []float32) {
	if checkBlock(q, rows, dims, out) {
		dotBlock(active, q, rows, dims, out)
	}
}

// L2Block sets out[i] to the squared Euclidean distance of q and the i-th row of rows;
// otherwise it is like DotBlock.
func L2Block(q, rows []float32, dims int, out []float32) {
	if checkBlock(q, rows, dims, out) {
		l2Block(active, q, rows, dims, out)
	}
}

// checkBlock reports whether there is anything to compute. It panics where a kernel
// would leave its slices; zero dims are answered here, as there is nothing to point at.
func checkBlock(q, rows []float32, dims int, out []float32) bool {
	if dims < 0 || len(q) < dims || len(rows)/max(dims, 1) < len(out) && dims > 0 {
		panic("simd: q or rows are shorter than dims and out demand")
	}
	if dims == 0 {
		clear(out)
		return false
	}
	return len(out) > 0
}
