package find

import (
	"context"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
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
func (f *Finder) Groups(ctx context.Context, q *decode.Query, g decode.Groups, fields domain.Fields) ([]Group, error) {
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
			if l.Value.Kind != filterlang.TextValue && l.Value.Kind != filterlang.IntValue {
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
