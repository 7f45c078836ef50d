package find

import (
	"cmp"
	"context"
	"slices"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// placed is a chunk at its place in the order of a field.
type placed struct {
	id    int64
	key   string
	value filterlang.Value
	rank  filterlang.Value // what values are ordered by: instants, where they are times
}

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

// MaxOrdered is how many points Ordered returns at most: as many are sorted in memory.
const MaxOrdered = 1 << 18

// Ordered returns the first n points in the order o. If there are more than MaxOrdered of these,
// or they have more bytes than an answer may, it is ErrTooLarge: there is no next page.
func (f *Finder) Ordered(ctx context.Context, o *decode.Order, where *filterlang.Filter, n int, fields domain.Fields) ([]Ordered, error) {
	if key := o.Key.String(); f.Of.Ranges != nil && !f.Of.Ranges[key] {
		return nil, said.Wrong("No range index for `order_by` key: `%s`. Please create one to use `order_by`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions", key)
	}
	from, err := startOf(o)
	if err != nil {
		return nil, err
	}
	field := filter.FieldOf(o.Key)
	compare := func(a, b placed) int {
		by := a.rank.Compare(b.rank)
		if o.Descending {
			by = -by
		}
		return cmp.Or(by, cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
	}
	var all []placed
	err = f.each(ctx, where, domain.FieldMetadata, func(c *domain.Chunk) {
		if n > MaxOrdered && len(all) > MaxOrdered {
			return // too many
		}
		field.Leaves(c, func(l filterlang.Leaf) {
			rank, ok := rankOf(l.Value)
			if ok && (from == nil || !o.Descending && rank.Compare(*from) >= 0 || o.Descending && rank.Compare(*from) <= 0) {
				all = append(all, placed{c.ID, c.Key, l.Value, rank})
			}
		})
		if n <= MaxOrdered && len(all) > 2*n+pageSize { // those that are too far behind are forgotten
			slices.SortFunc(all, compare)
			all = all[:min(n, len(all))]
		}
	})
	if err != nil {
		return nil, err
	}
	if n > MaxOrdered && len(all) > MaxOrdered {
		return nil, domain.Errorf(domain.ErrTooLarge, "order_by returns at most %d points at once: ask for fewer with limit, and for the next ones with start_from", MaxOrdered)
	}
	slices.SortFunc(all, compare)
	return f.chunksOf(ctx, all[:min(n, len(all))], fields)
}

// chunksOf returns the chunks of list.
func (f *Finder) chunksOf(ctx context.Context, list []placed, fields domain.Fields) ([]Ordered, error) {
	if len(list) == 0 {
		return nil, nil
	}
	refs := make([]domain.Ref, len(list))
	for i := range list {
		refs[i].ID = list[i].id
	}
	var chunks []domain.Chunk
	limits, size := f.Uses.Limits(), int64(0)
	for part := range slices.Chunk(refs, min(limits.Chunks, limits.Results)) {
		more, err := f.fetch(ctx, part, fields)
		if err != nil {
			return nil, err
		}
		for i := range more {
			size += more[i].Size()
		}
		if chunks = append(chunks, more...); size > limits.Answer {
			return nil, domain.AnswerTooLarge(limits.Answer)
		}
	}
	at := make(map[int64]int, len(chunks))
	for i := range chunks {
		at[chunks[i].ID] = i
	}
	out := make([]Ordered, 0, len(list))
	for _, p := range list {
		if i, ok := at[p.id]; ok {
			out = append(out, Ordered{chunks[i], p.value})
		}
	}
	return out, nil
}

// rankOf returns what a number or a time is ordered by: numbers come first.
func rankOf(v filterlang.Value) (filterlang.Value, bool) {
	if v.IsNumber() {
		return v, true
	}
	if v.Kind != filterlang.TextValue {
		return v, false
	}
	sortable, ok := filterlang.SortableInstant(v.Text)
	return filterlang.Text(sortable), ok
}

// startOf returns where the order begins; nil: at its begin.
func startOf(o *decode.Order) (*filterlang.Value, error) {
	if o.From == "" {
		return nil, nil
	}
	v, err := filter.Scalar(o.From)
	if err == nil {
		var ok bool
		if v, ok = rankOf(v); !ok {
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
