package query

import (
	"context"
	"errors"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/named"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// space is the vectors among which a query looks for neighbors: the embeddings of a database, or
// those under a name.
type space struct {
	set *domain.Settings // of the database, as it is for these vectors
	of  domain.NamedVector
}

// checkUsing refuses a name of vectors where q is for none.
func (q *Query) checkUsing() error {
	switch {
	case q.Using == "":
		return nil
	case q.NearText != "":
		return domain.FieldErrorf(domain.ErrInvalid, "using", "is not for a near_text, whose embedding is near those of the chunks: give the vector as embedding")
	case !q.hasVector():
		return domain.FieldErrorf(domain.ErrInvalid, "using", "is for a query with an embedding, a chunk_id or a key")
	}
	return nil
}

// spacesOf returns the vectors that each query is for, in a database with settings set; nil:
// all are for the embeddings.
func spacesOf(queries []Query, set *domain.Settings) ([]space, error) {
	var list []space
	for i := range queries {
		if queries[i].Using == "" {
			continue
		}
		of, err := set.Vectors.Find(queries[i].Using)
		if err != nil {
			return nil, domain.At(err, Place(i))
		}
		if list == nil {
			list = make([]space, len(queries))
		}
		by := set.Using(of)
		list[i] = space{&by, of}
	}
	return list, nil
}

// set returns the settings by which the vectors of query i are measured.
func (a *attempt) set(i int) *domain.Settings {
	if a.spaces != nil && a.spaces[i].set != nil {
		return a.spaces[i].set
	}
	return &a.info.Settings
}

// vectorOf returns the vector of c that q compares with.
func (q *Query) vectorOf(c *domain.Chunk) []float32 {
	if q.Using != "" {
		return c.Vectors[q.Using]
	}
	return c.Embedding
}

// vectorField is the part of a chunk that q compares with.
func (q *Query) vectorField() domain.Fields {
	if q.Using != "" {
		return domain.FieldVectors
	}
	return domain.FieldEmbedding
}

// byName calls fn with the index of the named vectors that query i is for.
func (s *Searcher) byName(ctx context.Context, db *live.Database, a *attempt, i int, fn func(*tiered.Index) error) error {
	for {
		p, err := db.NamedIndex().Of(ctx, a.info, a.spaces[i].of, namedRows{s, a.info})
		if err == nil {
			err = fn(p)
		}
		if !errors.Is(err, tiered.ErrReplaced) {
			return err
		}
		if err := db.Failure(); err != nil {
			return err
		}
	}
}

// withoutVector returns the chunks that no search for a vector under the name of query i finds; nil: all
// are found. The result must not be changed.
func (s *Searcher) withoutVector(ctx context.Context, db *live.Database, a *attempt, i int, q *Query) (none *roaring64.Bitmap, err error) {
	if q.Using == "" {
		return db.WithoutVector(), nil
	}
	err = s.byName(ctx, db, a, i, func(p *tiered.Index) error {
		none = p.WithoutVector()
		return nil
	})
	return none, err
}

// among finds neighbors for query i.
func (s *Searcher) among(ctx context.Context, db *live.Database, a *attempt, i int, asked ports.Query, e *domain.Explain) (near []domain.Neighbor, err error) {
	if a.spaces == nil || a.spaces[i].set == nil {
		return db.Search(ctx, asked, &a.info.Settings, e)
	}
	err = s.byName(ctx, db, a, i, func(p *tiered.Index) (err error) {
		near, err = p.Search(ctx, asked, e)
		return err
	})
	return near, err
}

// exactly reports whether a search for the vector of query i compares all vectors.
func (s *Searcher) exactly(ctx context.Context, db *live.Database, a *attempt, i int, q *Query) (exact bool, err error) {
	if q.Exact || !q.hasVector() {
		return true, nil
	}
	if q.Using == "" {
		return db.Exact(), nil
	}
	err = s.byName(ctx, db, a, i, func(p *tiered.Index) error {
		exact = !p.HasGraph()
		return nil
	})
	return exact, err
}

// namedRows is the rows of one life of a database, for the indexes of its named vectors.
type namedRows struct {
	s    *Searcher
	info domain.Database
}

var _ named.Rows = namedRows{}

// Vectors implements named.Rows.
func (r namedRows) Vectors(ctx context.Context, after int64, limit int) ([]domain.Chunk, error) {
	sel := domain.Selection{After: after, Limit: limit}
	if limit > 1 { // one is as large as it was let in
		sel.MaxBytes = pageBytes
	}
	return r.s.repo.Chunks(ctx, r.info, sel, domain.FieldVectors)
}
