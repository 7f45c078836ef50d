package find

import (
	"context"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// ordered answers with points in the order of a field: once for each of its values in a point
// that are numbers or times. Points without one are left out.
func (f *Finder) ordered(ctx context.Context, o *decode.Order, where *filterlang.Filter, page window, fields domain.Fields) ([]Hit, error) {
	list, err := f.Ordered(ctx, o, where, page.most(MaxOrdered+1), fields)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(list))
	for i := range list {
		hits[i] = Hit{Chunk: list[i].Chunk}
	}
	return of(hits, page), nil
}

// Ordered is a point in the order of a field, with the value that it has its place by.
type Ordered struct {
	domain.Chunk
	Value filterlang.Value
}

// MaxOrdered is how many points Ordered, and a sample, return at most: as many are in memory.
const MaxOrdered = 1 << 18

// Ordered returns the first n points in the order o. If there are more than MaxOrdered of these,
// or they have more bytes than an answer may, it is ErrTooLarge: there is no next page.
func (f *Finder) Ordered(ctx context.Context, o *decode.Order, where *filterlang.Filter, n int, fields domain.Fields) ([]Ordered, error) {
	if key := o.Key.String(); f.Of.Ranges != nil && !f.Of.Ranges[key] {
		return nil, said.Wrong("No range index for `order_by` key: `%s`. Please create one to use `order_by`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions", key)
	}
	by := &app.Sort{Field: filter.FieldOf(o.Key).String(), Descending: o.Descending, Each: true, NoTexts: true}
	var err error
	if by.From, err = startOf(o); err != nil {
		return nil, err
	}
	page, err := f.Uses.List(ctx, app.List{
		Database: f.Of.ID, Number: f.Of.Number, Filter: where, Fields: fields, Sort: by, Limit: min(n, MaxOrdered), Whole: true,
	})
	if err != nil {
		return nil, err
	}
	if n > MaxOrdered && page.NextValue != nil {
		return nil, domain.Errorf(domain.ErrTooLarge, "order_by returns at most %d points at once: ask for fewer with limit, and for the next ones with start_from", MaxOrdered)
	}
	list := make([]Ordered, len(page.Chunks))
	for i := range list {
		list[i] = Ordered{page.Chunks[i], page.Values[i]}
	}
	return list, nil
}

// startOf returns where the order begins; nil: at its begin.
func startOf(o *decode.Order) (*filterlang.Value, error) {
	if o.From == "" {
		return nil, nil
	}
	v, err := filter.Scalar(o.From)
	if err == nil {
		by := filterlang.Sort{NoTexts: true}
		if _, ok := by.Rank(v); !ok {
			err = said.Wrong("start_from is a number or a time of RFC 3339")
		}
	}
	return &v, err
}

// AppendValue appends a value that points are ordered by: a number, or a text as it is stored.
func AppendValue(b []byte, v filterlang.Value) []byte {
	if v.Kind == filterlang.TextValue {
		return wire.AppendString(b, v.Text)
	}
	return v.AppendJSON(b)
}
