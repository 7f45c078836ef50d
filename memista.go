package memista

import (
	"context"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/domain"
)

var _ Service = (*DB)(nil)

// DB is an open memista file. It is safe for concurrent use.
type DB struct {
	svc usecase.Backend
}

// Open opens the file at path, making it and its directory if need be. With an empty
// path everything is in memory and gone after Close. opts may be nil.
//
// A file has one owner: Open returns ErrLocked while another process, or another DB of
// this one, has it open. ErrForeignFile, ErrNewerSchema and ErrCorrupt leave the file as
// it is.
func Open(path string, opts *Options) (*DB, error) {
	if opts == nil {
		opts = &Options{}
	}
	if opts.MemoryBudget < 0 || opts.IdleClose < 0 {
		return nil, domain.Errorf(domain.ErrInvalid, "MemoryBudget and IdleClose cannot be negative, got %d and %v", opts.MemoryBudget, opts.IdleClose)
	}
	opened, err := compose.Open(context.Background(), compose.Config{
		Path: path, Durability: string(opts.Durability), SecureDelete: opts.SecureDelete, Engine: opts.Engine,
		Lifecycle: app.Lifecycle{IdleClose: opts.IdleClose, MemoryBudget: opts.MemoryBudget}, Report: opts.Report,
		Embed: compose.EmbedConfig{
			Default: opts.Embedding.Default, Models: opts.Embedding.Models, OpenAI: opts.Embedding.OpenAI,
			OpenAIKey: opts.Embedding.OpenAIKey, Ollama: opts.Embedding.Ollama, CacheBytes: embeddingCache, FileBytes: opts.Embedding.FileCache,
		},
		Rerank: compose.RerankConfig(opts.Reranking),
	})
	if err != nil {
		return nil, err
	}
	return &DB{svc: opened.Service}, nil
}

// embeddingCache is how many bytes of embeddings are kept in memory for each model.
const embeddingCache = 16 << 20

// Close waits for calls under way and closes the file. Later calls return ErrClosed.
// Close may be called twice.
func (db *DB) Close() error { return db.svc.Close() }

// Database returns a handle for one database, which need not exist yet.
func (db *DB) Database(id string) *Database { return api.NewDatabase(db, id) }

func init() { //nolint:gochecknoinits // package server needs what nobody else is to see
	bridge.Register(
		func(db Service) usecase.Backend { return db.(*DB).svc },
		func(svc usecase.Backend) Service { return &DB{svc: svc} },
	)
}
