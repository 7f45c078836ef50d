package find

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Group is the best points with one value of a field.
type Group struct {
	Value filterlang.Value
	Hits  []Hit
}

// Groups answers q with the best points of each value of a field, the group with the best
// point first. A point counts for each of its values that is a text or an integer.
//
// The groups are those of the use case where it has such: of a query by one vector, over values
// that all count. Else they are those of a list of points, which is made longer until there are
// enough or it is as long as a search may ask for; Qdrant ends sooner.
func (f *Finder) Groups(ctx context.Context, q *decode.Query, g decode.Groups, fields domain.Fields) ([]Group, error) {
	if groups, ok, err := f.ofUseCase(ctx, q, g, fields); ok || err != nil {
		return groups, err
	}
	return f.ofList(ctx, q, g, fields)
}

// ofUseCase returns the groups of the use case; ok is false where these are others than those of
// Qdrant.
func (f *Finder) ofUseCase(ctx context.Context, q *decode.Query, g decode.Groups, fields domain.Fields) (groups []Group, ok bool, err error) {
	limits := f.Uses.Limits()
	size := 0
	if q.Filter != nil {
		size = q.Filter.Size()
	}
	if q.Kind != decode.Nearest && q.Kind != decode.Recommend || len(q.Prefetch) > 0 || q.MMR != nil || g.Size > limits.Results/g.Limit || size+g.Limit >= limits.Filter {
		return nil, false, nil
	}
	in, empty, err := f.vectorQuery(ctx, q)
	if err != nil || empty {
		return nil, true, err
	}
	found, err := f.Uses.SearchGroups(ctx, app.Groups{
		Database: f.Of.ID, Number: f.Of.Number, Query: in, By: filter.FieldOf(g.By).String(), Groups: g.Limit, Size: g.Size, Fields: fields,
	})
	if errors.Is(err, domain.ErrZeroVector) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	for _, of := range found {
		if !counts(of.Value) {
			return nil, false, nil // its points have taken the place of others
		}
		if hits := f.hitsOf(&in, of.Hits, q.Threshold); len(hits) > 0 {
			groups = append(groups, Group{of.Value, hits})
		}
	}
	return groups, true, nil
}

// vectorQuery returns the query of q, and whether nothing can be found.
func (f *Finder) vectorQuery(ctx context.Context, q *decode.Query) (in app.Query, empty bool, err error) {
	if q.Kind == decode.Recommend {
		return f.byExamples(ctx, q)
	}
	in = app.Query{Filter: q.Filter, Exact: q.Exact, Ef: min(q.Ef, f.Uses.Limits().Ef)}
	empty, err = f.aim(ctx, &in, q)
	return in, empty, err
}

// counts reports whether Qdrant groups by a value: by texts and integers.
func counts(v filterlang.Value) bool {
	return v.Kind == filterlang.TextValue || v.Kind == filterlang.IntValue
}

// ofList returns the groups of the points that are found for q.
func (f *Finder) ofList(ctx context.Context, q *decode.Query, g decode.Groups, fields domain.Fields) ([]Group, error) {
	field := filter.FieldOf(g.By)
	most := f.Uses.Limits().Results
	there := filterlang.Filter{Op: filterlang.Exists, Field: field}
	asked := *q
	asked.Filter, asked.Offset = both(q.Filter, &there), 0
	// As many points as may be needed; then more of them, until there is no need or no more.
	for n := min(most, 4*int(min(int64(g.Limit)*int64(g.Size), int64(most)))); ; n = min(most, 4*n) {
		asked.Limit = n
		hits, err := f.Run(ctx, &asked, fields|domain.FieldMetadata)
		if err != nil {
			return nil, err
		}
		groups, full := grouped(hits, field, g)
		if full || len(hits) < n || n == most {
			for i := range groups {
				for j := range groups[i].Hits {
					groups[i].Hits[j].KeepOnly(fields)
				}
			}
			return groups, nil
		}
	}
}

// grouped returns the groups of hits, which are best first, and whether more hits would
// change nothing.
func grouped(hits []Hit, field filterlang.Field, g decode.Groups) (groups []Group, full bool) {
	at := map[filterlang.Value]int{}
	left := g.Limit
	for i := range hits {
		field.Leaves(&hits[i].Chunk, func(l filterlang.Leaf) {
			if !counts(l.Value) {
				return
			}
			n, known := at[l.Value]
			if !known {
				if len(groups) == g.Limit {
					return
				}
				n = len(groups)
				at[l.Value] = n
				groups = append(groups, Group{Value: l.Value})
			}
			if list := groups[n].Hits; len(list) < g.Size && (len(list) == 0 || list[len(list)-1].ID != hits[i].ID) {
				groups[n].Hits = append(list, hits[i])
				if len(groups[n].Hits) == g.Size {
					left--
				}
			}
		})
		if left == 0 {
			return groups, true
		}
	}
	return groups, false
}
