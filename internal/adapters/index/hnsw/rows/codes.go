package rows

import (
	"math"
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/domain"
)

// rowBias is what lies behind the components of a row, or would.
type rowBias struct {
	square float32 // squared length of what the row holds; not under ip
	along  float32 // coordinate of the vector along the axis
	level  float32 // see Store.bias; only under ip
}

// first returns the one of the biases that a kernel reads.
func (r *Store) first(b rowBias) float32 {
	switch {
	case r.Metric != domain.InnerProduct:
		return b.square
	case r.axis != nil:
		return b.along
	default:
		return b.level
	}
}

// Behind the codes of a row lie its scale and two biases, behind halves two biases.
func (r *Store) biases(row unsafe.Pointer) *[2]float32 {
	behind := r.RowLayout.Bytes
	if r.Kind == memory.KindI8 {
		behind += 4
	}
	return (*[2]float32)(unsafe.Add(row, behind))
}

// trailer returns the scale and the biases of row.
func (r *Store) trailer(row unsafe.Pointer) (float32, rowBias) {
	if r.Kind == memory.KindF32 {
		return 1, rowBias{level: *(*float32)(unsafe.Add(row, r.RowLayout.Bytes))}
	}
	scale := float32(1)
	if r.Kind == memory.KindI8 {
		scale = *(*float32)(unsafe.Add(row, r.RowLayout.Bytes))
	}
	b := r.biases(row)
	return scale, rowBias{square: b[0], along: b[0], level: b[1]}
}

// levelOf returns the level of the vector in slot.
func (r *Store) levelOf(v *memory.View, slot uint32) float32 {
	return r.biases(r.Row(v, slot))[1]
}

// encodeRow makes row, of another kind than f32, stand for vec. It uses rest, of as many
// components.
func (r *Store) encodeRow(row unsafe.Pointer, vec []float32, level float32, rest []float32) {
	b := rowBias{level: level, along: r.Residual(vec, rest)}
	if r.Kind == memory.KindBF16 {
		halves := unsafe.Slice((*uint16)(row), r.Dims)
		for i, x := range rest {
			halves[i] = toBF16(x)
			y := fromBF16(halves[i])
			b.square += y * y
		}
	} else {
		codes := unsafe.Slice((*int8)(row), r.Dims)
		scale := CodeScale(rest)
		inverse := invert(scale)
		sum := 0
		for i, x := range rest {
			c := roundHalf(x * inverse)
			codes[i] = int8(c)
			sum += int(c * c)
		}
		*(*float32)(unsafe.Add(row, r.RowLayout.Bytes)) = scale
		b.square = squareOf(sum, scale)
	}
	*r.biases(row) = [2]float32{r.first(b), level}
}

// Decode writes the vector that the row in slot stands for to out.
func (r *Store) Decode(v *memory.View, slot uint32, out []float32) {
	row := r.Row(v, slot)
	scale, b := r.trailer(row)
	switch r.Kind {
	case memory.KindBF16:
		for i, h := range unsafe.Slice((*uint16)(row), r.Dims) {
			out[i] = fromBF16(h)
		}
	case memory.KindI8:
		for i, c := range unsafe.Slice((*int8)(row), r.Dims) {
			out[i] = scale * float32(c)
		}
	default:
		copy(out, unsafe.Slice((*float32)(row), r.Dims)) // the original
		return
	}
	for i := range out {
		switch {
		case r.axis != nil:
			out[i] += b.along * r.axis[i]
		case r.centre != nil:
			out[i] += r.centre[i]
		}
	}
}

// squareOf returns the squared length of codes of which sum is that.
func squareOf(sum int, scale float32) float32 {
	return float32(float64(sum) * float64(scale) * float64(scale))
}

// CodeScale returns the value of one step of the codes of vec.
func CodeScale(vec []float32) float32 {
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

// roundHalf rounds x, |x| < 1<<22, to a whole number.
func roundHalf(x float32) int32 {
	const shift = 1.5 * (1 << 23) // adding it pushes the fraction out
	return int32(math.Float32bits(x+shift)) - int32(math.Float32bits(shift))
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
