package api

import (
	"context"
	"io"
)

// Service is what can be done with databases, wherever they are: *memista.DB does it with a
// file in this process, *client.Client with a server. It is safe for concurrent use.
//
// Options may be nil, which means the defaults. Calls that name a database which does not
// exist return ErrNotFound, unless they say otherwise.
type Service interface {
	// Database returns a handle for one database, which need not exist yet.
	Database(id string) *Database

	// Create makes the database called id, and describes it as it is if it exists with the
	// same settings already; with others it is ErrConflict.
	Create(ctx context.Context, id string, s *Settings) (DatabaseInfo, error)
	// Databases describes all databases in the order of their ids, DatabasesPage some.
	Databases(ctx context.Context) ([]DatabaseInfo, error)
	DatabasesPage(ctx context.Context, o *DatabasesOptions) (DatabasePage, error)
	// Describe tells the settings of a database, Stats also about its index.
	Describe(ctx context.Context, id string) (DatabaseInfo, error)
	Stats(ctx context.Context, id string) (Stats, error)
	// Update changes settings, all or none, and returns when the database has them.
	// StartUpdate returns the job that gives it them, nil where it has them already.
	Update(ctx context.Context, id string, u Update) (DatabaseInfo, error)
	StartUpdate(ctx context.Context, id string, u Update) (*Job, error)
	// Drop removes a database with everything in it. It is not an error if there is none.
	Drop(ctx context.Context, id string) error

	// Aliases returns the aliases of databases in their order.
	Aliases(ctx context.Context) ([]Alias, error)
	// ChangeAliases does all of actions, in order, or none. A call that names an alias
	// meanwhile is about the database of before or about that of after.
	ChangeAliases(ctx context.Context, actions ...AliasAction) error

	// Insert stores all chunks or none, and returns their ids in order. The first insert
	// makes the database.
	Insert(ctx context.Context, id string, chunks []Chunk, o *InsertOptions) ([]int64, error)
	// Get and GetByKey return one chunk whole.
	Get(ctx context.Context, id string, chunk int64) (Chunk, error)
	GetByKey(ctx context.Context, id, key string) (Chunk, error)
	// Patch and PatchByKey change parts of one chunk and return the whole of it.
	Patch(ctx context.Context, id string, chunk int64, p Patch) (Chunk, error)
	PatchByKey(ctx context.Context, id, key string, p Patch) (Chunk, error)
	// PatchWhere changes metadata and time to live of the chunks that a filter selects and
	// returns how many. Metadata must be an object.
	PatchWhere(ctx context.Context, id string, f *Filter, p Patch) (int, error)
	// Delete and DeleteKeys remove chunks and return how many there were; unknown ids and
	// keys are passed over. DeleteWhere removes what a filter selects.
	Delete(ctx context.Context, id string, chunks ...int64) (int, error)
	DeleteKeys(ctx context.Context, id string, keys ...string) (int, error)
	DeleteWhere(ctx context.Context, id string, f *Filter) (int, error)
	// Count, CountValues and List are about the chunks that a filter selects. CountValues
	// counts how many have each value of a field, a facet.
	Count(ctx context.Context, id string, f *Filter) (int64, error)
	CountValues(ctx context.Context, id, field string, o *ValuesOptions) (Values, error)
	List(ctx context.Context, id string, o *ListOptions) (Page, error)
	// Sample returns n chunks at random, 10 with 0, or all if they are fewer: each as likely as
	// any other, none twice.
	Sample(ctx context.Context, id string, n int, o *SampleOptions) ([]Chunk, error)

	// Search returns the k chunks nearest to embedding, best first; SearchMany answers one
	// search per embedding, Query several queries of different kinds.
	Search(ctx context.Context, id string, embedding []float32, k int, o *SearchOptions) ([]Hit, error)
	SearchMany(ctx context.Context, id string, embeddings [][]float32, k int, o *SearchOptions) ([][]Hit, error)
	Query(ctx context.Context, id string, queries []Query, o *QueryOptions) (Results, error)
	// SearchGroups returns the best hits of each of the best values of a field of the metadata,
	// which are those of the best hits, in that order. A chunk with an array there is in the
	// group of each of its elements, one without a value in none. K and Offset of q are 0, and
	// it has no MMR and no Rerank.
	SearchGroups(ctx context.Context, id string, q Query, by string, o *GroupsOptions) ([]Group, error)

	// Recall measures which share of the true neighbors searches of a database find: stored
	// vectors are the queries, each left out of its own answer. It is done once at a time.
	Recall(ctx context.Context, id string, o *RecallOptions) (Recall, error)
	// Rebuild makes the index of a database anew and returns when that is done, StartRebuild
	// at once.
	Rebuild(ctx context.Context, id string) error
	StartRebuild(ctx context.Context, id string) (Job, error)
	// Reembed gives a database another embedder and returns when that is done, StartReembed
	// at once: embeddings by it are made of the stored texts, and take the place of those of
	// before in one step. What was cut off, or has failed, goes on where it was when it is
	// started again; what is canceled leaves everything as it was. It is ErrConflict if the
	// database has that embedder, and ErrInvalid if chunks have no text.
	Reembed(ctx context.Context, id string, e Embedder, o *ReembedOptions) error
	StartReembed(ctx context.Context, id string, e Embedder, o *ReembedOptions) (Job, error)
	// WaitIndexed returns when the index has every vector that was stored before the call.
	WaitIndexed(ctx context.Context, id string, told func(done, total int64)) error
	// Jobs lists the jobs under way and the last ones that have ended, oldest first.
	Jobs(ctx context.Context) ([]Job, error)
	Job(ctx context.Context, id int64) (Job, error)
	// CancelJob stops a job and returns it when nothing of it is left.
	CancelJob(ctx context.Context, id int64) (Job, error)
	// WaitJob returns a job when it has ended.
	WaitJob(ctx context.Context, id int64) (Job, error)

	Mover

	// Backup writes a copy of all databases to w and returns its size.
	Backup(ctx context.Context, w io.Writer) (int64, error)
	Close() error
}
