package memista

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// Create makes the database called id, and describes it as it is if it exists with the
// same settings already; with others it is ErrConflict. Settings that are left at zero are
// not compared, so that Create with nil makes sure that there is one. An id has 1 to 128 characters of
// A-Z a-z 0-9 _ - . and does not start with a dot. s may be nil.
func (db *DB) Create(ctx context.Context, id string, s *Settings) (DatabaseInfo, error) {
	if s == nil {
		s = &Settings{}
	}
	about, err := toMetadata(s.Metadata)
	if err != nil {
		return DatabaseInfo{}, err
	}
	sparse, err := toSparseNames(s.Sparse)
	if err != nil {
		return DatabaseInfo{}, err
	}
	vectors, err := toNamed(s.Vectors)
	if err != nil {
		return DatabaseInfo{}, err
	}
	d, _, err := db.svc.Create(ctx, id, domain.Settings{
		Dims: s.Dims, Metric: domain.Metric(s.Metric), Engine: s.Engine,
		M: s.M, EfConstruction: s.EfConstruction, EfSearch: s.EfSearch, TargetRecall: s.TargetRecall, Storage: s.Storage,
		TTL: s.TTL, FullText: domain.Tokenizer(s.FullText), Metadata: about,
		Embedder:           domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: s.Embedder.Provider, Model: s.Embedder.Model}},
		OptionalEmbeddings: s.OptionalEmbeddings,
		Sparse:             sparse,
		Vectors:            vectors,
	})
	if err != nil {
		return DatabaseInfo{}, err
	}
	return fromDatabase(d), nil
}

// Drop removes a database with everything in it. It is not an error if there is none.
// The name is free when Drop returns; disk space is given back in the background.
func (db *DB) Drop(ctx context.Context, id string) error {
	_, err := db.svc.Drop(ctx, id)
	return err
}

// Aliases returns the aliases of databases in their order.
func (db *DB) Aliases(ctx context.Context) ([]Alias, error) {
	found, err := db.svc.Aliases(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Alias, len(found))
	for i, a := range found {
		list[i] = Alias{Alias: a.Alias, Database: a.ID}
	}
	return list, nil
}

// ChangeAliases does all of actions, in order, or none. A call that names an alias meanwhile
// is about the database of before or about that of after, so that a database can be built
// beside the one in use, take its place, and the old one be dropped. An alias that is the
// name of a database is ErrConflict.
func (db *DB) ChangeAliases(ctx context.Context, actions ...AliasAction) error {
	steps := make([]collection.AliasAction, len(actions))
	for i, a := range actions {
		steps[i] = collection.AliasAction{Do: collection.AliasDo(a.Action), Alias: a.Alias, To: a.To, Database: a.Database}
	}
	return db.svc.ChangeAliases(ctx, steps, nil)
}

// Databases describes all databases in the order of their ids.
func (db *DB) Databases(ctx context.Context) ([]DatabaseInfo, error) {
	list, err := db.svc.Databases(ctx)
	return fromDatabases(list), err
}

// DatabasesPage describes databases, a page at a time. o may be nil.
func (db *DB) DatabasesPage(ctx context.Context, o *DatabasesOptions) (DatabasePage, error) {
	if o == nil {
		o = &DatabasesOptions{}
	}
	found, err := db.svc.ListDatabases(ctx, app.ListDatabases{After: o.After, Prefix: o.Prefix, Limit: o.Limit})
	return DatabasePage{Databases: fromDatabases(found.Databases), Next: found.Next}, err
}

// Describe tells the settings of a database and how many chunks it has, or returns
// ErrNotFound.
func (db *DB) Describe(ctx context.Context, id string) (DatabaseInfo, error) {
	info, err := db.svc.Database(ctx, id)
	if err != nil {
		return DatabaseInfo{}, err
	}
	return fromDatabase(info.Database), nil
}

// Stats describes a database and the index that serves it, or returns ErrNotFound. It does
// not open a database that is not in memory.
func (db *DB) Stats(ctx context.Context, id string) (Stats, error) {
	info, err := db.svc.Database(ctx, id)
	if err != nil {
		return Stats{}, err
	}
	st := Stats{
		DatabaseInfo: fromDatabase(info.Database), Plan: string(info.Plan), Problems: make([]Problem, len(info.Problems)),
		Disk: DiskStats{EmbeddingBytes: 4 * info.Chunks * int64(info.Dims), IndexBytes: info.IndexFile},
	}
	if st.Recall, err = fromTuned(&info.Settings); err != nil {
		return Stats{}, err
	}
	for i, p := range info.Problems {
		st.Problems[i] = Problem{Code: problemCode(p.Kind), Database: p.Database, Message: p.Message(), Since: p.Since}
	}
	if t := info.Tail; info.Open {
		st.Tail = &TailStats{Vectors: t.Len, Bytes: t.Bytes, SIMD: t.SIMD, Indexing: info.Indexing, Sequence: info.Searched}
	}
	if g := info.Graph; g.Engine != "" {
		st.Graph = &GraphStats{
			Engine: g.Engine, Storage: g.Kind, SIMD: g.SIMD, Vectors: g.Len, Dead: g.Dead, Bytes: g.Bytes, MappedBytes: g.Mapped,
			Sequence: info.Indexed, SavedSequence: info.Saved,
		}
	}
	return st, nil
}

// problemCode is the kind of a problem as the HTTP API calls it.
func problemCode(kind error) string {
	switch {
	case errors.Is(kind, ErrDiskFull):
		return "disk_full"
	case errors.Is(kind, ErrReadOnly):
		return "read_only"
	case errors.Is(kind, ErrCorrupt):
		return "corrupt"
	}
	return "internal"
}

// Update changes settings of a database, all or none, and returns it when it has them.
// TTL, EfSearch, TargetRecall, Metadata, OptionalEmbeddings, Sparse and the end of full text take no time. The others need another
// index, which is made beside the one that is searched meanwhile; if ctx ends before that is
// done, or something stands in the way (such as an embedding of length zero where the metric
// is to be Cosine), all settings are as they were.
func (db *DB) Update(ctx context.Context, id string, u Update) (DatabaseInfo, error) {
	j, err := db.StartUpdate(ctx, id, u)
	if err == nil && j != nil {
		err = db.await(ctx, j.ID)
	}
	if err != nil {
		return DatabaseInfo{}, err
	}
	return db.Describe(ctx, id)
}

// StartUpdate is Update that does not wait: it returns the job that gives the database its
// settings, or nil where it has them already.
func (db *DB) StartUpdate(ctx context.Context, id string, u Update) (*Job, error) {
	a := domain.Alteration{
		Metric: (*domain.Metric)(u.Metric), Engine: u.Engine, M: u.M, EfConstruction: u.EfConstruction, EfSearch: u.EfSearch, TargetRecall: u.TargetRecall,
		Storage: u.Storage, TTL: u.TTL, FullText: (*domain.Tokenizer)(u.FullText), OptionalEmbeddings: u.OptionalEmbeddings,
	}
	if !u.Metadata.IsZero() {
		m, err := toMetadata(u.Metadata)
		if err != nil {
			return nil, err
		}
		a.Metadata = &m
	}
	if u.Sparse != nil {
		names, err := toSparseNames(u.Sparse)
		if err != nil {
			return nil, err
		}
		a.Sparse = &names
	}
	done, err := db.svc.Alter(ctx, id, a)
	if err != nil || done.Job == nil {
		return nil, err
	}
	j := fromJob(*done.Job)
	return &j, nil
}
