package weaviate

import (
	"context"
	"strings"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// Find implements ports.Cluster.
func (s *Store) Find(ctx context.Context, r ports.Room, q ports.ClusterQuery) ([]ports.ClusterHit, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	where, _ := superset(q.Filter)
	asked := wire.Query{
		Place: placeOf(r), Filter: where, Limit: min(q.K, ports.MaxClusterK), Vector: q.Vector,
		Properties: propertiesFor(q.Fields), WithVector: q.Fields.Has(domain.FieldEmbedding),
	}
	if q.Words != nil {
		asked.Text, asked.TextIn = strings.Join(q.Words, " "), []string{propWords}
	}
	found, err := s.client.Search(ctx, asked)
	if err != nil {
		return nil, err
	}
	hits := make([]ports.ClusterHit, len(found))
	for i := range found {
		c, err := chunkOf(&found[i].Object, q.Fields)
		if err != nil {
			return nil, err
		}
		hits[i] = ports.ClusterHit{Chunk: c, Distance: distanceOf(r.Metric, found[i].Distance), Score: found[i].Score}
	}
	return hits, nil
}

// distanceOf returns a distance of Weaviate as ours: the inner product is negated there.
func distanceOf(m domain.Metric, d float32) float32 {
	if m == domain.InnerProduct {
		return float32(1 + float64(d))
	}
	return d
}

// filterProperties are the properties of classes that filters look at.
func filterProperties() []wire.Property { return nil }

// addFilterValues gives an object what filters look at.
func addFilterValues(wire.Properties, *domain.Chunk) {}

// superset returns a filter that selects all that f does, and some more unless exact; nil
// selects everything.
func superset(f *filterlang.Filter) (w *wire.Filter, exact bool) {
	if f == nil || f.IsAll() {
		return nil, true
	}
	var all []wire.Filter
	exact = f.Op == filterlang.And
	parts := f.Sub
	if f.Op != filterlang.And {
		parts, exact = []filterlang.Filter{*f}, true
	}
	for i := range parts {
		one := byName(&parts[i])
		if one == nil {
			exact = false
			continue
		}
		all = append(all, *one)
	}
	if len(all) == 0 {
		return nil, false
	}
	return new(wire.And(all...)), exact
}

// byName returns the filter of the chunks that f names by ids or keys; nil if it does not.
func byName(f *filterlang.Filter) *wire.Filter {
	if f.Op != filterlang.In || len(f.Args) == 0 {
		return nil
	}
	var names []string
	for _, v := range f.Args {
		switch {
		case f.Field.Source == filterlang.ChunkID && v.Kind == filterlang.IntValue && v.Int > 0:
			names = append(names, idText(v.Int))
		case f.Field.Source == filterlang.ChunkKey && v.Kind == filterlang.TextValue && v.Text != "":
			names = append(names, v.Text)
		default:
			return nil
		}
	}
	switch f.Field.Source {
	case filterlang.ChunkID:
		return new(wire.HasAny(propID, names))
	case filterlang.ChunkKey:
		return new(wire.HasAny(propKey, names))
	case filterlang.InMetadata, filterlang.ChunkText:
	}
	return nil
}
