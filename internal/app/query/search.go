package query

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

// DefaultK is how many hits a query gets that does not say.
const DefaultK = 10

// Search is one or more queries against one database.
type Search struct {
	Database string
	Number   int64 // that the database has: another one is ErrNotFound; 0: any
	Queries  []Query
	Fields   domain.Fields // what the hits carry
	// Embedder made embeddings for queries with a NearText. If the database has another one by
	// now, the search is ErrOtherModel. The zero one made none.
	Embedder domain.Embedder
}

// ErrOtherModel says that a database got another embedder after one had made the embeddings
// of a search.
var ErrOtherModel = errors.New("the embedder was changed meanwhile")

// Query asks for the K chunks nearest to a vector: Embedding, or that of a stored chunk,
// which is then itself left out. With Text it asks for those with its words, with Sparse for
// those that score highest by it, and with several of them for the best of all lists.
type Query struct {
	Embedding []float32
	Using     string // the named vectors among which it looks; "": the embeddings
	NearText  string // of which an embedding is made, where there is none; the use case does
	Text      string // words, as domain.ParseText reads them; "": none
	AllWords  bool   // only chunks with all of the words; else any will do
	Sparse    *domain.SparseQuery
	Fusion    domain.Fusion // how several lists become one
	Like      domain.Ref    // a stored chunk
	K         int
	Offset    int                // nearest ones to pass over
	Filter    *filterlang.Filter // only what it selects may come back; nil: everything may
	MinScore  *float32           // hits below are left out; nil: none are
	Ef        int                // beam width of a graph; 0: as the database has it
	Exact     bool               // compare with every vector
	Whole     bool               // K and Offset may be as large as the database: the caller bounds them

	MMR    *domain.MMR    // has hits differ from each other; pages fit together if Candidates are given, and the same. nil: does not matter
	Rerank *domain.Rerank // what is done with the hits of the search; the use case does it. nil: nothing

	Without int64 // a chunk id that may not come back; 0: none. Like sets it
}

// Found is the answer to a Search.
type Found struct {
	Hits    [][]domain.Hit   // one list per query, best first, the lower chunk id first among equals
	Explain []domain.Explain // how each query was answered
}

// Check refuses what is wrong with a search whatever its database.
func (s *Searcher) Check(in *Search) error {
	if err := domain.CheckID(in.Database); err != nil {
		return err
	}
	if len(in.Queries) == 0 {
		return domain.FieldErrorf(domain.ErrInvalid, "queries", "cannot be empty")
	}
	if len(in.Queries) > s.limits.Queries {
		return domain.Errorf(domain.ErrTooLarge, "%d queries in one search, at most %d are allowed", len(in.Queries), s.limits.Queries)
	}
	hits := 0
	for i := range in.Queries {
		q := &in.Queries[i]
		if err := s.checkQuery(q); err != nil {
			return domain.At(err, Place(i))
		}
		if !q.Whole {
			hits += q.candidates(s.limits.Results)
		}
	}
	if hits > s.limits.Hits {
		return domain.Errorf(domain.ErrTooLarge, "%d hits asked for in one search, at most %d are allowed: send fewer queries at once, or ask for fewer hits each", hits, s.limits.Hits)
	}
	return s.checkDiversity(in.Queries)
}

// checkQuery refuses what is wrong with a query whatever its database.
func (s *Searcher) checkQuery(q *Query) error {
	named := 0
	for _, is := range []bool{len(q.Embedding) > 0, q.NearText != "", q.Like.ID != 0, q.Like.Key != ""} {
		if is {
			named++
		}
	}
	switch {
	case named == 0 && q.Text == "" && q.Sparse == nil:
		return domain.Errorf(domain.ErrInvalid, "a query needs an embedding that is not empty, a near_text, a chunk_id, a key, a text or a sparse vector")
	case named > 1:
		return domain.Errorf(domain.ErrInvalid, "a query has one of embedding, near_text, chunk_id and key")
	case !utf8.ValidString(q.NearText):
		return domain.Errorf(domain.ErrInvalid, "near_text is not valid UTF-8")
	case q.K < 1 || q.K > s.limits.Results && !q.Whole:
		return domain.FieldErrorf(domain.ErrInvalid, "k", "must be between 1 and %d, got %d", s.limits.Results, q.K)
	case q.Offset < 0 || q.Offset > s.limits.Results-q.K && !q.Whole:
		return domain.FieldErrorf(domain.ErrInvalid, "offset", "must be at least 0, and offset + k at most %d, got %d + %d", s.limits.Results, q.Offset, q.K)
	case q.Ef < 0 || q.Ef > s.limits.Ef:
		return domain.FieldErrorf(domain.ErrInvalid, "ef", "must be between 1 and %d, got %d", s.limits.Ef, q.Ef)
	}
	if q.Like != (domain.Ref{}) {
		if err := q.Like.Check(); err != nil {
			return err
		}
	}
	if err := q.checkUsing(); err != nil {
		return err
	}
	if q.Sparse != nil {
		if err := q.Sparse.Vector.Check(); err != nil {
			return err
		}
	}
	if _, err := s.fusionOf(q); err != nil {
		return err
	}
	if err := s.checkMMR(q); err != nil {
		return err
	}
	return s.CheckFilter(q.Filter)
}

// Place names query i in messages.
func Place(i int) string { return fmt.Sprintf("queries[%d]", i) }

// selects reports whether the filter of q, if it has one, selects c.
func (q *Query) selects(c *domain.Chunk) bool { return q.Filter == nil || q.Filter.Matches(c) }

// filterFields returns the parts of a chunk that the filters of in look at.
func (in *Search) filterFields() (fields domain.Fields) {
	for i := range in.Queries {
		if f := in.Queries[i].Filter; f != nil {
			fields |= f.Fields()
		}
	}
	return fields
}
