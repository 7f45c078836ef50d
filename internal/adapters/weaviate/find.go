package weaviate

import (
	"context"
	"strings"

	"github.com/memista/memista/internal/adapters/weaviate/where"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Find implements ports.Cluster.
func (s *Store) Find(ctx context.Context, r ports.Room, q ports.ClusterQuery) ([]ports.ClusterHit, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var most *wire.Filter
	if q.Filter != nil {
		most = filterOf(where.Select(q.Filter).Most)
	}
	asked := wire.Query{
		Place: placeOf(r), Filter: most, Limit: min(q.K, ports.MaxClusterK), Vector: q.Vector,
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
func filterProperties() []wire.Property {
	yes, no := true, false
	return []wire.Property{{Name: where.Property, DataType: []string{"text[]"}, Tokenization: "field", IndexFilterable: &yes, IndexSearchable: &no}}
}

// addFilterValues gives an object what filters look at.
func addFilterValues(p wire.Properties, c *domain.Chunk) { p[where.Property] = where.Terms(c) }

// filterOf returns what selects the chunks of a set; nil selects everything.
func filterOf(s where.Set) *wire.Filter {
	if s.None {
		return new(wire.HasAny(propID, []string{"none"}))
	}
	return s.Filter
}
