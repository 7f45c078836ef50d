package httpapi

import (
	"context"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
)

// UseCases are what the routes call; *app.Service has them. They are safe for concurrent
// use.
type UseCases interface {
	Databases
	Aliases
	ChunkReader
	ChunkWriter
	TextEmbedder
	Jobs
	Mover
	Operations
	Budget
}

// Databases creates, describes, changes and drops databases.
type Databases interface {
	Create(ctx context.Context, id string, set domain.Settings) (db domain.Database, created bool, err error)
	Database(ctx context.Context, id string) (app.DatabaseInfo, error)
	ListDatabases(ctx context.Context, in app.ListDatabases) (app.DatabasePage, error)
	Alter(ctx context.Context, id string, a domain.Alteration) (app.Altered, error)
	Drop(ctx context.Context, id string) (existed bool, err error)
}

// Aliases lists and changes the other names of databases.
type Aliases interface {
	Aliases(ctx context.Context) ([]collection.Alias, error)
	ChangeAliases(ctx context.Context, actions []collection.AliasAction, reach func(name string) bool) error
}

// ChunkReader finds chunks.
type ChunkReader interface {
	Search(ctx context.Context, in app.Search) (app.Found, error)
	SearchGroups(ctx context.Context, in app.Groups) ([]app.Group, error)
	Chunk(ctx context.Context, database string, ref app.Ref, fields domain.Fields) (domain.Chunk, error)
	List(ctx context.Context, in app.List) (app.Page, error)
	Sample(ctx context.Context, in app.Sample) ([]domain.Chunk, error)
	Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error)
	CountValues(ctx context.Context, in app.CountValues) (app.ValueCounts, error)
}

// ChunkWriter stores, changes and deletes chunks.
type ChunkWriter interface {
	Insert(ctx context.Context, in app.Insert) ([]int64, error)
	Patch(ctx context.Context, database string, ref app.Ref, p app.Patch) (domain.Chunk, error)
	PatchWhere(ctx context.Context, database string, f *filterlang.Filter, p app.Patch) (int, error)
	DeleteChunk(ctx context.Context, database string, ref app.Ref) error
	Delete(ctx context.Context, database string, ids []int64) (int, error)
	DeleteKeys(ctx context.Context, database string, keys []string) (int, error)
	DeleteWhere(ctx context.Context, database string, f *filterlang.Filter) (int, error)
}

// TextEmbedder makes embeddings of texts that are not stored.
type TextEmbedder interface {
	Embed(ctx context.Context, in app.Embed) (app.Embedded, error)
}

// Jobs starts, watches and cancels work that outlasts a request.
type Jobs interface {
	StartRebuild(ctx context.Context, id string) (app.Job, error)
	StartReembed(ctx context.Context, in app.Reembed) (app.Job, error)
	StartImport(id string, p app.ImportProgress) (app.Job, error)
	ReportImport(id int64, p app.ImportProgress) (app.Job, error)
	Jobs() []app.Job
	Job(id int64) (app.Job, error)
	CancelJob(ctx context.Context, id int64) (app.Job, error)
}

// Mover takes databases to other servers, and in.
type Mover interface {
	Changes(ctx context.Context, in app.Changes) (app.ChangePage, error)
	Load(ctx context.Context, in app.Load) (app.Loaded, error)
	Hold(ctx context.Context, id string, h *feed.Hold) (feed.State, error)
	CarriedNames(ctx context.Context) (collection.Names, error)
	PutNames(ctx context.Context, n collection.Names) error
}

// Operations is what those ask for who run the service.
type Operations interface {
	Conditions() ([]app.Condition, error)
	Problems() []domain.Problem
	Stats(ctx context.Context) (app.Stats, error)
	Recall(ctx context.Context, in app.RecallAsk) (app.RecallReport, error)
	Backup(ctx context.Context) (app.BackupFile, error)
}

// Budget is what a request may take of the machine.
type Budget interface {
	Limits() app.Limits
	// Heavily runs fn, which takes a core, where that leaves one to searches.
	Heavily(ctx context.Context, fn func() error) error
}
