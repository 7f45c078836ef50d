package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// remote is a running server.
type remote struct {
	client  *client.Client
	address string
}

var _ store = remote{}

func openRemote(address, key string) (store, error) {
	c, err := client.New(address, &client.Options{APIKey: key})
	if err != nil {
		return nil, usageError{err}
	}
	return remote{c, address}, nil
}

// Name returns the address of the server.
func (r remote) Name() string { return r.address }

// Close closes the connections.
func (r remote) Close() error {
	r.client.Close()
	return nil
}

// Create makes the database, or checks that it has the settings.
func (r remote) Create(ctx context.Context, id string, s domain.Settings) error {
	about, err := metadataJSON(s.Metadata)
	if err != nil {
		return err
	}
	_, err = r.client.Create(ctx, id, client.Settings{
		Dimensions: s.Dims, Metric: string(s.Metric), Engine: s.Engine, M: s.M, EfConstruction: s.EfConstruction, EfSearch: s.EfSearch,
		Storage: s.Storage, TTLSeconds: seconds(s.TTL), FullText: client.Tokenizer(s.FullText), Metadata: about,
	})
	return err
}

// Insert stores all chunks or none.
func (r remote) Insert(ctx context.Context, in app.Insert) ([]int64, error) {
	send := make([]client.Chunk, len(in.Chunks))
	for i, c := range in.Chunks {
		m, err := metadataJSON(c.Metadata)
		if err != nil {
			return nil, err
		}
		send[i] = client.Chunk{Key: c.Key, Text: c.Text, Metadata: m, Embedding: c.Embedding, TTL: c.TTL}
	}
	return r.client.Insert(ctx, in.Database, send, &client.InsertOptions{OnConflict: clientConflicts[in.OnConflict]})
}

var clientConflicts = [...]client.OnConflict{domain.Replace: client.Replace, domain.Refuse: client.Refuse, domain.Skip: client.Skip}

// metadataJSON returns m as it is sent and printed; nil is null.
func metadataJSON(m domain.Metadata) (json.RawMessage, error) {
	switch m.Form {
	case domain.StringMetadata:
		return json.Marshal(m.Text)
	case domain.ObjectMetadata:
		return json.RawMessage(m.Text), nil
	case domain.NoMetadata:
	}
	return nil, nil
}

func metadataOf(raw json.RawMessage) (domain.Metadata, error) {
	if len(raw) == 0 {
		return domain.Metadata{}, nil
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return domain.MetadataString(s), err
	}
	return domain.MetadataObject(raw)
}

func fromClient(c client.Chunk) (domain.Chunk, error) {
	m, err := metadataOf(c.Metadata)
	return domain.Chunk{ID: c.ID, Key: c.Key, Text: c.Text, Metadata: m, Embedding: c.Embedding, ExpiresAt: c.ExpiresAt}, err
}

// Chunk returns one chunk whole.
func (r remote) Chunk(ctx context.Context, database string, ref app.Ref) (domain.Chunk, error) {
	if ref.ID != 0 {
		return fromAnswer(r.client.Chunk(ctx, database, ref.ID))
	}
	return fromAnswer(r.client.ChunkByKey(ctx, database, ref.Key))
}

// Patch changes one chunk and returns it whole.
func (r remote) Patch(ctx context.Context, database string, ref app.Ref, p app.Patch) (domain.Chunk, error) {
	send := client.Patch{Text: p.Text, Embedding: p.Embedding, TTL: p.TTL}
	if p.Metadata != nil {
		m, err := metadataJSON(*p.Metadata)
		if err != nil {
			return domain.Chunk{}, err
		}
		if send.Metadata = m; m == nil {
			send.Metadata = json.RawMessage("null")
		}
	}
	if ref.ID != 0 {
		return fromAnswer(r.client.Patch(ctx, database, ref.ID, send))
	}
	return fromAnswer(r.client.PatchByKey(ctx, database, ref.Key, send))
}

// DeleteChunk removes one chunk.
func (r remote) DeleteChunk(ctx context.Context, database string, ref app.Ref) error {
	if ref.ID != 0 {
		return kindOf(r.client.Delete(ctx, database, ref.ID))
	}
	return kindOf(r.client.DeleteByKey(ctx, database, ref.Key))
}

func fromAnswer(c client.Chunk, err error) (domain.Chunk, error) {
	if err != nil {
		return domain.Chunk{}, kindOf(err)
	}
	return fromClient(c)
}

// ListDatabases describes databases.
func (r remote) ListDatabases(ctx context.Context, in app.ListDatabases) (app.DatabasePage, error) {
	list, next, err := r.client.DatabasesPage(ctx, &client.DatabasesOptions{After: in.After, Prefix: in.Prefix, Limit: in.Limit})
	if err != nil {
		return app.DatabasePage{}, err
	}
	out := make([]domain.Database, len(list))
	for i, d := range list {
		out[i] = domain.Database{
			ID: d.ID, Chunks: d.Chunks, Sequence: d.Sequence, CreatedAt: d.CreatedAt,
			Settings: domain.Settings{Dims: d.Dimensions, Metric: domain.Metric(d.Metric), Engine: d.Engine, TTL: time.Duration(d.TTLSeconds) * time.Second},
		}
	}
	return app.DatabasePage{Databases: out, Next: next}, nil
}

// Drop removes a database.
func (r remote) Drop(ctx context.Context, id string) (bool, error) {
	_, err := r.client.Database(ctx, id)
	if errors.Is(err, client.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.client.Drop(ctx, id)
}

// kindOf gives an error of the server the kind that it has here.
func kindOf(err error) error {
	if errors.Is(err, client.ErrNotFound) {
		return errors.Join(domain.ErrNotFound, err)
	}
	return err
}
