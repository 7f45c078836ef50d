package store

import (
	"context"
	"strings"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/collection"
)

// pointKeys reads and writes keys as the API of Qdrant does.
const pointKeys = collections.KeyForm(collection.PointKeys)

// PointKey returns the key that the API of Qdrant makes of an id.
func PointKey(id string) string { return pointKeys.Key(collections.Text(id)) }

// PointID returns the id for a key that the API of Qdrant made, and another key as it is.
func PointID(key string) string { return pointKeys.ID(key, 0).String() }

// IsPointKey reports whether the API of Qdrant makes such keys, and sure whether hardly
// anything else does: those of an integer or a UUID.
func IsPointKey(key string) (is, sure bool) {
	if key == "" || pointKeys.Key(pointKeys.ID(key, 0)) != key {
		return false, false
	}
	return true, !strings.HasPrefix(key, "z:")
}

// HasPoints reports whether the first chunk of a database has a key that the API of Qdrant
// made.
func (s *Store) HasPoints(ctx context.Context, database string) (bool, error) {
	page, err := s.List(ctx, database, &api.ListOptions{Limit: 1, Include: []api.Part{}})
	if err != nil || len(page.Chunks) == 0 {
		return false, err
	}
	_, sure := IsPointKey(page.Chunks[0].Key)
	return sure, nil
}
