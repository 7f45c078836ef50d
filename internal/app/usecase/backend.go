// Package usecase is the one interface of everything that surfaces, the library and commands
// call, whoever does it: the service over a data file, or one over a cluster. What a Backend
// cannot do, its Capabilities lack, and it refuses with domain.ErrUnsupported.
package usecase

import (
	"context"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/app/recall"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Backend has the use cases. It is safe for concurrent use. Suite usecasetest.Run says what
// each method promises, beyond the comments on those of *app.Service.
type Backend interface {
	Databases
	Reader
	Writer
	Embedder
	Jobs
	Mover
	Operations
	Budget

	// Collections are the databases as other surfaces know them.
	Collections() *collections.Collections
	// Capabilities is what of package capability it can do, always the same.
	Capabilities() capability.Set
	// Close waits for calls under way and releases everything. Later calls return ErrClosed.
	// It may be called twice.
	Close() error
}

var _ Backend = (*app.Service)(nil)

// Databases creates, describes, changes and drops databases, and gives them other names.
type Databases interface {
	Create(ctx context.Context, id string, set domain.Settings) (db domain.Database, created bool, err error)
	Database(ctx context.Context, id string) (app.DatabaseInfo, error)
	Databases(ctx context.Context) ([]domain.Database, error)
	ListDatabases(ctx context.Context, in app.ListDatabases) (app.DatabasePage, error)
	Alter(ctx context.Context, id string, a domain.Alteration) (app.Altered, error)
	Drop(ctx context.Context, id string) (existed bool, err error)
	Aliases(ctx context.Context) ([]collection.Alias, error)
	ChangeAliases(ctx context.Context, actions []collection.AliasAction, reach func(name string) bool) error
}

// Reader finds chunks.
type Reader interface {
	Search(ctx context.Context, in app.Search) (app.Found, error)
	SearchGroups(ctx context.Context, in app.Groups) ([]app.Group, error)
	Chunk(ctx context.Context, database string, ref app.Ref, fields domain.Fields) (domain.Chunk, error)
	Chunks(ctx context.Context, database string, refs []app.Ref, fields domain.Fields) ([]domain.Chunk, error)
	Fetch(ctx context.Context, in app.Fetch) ([]domain.Chunk, error)
	List(ctx context.Context, in app.List) (app.Page, error)
	Sample(ctx context.Context, in app.Sample) ([]domain.Chunk, error)
	Count(ctx context.Context, database string, f *filterlang.Filter) (int64, error)
	CountValues(ctx context.Context, in app.CountValues) (app.ValueCounts, error)
}

// Writer stores, changes and deletes chunks.
type Writer interface {
	Insert(ctx context.Context, in app.Insert) ([]int64, error)
	Patch(ctx context.Context, database string, ref app.Ref, p app.Patch) (domain.Chunk, error)
	PatchWhere(ctx context.Context, database string, f *filterlang.Filter, p app.Patch) (int, error)
	Change(ctx context.Context, in app.Change) (changed int, err error)
	DeleteChunk(ctx context.Context, database string, ref app.Ref) error
	Delete(ctx context.Context, database string, ids []int64) (int, error)
	DeleteKeys(ctx context.Context, database string, keys []string) (int, error)
	DeleteWhere(ctx context.Context, database string, f *filterlang.Filter) (int, error)
	Remove(ctx context.Context, in app.Removal) (int, error)
}

// Embedder makes embeddings of texts that are not stored.
type Embedder interface {
	Embed(ctx context.Context, in app.Embed) (app.Embedded, error)
	Providers() []string
}

// Jobs starts, watches and cancels work that outlasts a call.
type Jobs interface {
	StartRebuild(ctx context.Context, id string) (app.Job, error)
	StartReembed(ctx context.Context, in app.Reembed) (app.Job, error)
	ResumeReembeds(ctx context.Context) error
	StartImport(id string, p app.ImportProgress) (app.Job, error)
	ReportImport(id int64, p app.ImportProgress) (app.Job, error)
	Jobs() []app.Job
	Job(id int64) (app.Job, error)
	WaitJob(ctx context.Context, id int64) (app.Job, error)
	CancelJob(ctx context.Context, id int64) (app.Job, error)
	WaitIndexed(ctx context.Context, id string, report func(done, total int64)) error
	FinishIndex(ctx context.Context, id string, report func(done, total int64)) error
}

// Mover takes databases to other servers, and in; moving.None refuses all of it.
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
	Recall(ctx context.Context, in recall.Ask) (recall.Report, error)
	Backup(ctx context.Context) (app.BackupFile, error)
	BackupTo(ctx context.Context, path string) (int64, error)
	Verify(ctx context.Context, repair bool) (domain.Report, error)
}

// Budget is what a request may take of the machine.
type Budget interface {
	Limits() app.Limits
	// Heavily runs fn, which takes a core, where that leaves one to searches.
	Heavily(ctx context.Context, fn func() error) error
}
