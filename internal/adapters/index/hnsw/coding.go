package hnsw

import (
	"math"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// A row of the kinds i8 and bf16 holds what is left of its vector when what all have in
// common is taken away, so that codes tell vectors in a narrow cone, or far from the
// origin, apart. Under l2 and cosine that is the mean of the data, the centre: distances
// stay the same, and cosine ranks vectors of length one as l2 does. Under ip it is the
// part along one direction, the axis: q·x is the product of the coordinates along it, of
// which the row's is kept as a float32 behind it, and the product of what is left.

// coding says how rows stand for vectors. It never changes in one graph.
type coding struct {
	centre []float32 // nil: the origin, which it is under ip
	axis   []float32 // of length one; nil: there is none, nor is there under l2 and cosine
}

// codingOf returns the coding that takes common away: the centre, or the axis.
func codingOf(metric domain.Metric, common []float32) coding {
	if metric == domain.InnerProduct {
		return coding{axis: common}
	}
	return coding{centre: common}
}

// common returns what codingOf was given.
func (c *coding) common() []float32 {
	if c.axis != nil {
		return c.axis
	}
	return c.centre
}

// residual writes what is left of vec to out, and returns its coordinate along the axis.
func (c *coding) residual(vec, out []float32) (along float32) {
	switch {
	case c.axis != nil:
		along = simd.Dot(c.axis, vec)
		for i, x := range vec {
			out[i] = x - along*c.axis[i]
		}
	case c.centre != nil:
		for i, x := range vec {
			out[i] = x - c.centre[i]
		}
	default:
		copy(out, vec)
	}
	return along
}

// rowBias is what lies behind the components of a row, or would.
type rowBias struct {
	square float32 // squared length of what the row holds; not under ip
	along  float32 // coordinate of the vector along the axis
	level  float32 // see graph.bias; only under ip
}

// first returns the one of the biases that a kernel reads.
func (g *graph) first(b rowBias) float32 {
	switch {
	case g.Metric != domain.InnerProduct:
		return b.square
	case g.axis != nil:
		return b.along
	default:
		return b.level
	}
}

// Behind the codes of a row lie its scale and two biases, behind halves two biases.
func (g *graph) biases(row unsafe.Pointer) *[2]float32 {
	behind := g.RowLayout.Bytes
	if g.Kind == memory.KindI8 {
		behind += 4
	}
	return (*[2]float32)(unsafe.Add(row, behind))
}

// trailer returns the scale and the biases of row.
func (g *graph) trailer(row unsafe.Pointer) (float32, rowBias) {
	if g.Kind == memory.KindF32 {
		return 1, rowBias{level: *(*float32)(unsafe.Add(row, g.RowLayout.Bytes))}
	}
	scale := float32(1)
	if g.Kind == memory.KindI8 {
		scale = *(*float32)(unsafe.Add(row, g.RowLayout.Bytes))
	}
	b := g.biases(row)
	return scale, rowBias{square: b[0], along: b[0], level: b[1]}
}

// levelOf returns the level of the vector in slot.
func (g *graph) levelOf(v *memory.View, slot uint32) float32 {
	return g.biases(g.Row(v, slot))[1]
}

// encode makes row, of another kind than f32, stand for vec. It uses rest, of as many
// components.
func (g *graph) encode(row unsafe.Pointer, vec []float32, level float32, rest []float32) {
	b := rowBias{level: level, along: g.residual(vec, rest)}
	if g.Kind == memory.KindBF16 {
		halves := unsafe.Slice((*uint16)(row), g.Dims)
		for i, x := range rest {
			halves[i] = toBF16(x)
			y := fromBF16(halves[i])
			b.square += y * y
		}
	} else {
		codes := unsafe.Slice((*int8)(row), g.Dims)
		scale := codeScale(rest)
		inverse := invert(scale)
		sum := 0
		for i, x := range rest {
			c := roundHalf(x * inverse)
			codes[i] = int8(c)
			sum += int(c * c)
		}
		*(*float32)(unsafe.Add(row, g.RowLayout.Bytes)) = scale
		b.square = squareOf(sum, scale)
	}
	*g.biases(row) = [2]float32{g.first(b), level}
}

// squareOf returns the squared length of codes of which sum is that.
func squareOf(sum int, scale float32) float32 {
	return float32(float64(sum) * float64(scale) * float64(scale))
}

// decode writes the vector that the row in slot stands for to out.
func (g *graph) decode(v *memory.View, slot uint32, out []float32) {
	row := g.Row(v, slot)
	scale, b := g.trailer(row)
	switch g.Kind {
	case memory.KindBF16:
		for i, h := range unsafe.Slice((*uint16)(row), g.Dims) {
			out[i] = fromBF16(h)
		}
	case memory.KindI8:
		for i, c := range unsafe.Slice((*int8)(row), g.Dims) {
			out[i] = scale * float32(c)
		}
	default:
		copy(out, g.floats(v, slot))
		return
	}
	for i := range out {
		switch {
		case g.axis != nil:
			out[i] += b.along * g.axis[i]
		case g.centre != nil:
			out[i] += g.centre[i]
		}
	}
}

// codeScale is the value of one step of the codes of vec.
func codeScale(vec []float32) float32 {
	var largest float32
	for _, x := range vec {
		largest = max(largest, x, -x)
	}
	return largest / 127
}

// invert returns 1/scale, or 0 for a scale so small that all codes are 0.
func invert(scale float32) float32 {
	if scale < 1e-36 {
		return 0
	}
	return 1 / scale
}

// toBF16 rounds x to the nearest bfloat16, but never to an infinity.
func toBF16(x float32) uint16 {
	b := math.Float32bits(x)
	rounded := (b + 0x7fff + b>>16&1) >> 16
	if rounded&0x7f80 == 0x7f80 {
		return uint16(b >> 16)
	}
	return uint16(rounded)
}

func fromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// setCodedQuery makes s score vec as its row would be scored.
func (s *scorer) setCodedQuery(vec []float32) {
	g := s.g
	rest := s.query[:g.Dims]
	b := rowBias{level: g.bias(vec), along: g.residual(vec, rest)}
	if g.Kind == memory.KindBF16 {
		for i, x := range rest {
			y := fromBF16(toBF16(x))
			rest[i] = y
			b.square += y * y
		}
		s.set(1, b)
		return
	}
	scale := codeScale(rest)
	inverse := invert(scale)
	sum := 0
	for i, x := range rest {
		c := roundHalf(x * inverse)
		s.codes[i] = int16(c)
		sum += int(c * c)
	}
	b.square = squareOf(sum, scale)
	s.set(scale, b)
}

// The codes of a query have 16 bits. Kernels add up in 32, so the sum of their magnitudes
// times 127 must stay below 1<<31, whatever the rounding.
const (
	finest    = math.MaxInt16
	finestSum = math.MaxInt32/127 - domain.MaxDims
)

// setFineQuery makes s score vec, of which little or nothing is rounded, for searching.
func (s *scorer) setFineQuery(vec []float32) {
	g := s.g
	rest := s.query[:g.Dims]
	along := g.residual(vec, rest)
	scale := float32(1)
	if g.Kind == memory.KindI8 {
		var largest, sum float32
		for _, x := range rest {
			x = max(x, -x)
			largest = max(largest, x)
			sum += x
		}
		scale = max(largest/finest, sum/finestSum)
		inverse := invert(scale)
		for i, x := range rest {
			s.codes[i] = int16(roundHalf(x * inverse))
		}
	}
	s.base, s.level = 0, 0
	if g.Metric == domain.InnerProduct {
		s.gather.Set(g.RowLayout, -scale, -along)
	} else {
		s.gather.Set(g.RowLayout, -2*scale, 1)
	}
}
