package indextest

import (
	"maps"
	"math"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var readRules = []rule{
	{name: "a reader tells every vector as it was when asked", run: readVectors},
}

// readVectors applies to indexes that are a ports.VectorReader.
func readVectors(s *suite) {
	const n = 300
	vs := Clustered(s.seed, n, smallDims)
	ix, m := s.filled(idsTo(n), vs)
	r, ok := ix.(ports.VectorReader)
	if !ok {
		return
	}
	s.remove(ix, m, 1, 50, 60)
	s.add(ix, m, []int64{7, 1000}, vs[:2])
	want, all := newModel(s.metric), r.All()
	maps.Copy(want.vectors, m.vectors)
	s.remove(ix, m, 2, 3, 4)
	s.add(ix, m, []int64{8, 1001}, vs[2:4])
	for id, v := range all {
		stored := want.vectors[id]
		if stored == nil || !s.holds(v, stored) {
			s.Errorf("All yields id %d with %v; stored is %v", id, brief32(v), brief32(stored))
		}
		delete(want.vectors, id)
	}
	if len(want.vectors) > 0 {
		s.Errorf("All leaves out %d ids: %v", len(want.vectors), brief(want.ids()))
	}
	for id := int64(0); id < 1010; id++ {
		v, ok := r.Vector(id, []float32{5})
		stored := m.vectors[id]
		if ok != (stored != nil) || v[0] != 5 || ok && !s.holds(v[1:], stored) {
			s.Errorf("Vector(%d) = %v, %v; stored is %v", id, brief32(v), ok, brief32(stored))
		}
	}
}

// holds reports whether v is how an index may hold stored: as it is, or at length one
// under cosine.
func (s *suite) holds(v, stored []float32) bool {
	if len(v) != len(stored) {
		return false
	}
	scale := 1.0
	if s.metric == domain.Cosine {
		scale = 1 / math.Sqrt(distance(domain.L2, stored, make([]float32, len(stored))))
	}
	for i := range v {
		if math.Abs(float64(v[i])-float64(stored[i])*scale) > 1e-6*(math.Abs(float64(stored[i])*scale)+1e-3) {
			return false
		}
	}
	return true
}
