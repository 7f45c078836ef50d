package memista

import (
	"context"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

var conflicts = map[OnConflict]domain.Conflict{"": domain.Replace, Replace: domain.Replace, Refuse: domain.Refuse, Skip: domain.Skip}

// Insert stores all chunks or none, and returns their ids in order. The first insert
// makes the database, with the dimension of the first embedding. When Insert returns,
// the chunks are durable and every search that starts afterwards sees them. It does not
// keep the slices. o may be nil.
func (db *DB) Insert(ctx context.Context, id string, chunks []Chunk, o *InsertOptions) ([]int64, error) {
	if o == nil {
		o = &InsertOptions{}
	}
	on, known := conflicts[o.OnConflict]
	if !known {
		return nil, domain.Errorf(domain.ErrInvalid, "unknown OnConflict %q: use replace, error or skip", o.OnConflict)
	}
	put, err := toChunks(chunks)
	if err != nil {
		return nil, err
	}
	return db.svc.Insert(ctx, app.Insert{Database: id, Chunks: put, OnConflict: on})
}

const wholeChunk = domain.WholeChunk

// Get returns a chunk with its vectors, or ErrNotFound.
func (db *DB) Get(ctx context.Context, id string, chunk int64) (Chunk, error) {
	return fromChunkOr(db.svc.Chunk(ctx, id, app.Ref{ID: chunk}, wholeChunk))
}

// GetByKey returns the chunk with your own id key, with its vectors, or ErrNotFound.
func (db *DB) GetByKey(ctx context.Context, id, key string) (Chunk, error) {
	return fromChunkOr(db.svc.Chunk(ctx, id, app.Ref{Key: key}, wholeChunk))
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
	change, err := toPatch(p)
	if err != nil {
		return Chunk{}, err
	}
	return fromChunkOr(db.svc.Patch(ctx, id, ref, change))
}

func toPatch(p Patch) (app.Patch, error) {
	change := app.Patch{Text: p.Text, Embedding: p.Embedding, TTL: p.TTL, Sparse: toSparsePatch(p.Sparse), Vectors: p.Vectors}
	if p.Metadata.IsZero() {
		return change, nil
	}
	m, err := toMetadata(p.Metadata)
	change.Metadata = &m
	return change, err
}

// PatchWhere changes the metadata and the time to live of the chunks that a filter selects
// and returns how many. A filter that is nil or empty, a patch with a text or an
// embedding, and metadata that is no object are ErrInvalid. Many chunks are changed in several steps, each of which is
// durable.
func (db *DB) PatchWhere(ctx context.Context, id string, f *Filter, p Patch) (int, error) {
	parsed, err := toFilterOfSome(f)
	if err != nil {
		return 0, err
	}
	change, err := toPatch(p)
	if err != nil {
		return 0, err
	}
	return db.svc.PatchWhere(ctx, id, parsed, change)
}

// toFilterOfSome is toFilter of a filter that says something.
func toFilterOfSome(f *Filter) (*filterlang.Filter, error) {
	parsed, err := toFilter(f)
	if err == nil && (parsed == nil || parsed.IsAll()) {
		err = domain.Errorf(domain.ErrInvalid, "a filter cannot be empty here")
	}
	return parsed, err
}

// Delete removes chunks and returns how many there were; unknown ids are passed over.
func (db *DB) Delete(ctx context.Context, id string, chunks ...int64) (int, error) {
	return db.svc.Delete(ctx, id, chunks)
}

// DeleteKeys removes the chunks with your own ids keys and returns how many there were;
// unknown keys are passed over.
func (db *DB) DeleteKeys(ctx context.Context, id string, keys ...string) (int, error) {
	return db.svc.DeleteKeys(ctx, id, keys)
}

// DeleteWhere removes the chunks that a filter selects and returns how many. A filter that
// is nil or empty is ErrInvalid: Drop removes everything. Many chunks are removed in several
// steps, each of which is durable.
func (db *DB) DeleteWhere(ctx context.Context, id string, f *Filter) (int, error) {
	parsed, err := toFilterOfSome(f)
	if err != nil {
		return 0, err
	}
	return db.svc.DeleteWhere(ctx, id, parsed)
}

// Count returns how many chunks a filter selects, of all with nil.
func (db *DB) Count(ctx context.Context, id string, f *Filter) (int64, error) {
	parsed, err := toFilter(f)
	if err != nil {
		return 0, err
	}
	return db.svc.Count(ctx, id, parsed)
}

// CountValues counts how many of the chunks that a filter selects have each value of a field
// of the metadata, as facets do: those of most chunks first. A chunk with an array there
// counts for each of its elements. o may be nil.
func (db *DB) CountValues(ctx context.Context, id, field string, o *ValuesOptions) (Values, error) {
	if o == nil {
		o = &ValuesOptions{}
	}
	f, err := toFilter(o.Filter)
	if err != nil {
		return Values{}, err
	}
	found, err := db.svc.CountValues(ctx, app.CountValues{Database: id, Field: field, Filter: f, Limit: o.Limit})
	if err != nil {
		return Values{}, err
	}
	out := Values{Values: make([]ValueCount, len(found.Values)), Distinct: found.Distinct}
	for i, v := range found.Values {
		out.Values[i] = ValueCount{Value: v.Value.Any(), Chunks: v.Chunks}
	}
	return out, nil
}

var orders = map[Order]app.ListOrder{"": app.ByID, ByID: app.ByID, ByKey: app.ByKey}

// List returns a page of chunks, in the order of their ids, of their keys or of a field. o may be
// nil.
func (db *DB) List(ctx context.Context, id string, o *ListOptions) (Page, error) {
	if o == nil {
		o = &ListOptions{}
	}
	f, err := toFilter(o.Filter)
	if err != nil {
		return Page{}, err
	}
	parts, err := fields(o.Include)
	if err != nil {
		return Page{}, err
	}
	order, known := orders[o.Order]
	if !known {
		return Page{}, domain.Errorf(domain.ErrInvalid, "unknown Order %q: use id or key", o.Order)
	}
	by, err := toSort(o.Sort)
	if err != nil {
		return Page{}, err
	}
	found, err := db.svc.List(ctx, app.List{
		Database: id, Order: order, Sort: by, After: o.After, From: o.From, Skip: o.Skip, Limit: o.Limit, Filter: f, Fields: parts,
	})
	if err != nil {
		return Page{}, err
	}
	page := Page{Chunks: make([]Chunk, len(found.Chunks)), Next: found.Next, NextKey: found.NextKey}
	if found.NextValue != nil {
		page.NextValue = found.NextValue.Any()
	}
	for i, c := range found.Chunks {
		page.Chunks[i] = fromChunk(c)
	}
	return page, nil
}

// toSort returns s, which may be nil, as the use case takes it.
func toSort(s *Sort) (*app.Sort, error) {
	if s == nil {
		return nil, nil
	}
	by := &app.Sort{Field: s.Field, Descending: s.Descending}
	if s.From == nil {
		return by, nil
	}
	from, err := s.FromJSON()
	if err != nil {
		return nil, domain.FieldErrorf(domain.ErrInvalid, "from", "%v", err)
	}
	v, err := filterlang.ParseValue(from)
	if err != nil {
		return nil, domain.FieldErrorf(domain.ErrInvalid, "from", "%v", err)
	}
	by.From = &v
	return by, nil
}

// Sample returns n chunks at random, 10 with 0, or all if they are fewer: each as likely as any
// other, none twice. o may be nil.
func (db *DB) Sample(ctx context.Context, id string, n int, o *SampleOptions) ([]Chunk, error) {
	if o == nil {
		o = &SampleOptions{}
	}
	in := app.Sample{Database: id, N: n}
	var err error
	if in.Filter, err = toFilter(o.Filter); err == nil {
		in.Fields, err = fields(o.Include)
	}
	if err != nil {
		return nil, err
	}
	found, err := db.svc.Sample(ctx, in)
	if err != nil {
		return nil, err
	}
	list := make([]Chunk, len(found))
	for i, c := range found {
		list[i] = fromChunk(c)
	}
	return list, nil
}
