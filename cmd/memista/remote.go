package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/memista/memista/api"
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

func (r remote) api() api.Service { return r.client }

// Name returns the address of the server.
func (r remote) Name() string { return r.address }

// Close closes the connections.
func (r remote) Close() error { return r.client.Close() }

// Create makes the database, or checks that it has the settings.
func (r remote) Create(ctx context.Context, id string, s domain.Settings) error {
	_, err := r.client.Create(ctx, id, &client.Settings{
		Dims: s.Dims, Metric: client.Metric(s.Metric), Engine: s.Engine, M: s.M, EfConstruction: s.EfConstruction, EfSearch: s.EfSearch,
		Storage: s.Storage, TTL: s.TTL, FullText: client.Tokenizer(s.FullText), Metadata: toMeta(s.Metadata),
	})
	return err
}

// Insert stores all chunks or none.
func (r remote) Insert(ctx context.Context, in app.Insert) ([]int64, error) {
	send := make([]client.Chunk, len(in.Chunks))
	for i, c := range in.Chunks {
		send[i] = client.Chunk{Key: c.Key, Text: c.Text, Metadata: toMeta(c.Metadata), Embedding: c.Embedding, TTL: c.TTL}
	}
	return r.client.Insert(ctx, in.Database, send, &client.InsertOptions{OnConflict: clientConflicts[in.OnConflict]})
}

var clientConflicts = [...]client.OnConflict{domain.Replace: client.Replace, domain.Refuse: client.Refuse, domain.Skip: client.Skip}

// toMeta returns m as the client takes it; none is null.
func toMeta(m domain.Metadata) client.Metadata {
	switch m.Form {
	case domain.StringMetadata:
		return client.Meta(m.Text)
	case domain.ObjectMetadata:
		return client.Meta(json.RawMessage(m.Text))
	case domain.NoMetadata:
	}
	return client.Meta(nil)
}

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
	m, err := metadataOf([]byte(c.Metadata.String()))
	return domain.Chunk{ID: c.ID, Key: c.Key, Text: c.Text, Metadata: m, Embedding: c.Embedding, ExpiresAt: c.ExpiresAt}, err
}

// Chunk returns one chunk whole.
func (r remote) Chunk(ctx context.Context, database string, ref app.Ref) (domain.Chunk, error) {
	if ref.ID != 0 {
		return fromAnswer(r.client.Get(ctx, database, ref.ID))
	}
	return fromAnswer(r.client.GetByKey(ctx, database, ref.Key))
}

// Patch changes one chunk and returns it whole.
func (r remote) Patch(ctx context.Context, database string, ref app.Ref, p app.Patch) (domain.Chunk, error) {
	send := client.Patch{Text: p.Text, Embedding: p.Embedding, TTL: p.TTL}
	if p.Metadata != nil {
		send.Metadata = toMeta(*p.Metadata)
	}
	if ref.ID != 0 {
		return fromAnswer(r.client.Patch(ctx, database, ref.ID, send))
	}
	return fromAnswer(r.client.PatchByKey(ctx, database, ref.Key, send))
}

func fromAnswer(c client.Chunk, err error) (domain.Chunk, error) {
	if err != nil {
		return domain.Chunk{}, err
	}
	return fromClient(c)
}

// ListDatabases describes databases.
func (r remote) ListDatabases(ctx context.Context, in app.ListDatabases) (app.DatabasePage, error) {
	page, err := r.client.DatabasesPage(ctx, &client.DatabasesOptions{After: in.After, Prefix: in.Prefix, Limit: in.Limit})
	if err != nil {
		return app.DatabasePage{}, err
	}
	out := make([]domain.Database, len(page.Databases))
	for i, d := range page.Databases {
		out[i] = domain.Database{
			ID: d.ID, Chunks: d.Chunks, Sequence: d.Sequence, CreatedAt: d.CreatedAt,
			Settings: domain.Settings{Dims: d.Dims, Metric: domain.Metric(d.Metric), Engine: d.Engine, TTL: d.TTL},
		}
	}
	return app.DatabasePage{Databases: out, Next: page.Next}, nil
}

// Drop removes a database.
func (r remote) Drop(ctx context.Context, id string) (bool, error) {
	_, err := r.client.Describe(ctx, id)
	if errors.Is(err, client.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.client.Drop(ctx, id)
}
