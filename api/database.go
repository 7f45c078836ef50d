package api

import "context"

// Database is a handle for one database of a Service, so that its id is said once. It holds
// nothing else: the database need not exist, and there is nothing to close. It is safe for
// concurrent use. Each method does what the one of the same name of Service does.
type Database struct {
	s  Service
	id string
}

// NewDatabase returns a handle for the database id of s.
func NewDatabase(s Service, id string) *Database { return &Database{s, id} }

// ID returns the id of the database.
func (d *Database) ID() string { return d.id }

// Create makes the database, or describes it if it exists with these settings. s may be nil.
func (d *Database) Create(ctx context.Context, s *Settings) (DatabaseInfo, error) {
	return d.s.Create(ctx, d.id, s)
}

// Describe tells the settings of the database and how many chunks it has.
func (d *Database) Describe(ctx context.Context) (DatabaseInfo, error) {
	return d.s.Describe(ctx, d.id)
}

// Stats describes the database and its index.
func (d *Database) Stats(ctx context.Context) (Stats, error) { return d.s.Stats(ctx, d.id) }

// Update changes settings, all or none, and returns when the database has them.
func (d *Database) Update(ctx context.Context, u Update) (DatabaseInfo, error) {
	return d.s.Update(ctx, d.id, u)
}

// Drop removes the database with everything in it.
func (d *Database) Drop(ctx context.Context) error { return d.s.Drop(ctx, d.id) }

// Insert stores all chunks or none, and returns their ids in order. o may be nil.
func (d *Database) Insert(ctx context.Context, chunks []Chunk, o *InsertOptions) ([]int64, error) {
	return d.s.Insert(ctx, d.id, chunks, o)
}

// Get returns the chunk with an id, whole.
func (d *Database) Get(ctx context.Context, chunk int64) (Chunk, error) {
	return d.s.Get(ctx, d.id, chunk)
}

// GetByKey returns the chunk with your own id key, whole.
func (d *Database) GetByKey(ctx context.Context, key string) (Chunk, error) {
	return d.s.GetByKey(ctx, d.id, key)
}

// Patch changes parts of one chunk and returns the whole of it.
func (d *Database) Patch(ctx context.Context, chunk int64, p Patch) (Chunk, error) {
	return d.s.Patch(ctx, d.id, chunk, p)
}

// PatchByKey is Patch of the chunk with your own id key.
func (d *Database) PatchByKey(ctx context.Context, key string, p Patch) (Chunk, error) {
	return d.s.PatchByKey(ctx, d.id, key, p)
}

// Delete removes chunks by their ids and returns how many there were.
func (d *Database) Delete(ctx context.Context, chunks ...int64) (int, error) {
	return d.s.Delete(ctx, d.id, chunks...)
}

// DeleteKeys removes chunks by their keys and returns how many there were.
func (d *Database) DeleteKeys(ctx context.Context, keys ...string) (int, error) {
	return d.s.DeleteKeys(ctx, d.id, keys...)
}

// PatchWhere changes metadata and time to live of the chunks that a filter selects and
// returns how many. Metadata must be an object.
func (d *Database) PatchWhere(ctx context.Context, f *Filter, p Patch) (int, error) {
	return d.s.PatchWhere(ctx, d.id, f, p)
}

// DeleteWhere removes the chunks that a filter selects and returns how many.
func (d *Database) DeleteWhere(ctx context.Context, f *Filter) (int, error) {
	return d.s.DeleteWhere(ctx, d.id, f)
}

// CountValues counts how many chunks have each value of a field of the metadata.
func (d *Database) CountValues(ctx context.Context, field string, o *ValuesOptions) (Values, error) {
	return d.s.CountValues(ctx, d.id, field, o)
}

// Sample returns n chunks at random. o may be nil.
func (d *Database) Sample(ctx context.Context, n int, o *SampleOptions) ([]Chunk, error) {
	return d.s.Sample(ctx, d.id, n, o)
}

// Count returns how many chunks a filter selects, of all with nil.
func (d *Database) Count(ctx context.Context, f *Filter) (int64, error) {
	return d.s.Count(ctx, d.id, f)
}

// List returns a page of chunks in the order of their ids. o may be nil.
func (d *Database) List(ctx context.Context, o *ListOptions) (Page, error) {
	return d.s.List(ctx, d.id, o)
}

// Search returns the k chunks nearest to embedding, best first. o may be nil.
func (d *Database) Search(ctx context.Context, embedding []float32, k int, o *SearchOptions) ([]Hit, error) {
	return d.s.Search(ctx, d.id, embedding, k, o)
}

// SearchMany answers one search per embedding, in their order. o may be nil.
func (d *Database) SearchMany(ctx context.Context, embeddings [][]float32, k int, o *SearchOptions) ([][]Hit, error) {
	return d.s.SearchMany(ctx, d.id, embeddings, k, o)
}

// Query answers several queries of different kinds. o may be nil.
func (d *Database) Query(ctx context.Context, queries []Query, o *QueryOptions) (Results, error) {
	return d.s.Query(ctx, d.id, queries, o)
}

// SearchGroups returns the best hits of each of the best values of a field. o may be nil.
func (d *Database) SearchGroups(ctx context.Context, q Query, by string, o *GroupsOptions) ([]Group, error) {
	return d.s.SearchGroups(ctx, d.id, q, by, o)
}

// Recall measures which share of the true neighbors searches find. o may be nil.
func (d *Database) Recall(ctx context.Context, o *RecallOptions) (Recall, error) {
	return d.s.Recall(ctx, d.id, o)
}

// Rebuild makes the index anew and returns when that is done.
func (d *Database) Rebuild(ctx context.Context) error { return d.s.Rebuild(ctx, d.id) }

// Reembed gives the database another embedder and returns when that is done. o may be nil.
func (d *Database) Reembed(ctx context.Context, e Embedder, o *ReembedOptions) error {
	return d.s.Reembed(ctx, d.id, e, o)
}

// WaitIndexed returns when the index has every vector that was stored before the call. told,
// which may be nil, is called now and then with how many vectors of how many it has.
func (d *Database) WaitIndexed(ctx context.Context, told func(done, total int64)) error {
	return d.s.WaitIndexed(ctx, d.id, told)
}
