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
	sp := f.space(m.Using)
	rows, err := f.measurable(ctx, m, &sp)
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
				near = append(near, Near{j, sp.between(sp.of(&rows[i].Chunk), sp.of(&rows[j].Chunk))})
			}
		}
		slices.SortFunc(near, func(a, b Near) int {
			return cmp.Or(cmp.Compare(sp.closeness(b.Score), sp.closeness(a.Score)), cmp.Compare(a.At, b.At))
		})
		rows[i].Near = near[:min(m.Limit, len(near))]
	}
	return rows, nil
}

// measurable returns a random sample of the points that have a vector. It looks at all vectors
// only where a sample of all points has some without: one of points that all have a vector is
// as likely as any other of these.
func (f *Finder) measurable(ctx context.Context, m *decode.Matrix, sp *space) ([]Row, error) {
	page := window{limit: min(m.Sample, maxSample)}
	list, err := f.sample(ctx, m.Filter, page, sp.fields, nil)
	if err == nil && slices.ContainsFunc(list, func(h Hit) bool { return len(sp.of(&h.Chunk)) == 0 }) {
		list, err = f.sample(ctx, m.Filter, page, sp.fields, func(c *domain.Chunk) bool { return len(sp.of(c)) > 0 })
	}
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(list))
	for i := range list {
		if len(sp.of(&list[i].Chunk)) > 0 { // it may have been taken away meanwhile
			rows = append(rows, Row{Chunk: list[i].Chunk})
		}
	}
	return rows, nil
}
