package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/simd"
)

// slabs holds rows as Gather wants them, ending right at the end of each slab.
type slabs struct {
	layout simd.Layout
	table  []unsafe.Pointer
	keep   [][]byte
}

func newSlabs(rows, components, trailer int) *slabs {
	l := simd.Layout{Bytes: (components + 31) &^ 31}
	l.Stride = l.Bytes + trailer
	s := &slabs{layout: l}
	for at := 0; at < rows; at += simd.SlabRows {
		slab := make([]byte, simd.SlabRows*l.Stride)
		s.keep = append(s.keep, slab)
		s.table = append(s.table, unsafe.Pointer(unsafe.SliceData(slab)))
	}
	return s
}

func (s *slabs) row(i int) unsafe.Pointer {
	return unsafe.Add(s.table[i/simd.SlabRows], i%simd.SlabRows*s.layout.Stride)
}

func (s *slabs) float(i, at int) *float32 { return (*float32)(unsafe.Add(s.row(i), at)) }

// component draws numbers of ordinary size and, now and then, denormals and zeros.
func component(r *rand.Rand) float32 {
	switch r.IntN(20) {
	case 0:
		return math.Float32frombits(r.Uint32() % (1 << 23))
	case 1:
		return 0
	}
	return float32(r.NormFloat64())
}

const alpha, beta = -0.75, 0.5

// checkGather compares what gather gives for random lists of ids with the expected values.
func checkGather(t *testing.T, s *slabs, rows int, r *rand.Rand, want func(i int) (value, size float64), gather func(g *simd.Gather, ids []uint32, out []float32, next unsafe.Pointer)) {
	t.Helper()
	var g simd.Gather
	g.Set(s.layout, alpha, beta)
	for _, n := range []int{0, 1, 2, 3, 4, 5, 8, 11, 12, 13, 31, 32} {
		ids := make([]uint32, n, n+simd.GroupRows)
		for i := range ids {
			ids[i] = uint32(r.IntN(rows))
		}
		out := make([]float32, n+simd.GroupRows)
		var next unsafe.Pointer
		if n%2 == 0 {
			next = s.row(0)
		}
		gather(&g, ids, out, next)
		for i, id := range ids {
			value, size := want(int(id))
			if diff := math.Abs(float64(out[i]) - value); !(diff <= 1e-6*size+1e-37) {
				t.Fatalf("n=%d, row %d: got %g, want %g (off by %g, terms sum to %g)", n, id, out[i], value, diff, size)
			}
		}
	}
}

var gatherDims = []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 256, 300, 768, 1000}

func forLevels(t *testing.T, f func(t *testing.T, dims int, r *rand.Rand)) {
	for _, level := range simd.Levels() {
		for _, dims := range gatherDims {
			t.Run(fmt.Sprintf("%s/%d", level, dims), func(t *testing.T) {
				simd.UseLevel(t, level)
				f(t, dims, rand.New(rand.NewPCG(7, uint64(dims))))
			})
		}
	}
}

const gatherRows = simd.SlabRows + 100

func TestGatherFloat32(t *testing.T) {
	forLevels(t, func(t *testing.T, dims int, r *rand.Rand) {
		s := newSlabs(gatherRows, 4*dims, 4)
		for i := range gatherRows {
			for d := range dims {
				*s.float(i, 4*d) = component(r)
			}
			*s.float(i, s.layout.Bytes) = component(r)
		}
		query := make([]float32, s.layout.Bytes/4)
		for d := range dims {
			query[d] = component(r)
		}
		sum := func(i int, term func(q, x float64) float64) (value, size float64) {
			for d, q := range query {
				v := term(float64(q), float64(*s.float(i, 4*d)))
				value, size = value+v, size+math.Abs(v)
			}
			b := float64(*s.float(i, s.layout.Bytes))
			return alpha*value + beta*b, size + math.Abs(b)
		}
		checkGather(t, s, gatherRows, r, func(i int) (float64, float64) {
			return sum(i, func(q, x float64) float64 { return q * x })
		}, func(g *simd.Gather, ids []uint32, out []float32, next unsafe.Pointer) {
			g.Dot(query, s.table, ids, out, next)
		})
		checkGather(t, s, gatherRows, r, func(i int) (float64, float64) {
			return sum(i, func(q, x float64) float64 { return (q - x) * (q - x) })
		}, func(g *simd.Gather, ids []uint32, out []float32, next unsafe.Pointer) {
			g.L2(query, s.table, ids, out, next)
		})
	})
}

func TestGatherBF16(t *testing.T) {
	forLevels(t, func(t *testing.T, dims int, r *rand.Rand) {
		s := newSlabs(gatherRows, 2*dims, 4)
		half := func(i, d int) *uint16 { return (*uint16)(unsafe.Add(s.row(i), 2*d)) }
		for i := range gatherRows {
			for d := range dims {
				*half(i, d) = uint16(math.Float32bits(component(r)) >> 16)
			}
			*s.float(i, s.layout.Bytes) = component(r)
		}
		query := make([]float32, s.layout.Bytes/2)
		for d := range dims {
			query[d] = component(r)
		}
		checkGather(t, s, gatherRows, r, func(i int) (value, size float64) {
			for d, q := range query {
				v := float64(q) * float64(math.Float32frombits(uint32(*half(i, d))<<16))
				value, size = value+v, size+math.Abs(v)
			}
			b := float64(*s.float(i, s.layout.Bytes))
			return alpha*value + beta*b, size + math.Abs(b)
		}, func(g *simd.Gather, ids []uint32, out []float32, next unsafe.Pointer) {
			g.DotBF16(query, s.table, ids, out, next)
		})
	})
}

func TestGatherCodes(t *testing.T) {
	forLevels(t, func(t *testing.T, dims int, r *rand.Rand) {
		s := newSlabs(gatherRows, dims, 8)
		code := func(i, d int) *int8 { return (*int8)(unsafe.Add(s.row(i), d)) }
		extreme := func(i, d int) int8 { // rows 0 and 1 and the query hold the largest sums
			if i < 2 {
				return int8(127 - 254*i)
			}
			return int8(r.IntN(255) - 127)
		}
		for i := range gatherRows {
			for d := range dims {
				*code(i, d) = extreme(i, d)
			}
			*s.float(i, s.layout.Bytes) = component(r)
			*s.float(i, s.layout.Bytes+4) = component(r)
		}
		query := make([]int16, s.layout.Bytes)
		for d := range dims {
			query[d] = 127
		}
		checkGather(t, s, gatherRows, r, func(i int) (float64, float64) {
			sum := 0
			for d, q := range query {
				sum += int(q) * int(*code(i, d))
			}
			v := float64(sum) * float64(*s.float(i, s.layout.Bytes))
			b := float64(*s.float(i, s.layout.Bytes+4))
			return alpha*v + beta*b, math.Abs(v) + math.Abs(b)
		}, func(g *simd.Gather, ids []uint32, out []float32, next unsafe.Pointer) {
			g.DotI8(query, s.table, ids, out, next)
		})
	})
}

// BenchmarkGather scores lists of 12 random rows out of 100,000, as a walk does.
func BenchmarkGather(b *testing.B) {
	for _, dims := range []int{100, 768} {
		const rows = 100_000
		r := rand.New(rand.NewPCG(1, 1))
		lists := make([]uint32, 1<<16)
		for i := range lists {
			lists[i] = uint32(r.IntN(rows))
		}
		out := make([]float32, 32)
		run := func(name string, s *slabs, gather func(g *simd.Gather, ids []uint32)) {
			b.Run(fmt.Sprintf("%s/%d", name, dims), func(b *testing.B) {
				var g simd.Gather
				g.Set(s.layout, 1, 0)
				for i := 0; b.Loop(); i++ {
					at := i * 12 % (len(lists) - 12)
					gather(&g, lists[at:at+12])
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/12, "ns/row")
			})
		}
		full, codes := newSlabs(rows, 4*dims, 32), newSlabs(rows, dims, 32)
		query := make([]float32, full.layout.Bytes/4)
		wide := make([]int16, codes.layout.Bytes)
		run("f32", full, func(g *simd.Gather, ids []uint32) { g.Dot(query, full.table, ids, out, nil) })
		run("l2", full, func(g *simd.Gather, ids []uint32) { g.L2(query, full.table, ids, out, nil) })
		run("i8", codes, func(g *simd.Gather, ids []uint32) { g.DotI8(wide, codes.table, ids, out, nil) })
	}
}
