package memista

import (
	"context"
	"encoding/json"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Patch says what to change about a chunk. What is nil stays as it is.
type Patch struct {
	Text *string
	// Metadata is merged into the stored as a JSON merge patch (RFC 7396): fields replace
	// those of the same name, null removes one, objects are merged in turn. Anything but
	// an object replaces it whole, json.RawMessage("null") by nothing. A string that holds
	// a JSON object is merged as that object and stays a string.
	Metadata  json.RawMessage
	Embedding []float32
	TTL       *time.Duration // how long it lives from now on; 0: forever
}

// GetByKey returns the chunk with your own id key, with its embedding, or ErrNotFound.
func (db *DB) GetByKey(ctx context.Context, id, key string) (Chunk, error) {
	c, err := db.svc.Chunk(ctx, id, app.Ref{Key: key}, domain.DefaultFields|domain.FieldEmbedding)
	if err != nil {
		return Chunk{}, err
	}
	return fromChunk(c), nil
}

// Patch changes parts of one chunk and returns the whole of it as it is then. Key and id
// stay. Patches of one chunk that come together never lose one another. What Insert says
// about durability goes for Patch, too.
func (db *DB) Patch(ctx context.Context, id string, chunk int64, p Patch) (Chunk, error) {
	return db.patch(ctx, id, app.Ref{ID: chunk}, p)
}

// PatchByKey is Patch of the chunk with your own id key.
func (db *DB) PatchByKey(ctx context.Context, id, key string, p Patch) (Chunk, error) {
	return db.patch(ctx, id, app.Ref{Key: key}, p)
}

func (db *DB) patch(ctx context.Context, id string, ref app.Ref, p Patch) (Chunk, error) {
	change := app.Patch{Text: p.Text, Embedding: p.Embedding, TTL: p.TTL}
	if p.Metadata != nil {
		m, err := toMetadata(p.Metadata)
		if err != nil {
			return Chunk{}, err
		}
		change.Metadata = &m
	}
	c, err := db.svc.Patch(ctx, id, ref, change)
	if err != nil {
		return Chunk{}, err
	}
	return fromChunk(c), nil
}

// DeleteByKey removes the chunk with your own id key, or returns ErrNotFound.
func (db *DB) DeleteByKey(ctx context.Context, id, key string) error {
	return db.svc.DeleteChunk(ctx, id, app.Ref{Key: key})
}
