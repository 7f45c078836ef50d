package rows

import (
	"unsafe"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
)

// Scorer scores one vector, the query, against rows. Its zero value is ready for Init, which
// may be called again and again. It belongs to one goroutine at a time.
type Scorer struct {
	rows   *Store
	gather simd.Gather
	query  []float32 // padded with zeros
	codes  []int16
	Base   float32 // what scores lack to be comparable with those of another query
	level  float32 // of the query, where scores lack the product of the levels
}

// Init readies s for the vectors in r.
func (s *Scorer) Init(r *Store) {
	if s.rows != nil && s.rows.Shape == r.Shape {
		s.rows = r
		return
	}
	s.rows = r
	if r.Kind == memory.KindI8 {
		s.codes = make([]int16, r.RowLayout.Bytes)
	}
	s.query = make([]float32, (r.Dims+15)&^15)
}

// SetQuery makes s score vec: for building as if it was read from its row, else as well as
// rows can be scored. It does not keep vec.
func (s *Scorer) SetQuery(vec []float32, building bool) {
	r := s.rows
	switch {
	case r.Kind == memory.KindF32:
		copy(s.query, vec)
		if building {
			s.set(1, rowBias{level: r.bias(vec)})
		} else {
			s.set(1, rowBias{})
		}
	case building:
		s.setCodedQuery(vec)
	default:
		s.setFineQuery(vec)
	}
}

// SetQueryTo makes s score the vector in slot, for building.
func (s *Scorer) SetQueryTo(v *memory.View, slot uint32) {
	r := s.rows
	row := r.Row(v, slot)
	switch r.Kind {
	case memory.KindI8:
		for i, c := range unsafe.Slice((*int8)(row), r.RowLayout.Bytes) {
			s.codes[i] = int16(c)
		}
	case memory.KindBF16:
		for i, h := range unsafe.Slice((*uint16)(row), r.Dims) {
			s.query[i] = fromBF16(h)
		}
	default:
		copy(s.query, r.Floats(v, slot))
	}
	s.set(r.trailer(row))
}

// Score sets out[i] to a distance of the query to the vector in slots[i]: smaller is nearer,
// and otherwise of no meaning. Both slices have room for simd.GroupRows more. Meanwhile it
// fetches what lies at next, if that is not nil, into the cache.
func (s *Scorer) Score(v *memory.View, slots []uint32, out []float32, next unsafe.Pointer) {
	switch {
	case s.rows.Kind == memory.KindI8:
		s.gather.DotI8(s.codes, v.Rows, slots, out, next)
	case s.rows.Kind == memory.KindBF16:
		s.gather.DotBF16(s.query, v.Rows, slots, out, next)
	case s.rows.Metric == domain.InnerProduct:
		s.gather.Dot(s.query, v.Rows, slots, out, next)
	default:
		s.gather.L2(s.query, v.Rows, slots, out, next)
	}
	if s.level != 0 {
		for i, slot := range slots {
			out[i] -= s.level * s.rows.levelOf(v, slot)
		}
	}
}

// SetFullQuery makes ScoreFull score vec, which it does not keep. Score needs SetQuery again
// afterwards.
func (s *Scorer) SetFullQuery(vec []float32) {
	copy(s.query, vec)
	sign := float32(1)
	if s.rows.Metric == domain.InnerProduct {
		sign = -1
	}
	s.gather.Set(s.rows.FullLayout, sign, 0)
}

// ScoreFull is Score over the originals, for the query of SetFullQuery.
func (s *Scorer) ScoreFull(v *memory.View, slots []uint32, out []float32) {
	if s.rows.Metric == domain.InnerProduct {
		s.gather.Dot(s.query, v.Full, slots, out, nil)
		return
	}
	s.gather.L2(s.query, v.Full, slots, out, nil)
}
