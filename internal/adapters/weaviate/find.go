package weaviate

import (
	"context"
	"slices"
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
	if q.Words != nil {
		return s.findWords(ctx, r, &q)
	}
	return s.find(ctx, r, &q, min(q.K, ports.MaxClusterK), "")
}

// findWords is Find by words. The cluster finds chunks with any of them: where all are wanted
// it is asked for more until enough have them.
func (s *Store) findWords(ctx context.Context, r ports.Room, q *ports.ClusterQuery) ([]ports.ClusterHit, error) {
	words := compared(strings.Join(q.Words, " "), r.FullText)
	if words == "" {
		return nil, nil
	}
	if !q.All {
		return s.find(ctx, r, q, min(q.K, ports.MaxClusterK), words)
	}
	wanted, whole := strings.Fields(words), *q
	whole.Fields |= domain.FieldText
	for ask := min(4*q.K+100, ports.MaxClusterK); ; ask = min(4*ask, ports.MaxClusterK) {
		hits, err := s.find(ctx, r, &whole, ask, words)
		if err != nil {
			return nil, err
		}
		kept := hits[:0]
		for i := range hits {
			if hasAll(compared(hits[i].Text, r.FullText), wanted) {
				hits[i].KeepOnly(q.Fields)
				kept = append(kept, hits[i])
			}
		}
		if len(kept) >= q.K || len(hits) < ask {
			return kept[:min(q.K, len(kept))], nil
		}
		if ask == ports.MaxClusterK {
			return nil, domain.Errorf(domain.ErrUnsupported, "more than %d chunks have one of the words, and a cluster looks for all of them among as many only: use rarer words", ports.MaxClusterK)
		}
	}
}

// hasAll reports whether a text has all of words, as they are compared.
func hasAll(text string, words []string) bool {
	have := strings.Fields(text)
	for _, w := range words {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}

// find asks the cluster for k chunks, by words if there are any.
func (s *Store) find(ctx context.Context, r ports.Room, q *ports.ClusterQuery, k int, words string) ([]ports.ClusterHit, error) {
	var most *wire.Filter
	if q.Filter != nil {
		most = filterOf(where.Select(q.Filter).Most)
	}
	asked := wire.Query{
		Place: placeOf(r), Filter: most, Limit: k, Vector: q.Vector,
		Properties: propertiesFor(q.Fields), WithVector: q.Fields.Has(domain.FieldEmbedding),
	}
	if words != "" {
		asked.Text, asked.TextIn = words, []string{propWords}
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
