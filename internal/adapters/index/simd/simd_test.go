package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/index/simd"
)

const seed = 20261122

// kernel is one of the two distances with its float64 definition.
type kernel struct {
	name  string
	one   func(a, b []float32) float32
	block func(q, rows []float32, dims int, out []float32)
	term  func(a, b float64) float64
}

var kernels = []kernel{
	{"dot", simd.Dot, simd.DotBlock, func(a, b float64) float64 { return a * b }},
	{"l2", simd.L2, simd.L2Block, func(a, b float64) float64 { return (a - b) * (a - b) }},
}

// eachKernel runs f for both kernels on every level this machine has.
func eachKernel(t *testing.T, f func(t *testing.T, k kernel)) {
	t.Helper()
	for _, level := range simd.Levels() {
		for _, k := range kernels {
			t.Run(level+"/"+k.name, func(t *testing.T) {
				simd.UseLevel(t, level)
				f(t, k)
			})
		}
	}
}

// dimensions are all small ones and big ones around the sizes of the unrolled loops.
func dimensions() []int {
	var ds []int
	for d := 1; d <= 130; d++ {
		ds = append(ds, d)
	}
	return append(ds, 255, 256, 257, 383, 384, 511, 767, 768, 769, 1023, 1025, 1535, 1536, 2047, 3073, 4099)
}

// fills are the kinds of numbers the kernels must bear.
var fills = []struct {
	name string
	next func(r *rand.Rand) float32
}{
	{"normal", func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }},
	{"positive", func(r *rand.Rand) float32 { return r.Float32() }},
	{"huge", func(r *rand.Rand) float32 { return float32(r.NormFloat64() * 1e17) }},
	{"denormal", func(r *rand.Rand) float32 {
		return math.Float32frombits(r.Uint32() & 0x807fffff)
	}},
	{"mixed with zeros", func(r *rand.Rand) float32 {
		if r.IntN(3) == 0 {
			return 0
		}
		return float32(r.NormFloat64() * math.Pow(10, float64(r.IntN(30)-15)))
	}},
	{"zeros", func(*rand.Rand) float32 { return 0 }},
}

func fill(r *rand.Rand, v []float32, next func(*rand.Rand) float32) {
	for i := range v {
		v[i] = next(r)
	}
}

// check compares got with the float64 sum, allowing what rounding of so many terms can do.
func check(t *testing.T, what string, k kernel, a, b []float32, got float32) {
	t.Helper()
	var want, size float64
	for i := range a {
		x := k.term(float64(a[i]), float64(b[i]))
		want += x
		size += math.Abs(x)
	}
	n := float64(len(a))
	tolerance := size*(n/4+4)*0x1p-24 + (n+1)*math.SmallestNonzeroFloat32
	if d := math.Abs(float64(got) - want); !(d <= tolerance) {
		t.Errorf("%s (seed %d): got %g; want %g ± %g", what, seed, got, want, tolerance)
	}
}

func TestKernelsAgreeWithFloat64(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(seed, 1))
		for _, dims := range dimensions() {
			for _, f := range fills {
				a, b := make([]float32, dims), make([]float32, dims)
				fill(r, a, f.next)
				fill(r, b, f.next)
				check(t, fmt.Sprintf("dims %d, %s", dims, f.name), k, a, b, k.one(a, b))
				if x, y := k.one(a, b), k.one(b, a); x != y {
					t.Errorf("dims %d, %s: (a, b) gives %g, (b, a) gives %g", dims, f.name, x, y)
				}
			}
		}
	})
}

func TestBlocksGiveTheSameBitsAsSingleRows(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(seed, 2))
		for _, dims := range dimensions() {
			for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9} {
				offset := r.IntN(16) // float32s off any alignment
				q := make([]float32, dims+offset)[offset:]
				rows := make([]float32, n*dims+3)[3:]
				fill(r, q, fills[0].next)
				fill(r, rows, fills[0].next)
				out := make([]float32, n)
				k.block(q, rows, dims, out)
				for i := range out {
					row := slices.Clone(rows[i*dims : (i+1)*dims])
					if got := k.one(row, q); math.Float32bits(got) != math.Float32bits(out[i]) {
						t.Fatalf("dims %d, row %d of %d (seed %d): block gives %x, alone %x", dims, i, n, seed, out[i], got)
					}
					check(t, fmt.Sprintf("dims %d, row %d of %d", dims, i, n), k, q, row, out[i])
				}
			}
		}
	})
}

func TestNothingIsWrittenBesideTheResult(t *testing.T) {
	const canary = 12345.5
	eachKernel(t, func(t *testing.T, k kernel) {
		for _, dims := range []int{1, 3, 8, 31, 33, 100, 768} {
			for n := 1; n <= 9; n++ {
				out := make([]float32, n+16)
				for i := range out {
					out[i] = canary
				}
				k.block(make([]float32, dims), make([]float32, n*dims), dims, out[8:8+n])
				for i, x := range out {
					if inside := i >= 8 && i < 8+n; inside && x != 0 || !inside && x != canary {
						t.Fatalf("dims %d, %d rows: out[%d] = %g", dims, n, i-8, x)
					}
				}
			}
		}
	})
}

func TestHugeSumsBecomeInfinite(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		for _, dims := range []int{1, 7, 100} {
			a, b := make([]float32, dims), make([]float32, dims)
			for i := range a {
				a[i], b[i] = 3e38, -3e38
			}
			if got := k.one(a, b); !math.IsInf(float64(got), 0) {
				t.Errorf("dims %d: got %g; want an infinity", dims, got)
			}
		}
	})
}

func TestShortSlicesPanicBeforeAnyRead(t *testing.T) {
	q, rows, out := make([]float32, 4), make([]float32, 12), make([]float32, 3)
	for name, call := range map[string]func(){
		"short query":    func() { simd.DotBlock(q[:3], rows, 4, out) },
		"short rows":     func() { simd.L2Block(q, rows[:11], 4, out) },
		"negative dims":  func() { simd.DotBlock(q, rows, -1, out) },
		"unequal in Dot": func() { simd.Dot(q, rows[:3:3]) },
		"unequal in L2":  func() { simd.L2(q, rows[:3:3]) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

func TestNoDimsGiveZero(t *testing.T) {
	if got := simd.Dot(nil, nil); got != 0 {
		t.Errorf("Dot of nothing = %g; want 0", got)
	}
	out := []float32{1, 2}
	simd.L2Block(nil, nil, 0, out)
	if !slices.Equal(out, []float32{0, 0}) {
		t.Errorf("L2Block with no dims gives %v; want zeros", out)
	}
}

func TestALevelCanBeAskedForByName(t *testing.T) {
	levels := simd.Levels()
	for _, name := range levels {
		if got := simd.Choose(name); got != name {
			t.Errorf("asked for %q, got %q", name, got)
		}
	}
	for _, name := range []string{"", "mmx"} {
		if got := simd.Choose(name); got != levels[0] {
			t.Errorf("asked for %q, got %q; want the fastest, %q", name, got, levels[0])
		}
	}
}

func TestKernelsDoNotAllocate(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		a, b := make([]float32, 100), make([]float32, 100)
		if n := testing.AllocsPerRun(100, func() { k.one(a, b) }); n != 0 {
			t.Errorf("%g allocations per call; want 0", n)
		}
	})
}
