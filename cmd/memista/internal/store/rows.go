package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// InsertRows inserts what was read from a file, as Insert does. The ids of rows are passed
// over.
func (s *Store) InsertRows(ctx context.Context, database string, rows []domain.Chunk, o *api.InsertOptions) ([]int64, error) {
	chunks := make([]api.Chunk, len(rows))
	for i, r := range rows {
		chunks[i] = api.Chunk{Key: r.Key, Text: r.Text, Metadata: metadata(r.Metadata), Embedding: r.Embedding, Sparse: sparse(r.Sparse), Vectors: r.Vectors, TTL: r.TTL}
	}
	return s.Insert(ctx, database, chunks, o)
}

// EmbeddingsOptional reports whether chunks of a database may be without an embedding. Of one
// that is not there they may not.
func (s *Store) EmbeddingsOptional(ctx context.Context, database string) (bool, error) {
	d, err := s.Describe(ctx, database)
	if errors.Is(err, api.ErrNotFound) {
		return false, nil
	}
	return d.OptionalEmbeddings, err
}

// sparse returns v as library and client take it.
func sparse(v domain.SparseVectors) map[string]api.SparseVector {
	if len(v) == 0 {
		return nil
	}
	out := make(map[string]api.SparseVector, len(v))
	for name, one := range v {
		out[name] = api.SparseVector(one)
	}
	return out
}

// metadata returns m as library and client take it.
func metadata(m domain.Metadata) api.Metadata {
	switch m.Form {
	case domain.StringMetadata:
		return api.Meta(m.Text)
	case domain.ObjectMetadata:
		return api.Meta(json.RawMessage(m.Text))
	case domain.NoMetadata:
	}
	return api.Metadata{}
}
