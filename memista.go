package memista

import (
	"context"
	"encoding/json"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
)

// The kinds of errors, for errors.Is. The text of an error says what to do.
var (
	ErrInvalid     = domain.ErrInvalid     // a bad argument: id, key, k, metadata, …
	ErrNotFound    = domain.ErrNotFound    // no such database or chunk
	ErrConflict    = domain.ErrConflict    // exists with other settings, or a key that exists
	ErrTooLarge    = domain.ErrTooLarge    // over a limit
	ErrLimit       = domain.ErrLimit       // there are as many databases as may be
	ErrDimension   = domain.ErrDimension   // an embedding of the wrong dimension
	ErrNotFinite   = domain.ErrNotFinite   // NaN or infinity in an embedding
	ErrZeroVector  = domain.ErrZeroVector  // no direction, under Cosine
	ErrUnsupported = domain.ErrUnsupported // this build lacks it
	ErrBusy        = domain.ErrBusy        // too much at once: try again in a moment
	ErrDiskFull    = domain.ErrDiskFull    // nothing was stored; reads go on
	ErrReadOnly    = domain.ErrReadOnly    // after a fault of the disk
	ErrClosed      = domain.ErrClosed      // Close was called
	ErrLocked      = domain.ErrLocked      // another process has the file open
	ErrForeignFile = domain.ErrForeignFile // not a memista file
	ErrNewerSchema = domain.ErrNewerSchema // written by a newer memista
	ErrCorrupt     = domain.ErrCorrupt     // the file is damaged
)

// DB is an open memista file. It is safe for concurrent use.
type DB struct {
	svc *app.Service
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
	})
	if err != nil {
		return nil, err
	}
	return &DB{svc: opened.Service}, nil
}

// Close waits for calls under way and closes the file. Later calls return ErrClosed.
// Close may be called twice.
func (db *DB) Close() error { return db.svc.Close() }

// Create makes the database called id, and returns it as it is if it exists with the
// same settings already; with others it is ErrConflict. Settings that are left at zero are
// not compared, so that Create with nil makes sure that there is one. An id has 1 to 128 characters of
// A-Z a-z 0-9 _ - . and does not start with a dot. opts may be nil.
func (db *DB) Create(ctx context.Context, id string, opts *DatabaseOptions) (Database, error) {
	if opts == nil {
		opts = &DatabaseOptions{}
	}
	about, err := toMetadata(opts.Metadata)
	if err != nil {
		return Database{}, err
	}
	d, _, err := db.svc.Create(ctx, id, domain.Settings{
		Dims: opts.Dims, Metric: domain.Metric(opts.Metric), Engine: opts.Engine,
		M: opts.M, EfConstruction: opts.EfConstruction, EfSearch: opts.EfSearch, Storage: opts.Storage,
		TTL: opts.TTL, FullText: domain.Tokenizer(opts.FullText), Metadata: about,
	})
	if err != nil {
		return Database{}, err
	}
	return fromDatabase(d), nil
}

// Insert stores all chunks or none, and returns their ids in order. The first insert
// makes the database, with the dimension of the first embedding. When Insert returns,
// the chunks are durable and every search that starts afterwards sees them. It does not
// keep the slices. opts may be nil.
func (db *DB) Insert(ctx context.Context, id string, chunks []Chunk, opts *InsertOptions) ([]int64, error) {
	if opts == nil {
		opts = &InsertOptions{}
	}
	if opts.OnConflict < Replace || opts.OnConflict > Skip {
		return nil, domain.Errorf(domain.ErrInvalid, "unknown OnConflict %d", opts.OnConflict)
	}
	put, err := toDomain(chunks)
	if err != nil {
		return nil, err
	}
	return db.svc.Insert(ctx, app.Insert{Database: id, Chunks: put, OnConflict: domain.Conflict(opts.OnConflict)})
}

// Search returns the k chunks nearest to embedding, best first, or all there are if they
// are fewer. With opts.Text, those with its words count too, or alone where embedding is
// nil. opts may be nil.
func (db *DB) Search(ctx context.Context, id string, embedding []float32, k int, opts *SearchOptions) ([]Hit, error) {
	lists, err := db.SearchMany(ctx, id, [][]float32{embedding}, k, opts)
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// SearchMany answers one search per embedding, side by side, in the order of embeddings.
// Queries that differ in more than their embeddings are for Query. opts may be nil.
func (db *DB) SearchMany(ctx context.Context, id string, embeddings [][]float32, k int, opts *SearchOptions) ([][]Hit, error) {
	if opts == nil {
		opts = &SearchOptions{}
	}
	in := app.Search{Database: id, Queries: make([]app.Query, len(embeddings)), Fields: fields(opts.OnlyIDs, opts.WithEmbedding)}
	filter, err := toFilter(opts.Filter)
	if err != nil {
		return nil, err
	}
	for i, e := range embeddings {
		in.Queries[i] = app.Query{
			Embedding: e, Text: opts.Text, AllWords: opts.AllWords, Fusion: opts.Fusion.domain(),
			K: k, Offset: opts.Offset, Filter: filter, MinScore: opts.MinScore, Ef: opts.Ef, Exact: opts.Exact,
		}
	}
	found, err := db.svc.Search(ctx, in)
	if err != nil {
		return nil, err
	}
	return hitLists(found.Hits), nil
}

// Get returns a chunk with its embedding, or ErrNotFound.
func (db *DB) Get(ctx context.Context, id string, chunk int64) (Chunk, error) {
	c, err := db.svc.Chunk(ctx, id, app.Ref{ID: chunk}, domain.DefaultFields|domain.FieldEmbedding)
	if err != nil {
		return Chunk{}, err
	}
	return fromChunk(c), nil
}

// Delete removes chunks and returns how many there were; unknown ids are passed over.
func (db *DB) Delete(ctx context.Context, id string, chunks ...int64) (int, error) {
	return db.svc.Delete(ctx, id, chunks)
}

// DeleteWhere removes the chunks that a filter selects and returns how many. A filter that
// is empty is ErrInvalid: Drop removes everything. Many chunks are removed in several
// steps, each of which is durable.
func (db *DB) DeleteWhere(ctx context.Context, id string, filter json.RawMessage) (int, error) {
	f, err := toFilter(filter)
	if err != nil {
		return 0, err
	}
	if f == nil || f.IsAll() {
		return 0, domain.Errorf(domain.ErrInvalid, "a filter cannot be empty here")
	}
	return db.svc.DeleteWhere(ctx, id, f)
}

// Count returns how many chunks a filter selects, of all with nil.
func (db *DB) Count(ctx context.Context, id string, filter json.RawMessage) (int64, error) {
	f, err := toFilter(filter)
	if err != nil {
		return 0, err
	}
	return db.svc.Count(ctx, id, f)
}

// List returns chunks in the order of their ids, and the After of the next page, 0 after
// the last one. opts may be nil.
func (db *DB) List(ctx context.Context, id string, opts *ListOptions) (chunks []Chunk, next int64, err error) {
	if opts == nil {
		opts = &ListOptions{}
	}
	f, err := toFilter(opts.Filter)
	if err != nil {
		return nil, 0, err
	}
	page, err := db.svc.List(ctx, app.List{Database: id, After: opts.After, Limit: opts.Limit, Filter: f, Fields: domain.DefaultFields})
	if err != nil {
		return nil, 0, err
	}
	for _, c := range page.Chunks {
		chunks = append(chunks, fromChunk(c))
	}
	return chunks, page.Next, nil
}

// Drop removes a database with everything in it. It is not an error if there is none.
// The name is free when Drop returns; disk space is given back in the background.
func (db *DB) Drop(ctx context.Context, id string) error {
	_, err := db.svc.Drop(ctx, id)
	return err
}

// Databases describes all databases in the order of their ids.
func (db *DB) Databases(ctx context.Context) ([]Database, error) {
	list, err := db.svc.Databases(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Database, len(list))
	for i, d := range list {
		out[i] = fromDatabase(d)
	}
	return out, nil
}

// DatabasesOptions configure DatabasesPage. The zero value, and nil, mean all.
type DatabasesOptions struct {
	After  string // only ids behind it
	Prefix string // only ids that begin so
	Limit  int    // 0: all
}

// DatabasesPage describes databases in the order of their ids, and returns the After of
// the next page, "" after the last one. opts may be nil.
func (db *DB) DatabasesPage(ctx context.Context, opts *DatabasesOptions) (page []Database, next string, err error) {
	if opts == nil {
		opts = &DatabasesOptions{}
	}
	found, err := db.svc.ListDatabases(ctx, app.ListDatabases{After: opts.After, Prefix: opts.Prefix, Limit: opts.Limit})
	for _, d := range found.Databases {
		page = append(page, fromDatabase(d))
	}
	return page, found.Next, err
}

// Database describes one database, or returns ErrNotFound.
func (db *DB) Database(ctx context.Context, id string) (Database, error) {
	info, err := db.svc.Database(ctx, id)
	if err != nil {
		return Database{}, err
	}
	return fromDatabase(info.Database), nil
}

// Service returns the use cases behind db, for package server of this module. Its type
// is internal and not part of what memista promises.
func (db *DB) Service() *app.Service { return db.svc }
