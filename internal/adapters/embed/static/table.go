package static

import (
	"encoding/binary"
	"math"

	"github.com/memista/memista/internal/adapters/embed/static/safetensors"
	"github.com/memista/memista/internal/domain"
)

// The tensors of a model.
const (
	tensorRows    = "embeddings"
	tensorWeights = "weights"
	tensorMapping = "mapping"
)

// table has a row of numbers for each token.
type table struct {
	dims    int
	rows    []byte
	size    int // bytes of a row
	kernel  func(out []float32, row []byte, weight float32)
	weights []float32 // of each token; nil if all are 1
	mapping []int32   // the row of each token; nil if they have the same numbers
}

// kernels add a row times its weight to out, for each type of numbers.
var kernels = map[safetensors.DType]func(out []float32, row []byte, weight float32){
	safetensors.F32: addF32, safetensors.F16: addF16, safetensors.BF16: addBF16, safetensors.I8: addI8,
}

// newTable reads the table of a model with the given number of tokens. It shares the memory
// of data.
func newTable(data []byte, tokens int) (*table, error) {
	f, err := safetensors.Parse(data)
	if err != nil {
		return nil, err
	}
	rows, ok := f.Tensors[tensorRows]
	if !ok {
		return nil, domain.Errorf(domain.ErrUnsupported, "there is no tensor %q among %q: it is no model in the format of model2vec", tensorRows, f.Names())
	}
	for _, name := range f.Names() {
		if name != tensorRows && name != tensorWeights && name != tensorMapping {
			return nil, domain.Errorf(domain.ErrUnsupported, "the tensor %q is not known here", name)
		}
	}
	if len(rows.Shape) != 2 || rows.Shape[0] == 0 || rows.Shape[1] == 0 || rows.Shape[1] > domain.MaxDims {
		return nil, domain.Errorf(domain.ErrCorrupt, "the embeddings have the shape %v; they need rows of 1 to %d components", rows.Shape, domain.MaxDims)
	}
	t := &table{dims: rows.Shape[1], rows: rows.Data, size: len(rows.Data) / rows.Shape[0], kernel: kernels[rows.DType]}
	if t.kernel == nil {
		return nil, domain.Errorf(domain.ErrUnsupported, "embeddings of type %s are not known here, but F32, F16, BF16 and I8", rows.DType)
	}
	if err := t.loadMapping(f, rows.Shape[0], tokens); err != nil {
		return nil, err
	}
	return t, t.loadWeights(f, tokens)
}

func (t *table) loadMapping(f *safetensors.File, rows, tokens int) error {
	m, ok := f.Tensors[tensorMapping]
	if !ok {
		if rows < tokens {
			return domain.Errorf(domain.ErrCorrupt, "there are embeddings of %d tokens, and the tokenizer has %d", rows, tokens)
		}
		return nil
	}
	if len(m.Shape) != 1 || m.Shape[0] < tokens {
		return domain.Errorf(domain.ErrCorrupt, "the mapping has the shape %v, and the tokenizer %d tokens", m.Shape, tokens)
	}
	t.mapping = make([]int32, m.Shape[0])
	for i := range t.mapping {
		var row int64
		switch m.DType {
		case safetensors.I64:
			row = int64(binary.LittleEndian.Uint64(m.Data[8*i:]))
		case safetensors.I32:
			row = int64(int32(binary.LittleEndian.Uint32(m.Data[4*i:])))
		default:
			return domain.Errorf(domain.ErrUnsupported, "a mapping of type %s is not known here, but I32 and I64", m.DType)
		}
		if row < 0 || row >= int64(rows) {
			return domain.Errorf(domain.ErrCorrupt, "the mapping has the row %d of %d for token %d", row, rows, i)
		}
		t.mapping[i] = int32(row)
	}
	return nil
}

func (t *table) loadWeights(f *safetensors.File, tokens int) error {
	w, ok := f.Tensors[tensorWeights]
	if !ok {
		return nil
	}
	if len(w.Shape) != 1 || w.Shape[0] < tokens {
		return domain.Errorf(domain.ErrCorrupt, "the weights have the shape %v, and the tokenizer %d tokens", w.Shape, tokens)
	}
	t.weights = make([]float32, w.Shape[0])
	for i := range t.weights {
		switch w.DType {
		case safetensors.F64:
			t.weights[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(w.Data[8*i:])))
		case safetensors.F32:
			t.weights[i] = math.Float32frombits(binary.LittleEndian.Uint32(w.Data[4*i:]))
		case safetensors.F16:
			t.weights[i] = half(binary.LittleEndian.Uint16(w.Data[2*i:]))
		default:
			return domain.Errorf(domain.ErrUnsupported, "weights of type %s are not known here, but F64, F32 and F16", w.DType)
		}
	}
	return nil
}

// add adds the weighted row of a token to out.
func (t *table) add(out []float32, token int32) {
	row, weight := int(token), float32(1)
	if t.mapping != nil {
		row = int(t.mapping[token])
	}
	if t.weights != nil {
		weight = t.weights[token]
	}
	t.kernel(out, t.rows[row*t.size:(row+1)*t.size], weight)
}

// The kernels take four numbers at a time, for which bounds are checked once.

func addI8(out []float32, row []byte, weight float32) {
	for len(out) >= 4 && len(row) >= 4 {
		o, r := (*[4]float32)(out), (*[4]byte)(row)
		o[0] += weight * small[r[0]]
		o[1] += weight * small[r[1]]
		o[2] += weight * small[r[2]]
		o[3] += weight * small[r[3]]
		out, row = out[4:], row[4:]
	}
	for i := range out {
		out[i] += weight * small[row[i]]
	}
}

// small are the numbers of 8 bits: looking them up is faster than converting them.
var small = func() (numbers [256]float32) {
	for i := range numbers {
		numbers[i] = float32(int8(i))
	}
	return numbers
}()

func addF32(out []float32, row []byte, weight float32) {
	for len(out) >= 4 && len(row) >= 16 {
		o, r := (*[4]float32)(out), (*[16]byte)(row)
		o[0] += weight * math.Float32frombits(binary.LittleEndian.Uint32(r[0:4]))
		o[1] += weight * math.Float32frombits(binary.LittleEndian.Uint32(r[4:8]))
		o[2] += weight * math.Float32frombits(binary.LittleEndian.Uint32(r[8:12]))
		o[3] += weight * math.Float32frombits(binary.LittleEndian.Uint32(r[12:16]))
		out, row = out[4:], row[16:]
	}
	for i := range out {
		out[i] += weight * math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:]))
	}
}

func addF16(out []float32, row []byte, weight float32) {
	largest := uint16(0)
	first := out
	for len(out) >= 4 && len(row) >= 8 {
		o, r := (*[4]float32)(out), (*[8]byte)(row)
		a, b := binary.LittleEndian.Uint16(r[0:2]), binary.LittleEndian.Uint16(r[2:4])
		c, d := binary.LittleEndian.Uint16(r[4:6]), binary.LittleEndian.Uint16(r[6:8])
		o[0] += weight * half(a)
		o[1] += weight * half(b)
		o[2] += weight * half(c)
		o[3] += weight * half(d)
		largest = max(largest, a&0x7FFF, b&0x7FFF, c&0x7FFF, d&0x7FFF)
		out, row = out[4:], row[8:]
	}
	for i := range out {
		b := binary.LittleEndian.Uint16(row[2*i:])
		out[i] += weight * half(b)
		largest = max(largest, b&0x7FFF)
	}
	if largest >= 0x7C00 {
		first[0] = float32(math.NaN())
	}
}

func addBF16(out []float32, row []byte, weight float32) {
	for i := range out {
		out[i] += weight * math.Float32frombits(uint32(binary.LittleEndian.Uint16(row))<<16)
		row = row[2:]
	}
}

// half returns the number whose 16 bits as of IEEE 754 are b, for infinities and NaN some
// other number. The exponent of 32 bits is 112 more; multiplying moves it, and makes numbers
// that were subnormal normal.
func half(b uint16) float32 {
	return math.Float32frombits(uint32(b&0x8000)<<16|uint32(b&0x7FFF)<<13) * 0x1p112
}
