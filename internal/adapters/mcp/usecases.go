package mcp

import (
	"context"

	"github.com/memista/memista/api"
)

// UseCases are what the tools call. Every [api.Service] has them, so that they work on a
// data file as well as on a server. They are safe for concurrent use.
type UseCases interface {
	Databases
	ChunkReader
	ChunkWriter
}

var _ UseCases = api.Service(nil)

// Databases describes databases.
type Databases interface {
	DatabasesPage(ctx context.Context, o *api.DatabasesOptions) (api.DatabasePage, error)
	Describe(ctx context.Context, id string) (api.DatabaseInfo, error)
}

// ChunkReader finds chunks.
type ChunkReader interface {
	Query(ctx context.Context, id string, queries []api.Query, o *api.QueryOptions) (api.Results, error)
	Get(ctx context.Context, id string, chunk int64) (api.Chunk, error)
	GetByKey(ctx context.Context, id, key string) (api.Chunk, error)
	List(ctx context.Context, id string, o *api.ListOptions) (api.Page, error)
	Count(ctx context.Context, id string, f *api.Filter) (int64, error)
}

// ChunkWriter stores, changes and deletes chunks.
type ChunkWriter interface {
	Insert(ctx context.Context, id string, chunks []api.Chunk, o *api.InsertOptions) ([]int64, error)
	Patch(ctx context.Context, id string, chunk int64, p api.Patch) (api.Chunk, error)
	PatchByKey(ctx context.Context, id, key string, p api.Patch) (api.Chunk, error)
	Delete(ctx context.Context, id string, chunks ...int64) (int, error)
	DeleteKeys(ctx context.Context, id string, keys ...string) (int, error)
}
