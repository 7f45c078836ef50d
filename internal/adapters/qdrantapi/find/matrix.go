package find

import (
	"cmp"
	"context"
	"slices"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/domain"
)

// Row is a point of a sample with those of it that are nearest, best first.
type Row struct {
	domain.Chunk
	Near []Near
}

// Near is a point of the sample by its position in it.
type Near struct {
	At    int
	Score float32
}

// maxSample is the most points that are compared with each other.
const maxSample = 500

// Matrix compares the points of a random sample with each other.
func (f *Finder) Matrix(ctx context.Context, m *decode.Matrix) ([]Row, error) {
	rows, err := f.measurable(ctx, m)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		near := make([]Near, 0, len(rows))
		for j := range rows {
			if j != i {
				near = append(near, Near{j, f.between(rows[i].Embedding, rows[j].Embedding)})
			}
		}
		slices.SortFunc(near, func(a, b Near) int {
			return cmp.Or(cmp.Compare(f.closeness(b.Score), f.closeness(a.Score)), cmp.Compare(a.At, b.At))
		})
		rows[i].Near = near[:min(m.Limit, len(near))]
	}
	return rows, nil
}

// measurable returns a random sample of the points that have a vector. It looks at all vectors
// only where a sample of all points has some without: one of points that all have a vector is
// as likely as any other of these.
func (f *Finder) measurable(ctx context.Context, m *decode.Matrix) ([]Row, error) {
	page := window{limit: min(m.Sample, maxSample)}
	list, err := f.sample(ctx, m.Filter, page, domain.FieldEmbedding, nil)
	if err == nil && slices.ContainsFunc(list, func(h Hit) bool { return len(h.Embedding) == 0 }) {
		list, err = f.sample(ctx, m.Filter, page, domain.FieldEmbedding, func(c *domain.Chunk) bool { return len(c.Embedding) > 0 })
	}
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(list))
	for i := range list {
		if len(list[i].Embedding) > 0 { // it may have been taken away meanwhile
			rows = append(rows, Row{Chunk: list[i].Chunk})
		}
	}
	return rows, nil
}
