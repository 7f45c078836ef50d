package observe

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// appendSparseWork appends what a sparse vector came to, and the place of each hit in all
// lists.
func appendSparseWork(b []byte, w *domain.SparseWork, hits []domain.Hit) []byte {
	if w.Name == "" {
		return append(b, "null"...)
	}
	b = wire.AppendString(append(b, `{"name":`...), w.Name)
	b = appendInt(b, `,"entries":`, w.Entries)
	b = appendInt(b, `,"visited":`, w.Visited)
	b = append(appendInt(b, `,"found":`, w.Found), `,"ranks":[`...)
	for i := range hits {
		if i > 0 {
			b = append(b, ',')
		}
		var p domain.Places
		if hits[i].Places != nil {
			p = *hits[i].Places
		}
		b = appendRank(append(b, `{"vector":`...), p.Vector)
		b = appendRank(append(b, `,"text":`...), p.Text)
		b = append(appendRank(append(b, `,"sparse":`...), p.Sparse), '}')
	}
	if b = append(b, `],"fusion":`...); w.Fusion == "" {
		return append(b, "null}"...)
	}
	b = wire.AppendString(append(b, `{"method":`...), string(w.Fusion))
	b = wire.AppendFloat(append(b, `,"vector_weight":`...), float32(w.VectorWeight))
	b = wire.AppendFloat(append(b, `,"text_weight":`...), float32(w.TextWeight))
	return append(wire.AppendFloat(append(b, `,"sparse_weight":`...), float32(w.SparseWeight)), "}}"...)
}
