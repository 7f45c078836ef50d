package decode

import (
	"sync"

	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/pointid"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Kind says what a query does.
type Kind uint8

// The kinds of queries.
const (
	Scroll    Kind = iota // points in the order of their ids
	Nearest               // to a target
	Fusion                // one list of those of the prefetches
	OrderBy               // points in the order of a field
	Sample                // random points
	Recommend             // nearest to the mean of examples
)

// Target is what is looked for: a vector, or that of a stored point.
type Target struct {
	Vector
	ID   collections.ID
	ByID bool
}

// Query is one query, or one prefetch.
type Query struct {
	Kind               Kind
	Target             Target // of Nearest
	MMR                *MMR   // of Nearest
	Fuse               Fuse   // of Fusion
	Order              Order  // of OrderBy
	Positive, Negative []Target
	Prefetch           []Query
	Using              string // the name of a vector
	Filter             *filterlang.Filter
	Limit, Offset      int // Limit is 0 where none was sent
	Ef                 int
	Exact              bool
	Threshold          *float32
	Parts
}

// MMR asks for results that differ from each other.
type MMR struct {
	Diversity  float64 // 0 to 1
	Candidates int     // 0: none given
}

// Fuse says how lists become one.
type Fuse struct {
	Distribution bool // by scores as they are distributed (dbsf); else by ranks (rrf)
	K            int  // of ranks; 0: none given
	Weights      []float64
}

// Order asks for the points in the order of a field.
type Order struct {
	Key        payload.Path
	Descending bool
	From       string // a number or a time, as JSON; "": none
}

// DefaultLimit is how many points come where the caller does not say.
const DefaultLimit = 10

// Queries reads queries into memory that serves one request after the other.
type Queries struct {
	List []Query // holds memory of the decoder

	r reader
}

var pool = sync.Pool{New: func() any { return new(Queries) }}

// NewQueries returns a decoder, which may have served before.
func NewQueries() *Queries { return pool.Get().(*Queries) }

// Free gives the decoder back: List is no longer used.
func (d *Queries) Free() {
	const maxPooled = 1 << 20
	if cap(d.r.block) <= maxPooled {
		d.r.in = nil
		clear(d.List)
		pool.Put(d)
	}
}

// body reads a whole body with fn.
func (d *Queries) body(body []byte, in *Collection, fn func() error) error {
	d.r.Reset(body)
	d.r.in, d.r.block, d.List = in, d.r.block[:0], d.List[:0]
	err := fn()
	if err == nil {
		err = d.r.End()
	}
	return said.Format(err)
}

// Query reads the body of POST …/points/query.
func (d *Queries) Query(body []byte, in *Collection) error {
	return d.body(body, in, func() error { return d.add(d.r.query) })
}

// Search reads the body of POST …/points/search.
func (d *Queries) Search(body []byte, in *Collection) error {
	return d.body(body, in, func() error { return d.add(d.r.search) })
}

// Recommend reads the body of POST …/points/recommend.
func (d *Queries) Recommend(body []byte, in *Collection) error {
	return d.body(body, in, func() error { return d.add(d.r.recommendBody) })
}

// QueryBatch reads the body of POST …/points/query/batch.
func (d *Queries) QueryBatch(body []byte, in *Collection) error {
	return d.body(body, in, func() error { return d.batch(d.r.query) })
}

// SearchBatch reads the body of POST …/points/search/batch.
func (d *Queries) SearchBatch(body []byte, in *Collection) error {
	return d.body(body, in, func() error { return d.batch(d.r.search) })
}

// RecommendBatch reads the body of POST …/points/recommend/batch.
func (d *Queries) RecommendBatch(body []byte, in *Collection) error {
	return d.body(body, in, func() error { return d.batch(d.r.recommendBody) })
}

func (d *Queries) add(read func(*Query, func(string) (bool, error)) error) error {
	d.List = append(d.List, Query{})
	return read(&d.List[len(d.List)-1], nil)
}

func (d *Queries) batch(read func(*Query, func(string) (bool, error)) error) error {
	found := false
	err := d.r.object(func(name string) (bool, error) {
		if name != "searches" {
			return false, nil
		}
		found = true
		return true, d.r.Array(func(int) error { return d.add(read) })
	})
	if err == nil && !found {
		err = d.r.Errorf("missing field `searches`")
	}
	return err
}

// query reads a query or a prefetch; more, if not nil, reads further members.
func (r *reader) query(q *Query, more func(string) (bool, error)) error {
	err := r.object(func(name string) (known bool, err error) {
		if more != nil {
			if known, err = more(name); known || err != nil {
				return known, err
			}
		}
		switch name {
		case "query":
			err = r.what(q)
		case "prefetch":
			err = r.prefetches(q)
		case "using":
			q.Using, err = r.text()
		case "lookup_from":
			err = said.Unsupported("memista looks for what is near to points of the same collection only: lookup_from is not supported")
		default:
			return r.common(name, q)
		}
		return true, err
	})
	if err == nil {
		err = r.checkQuery(q)
	}
	return err
}

// common reads what all forms of queries have.
func (r *reader) common(name string, q *Query) (known bool, err error) {
	switch name {
	case "filter":
		q.Filter, err = r.filter()
	case "limit":
		q.Limit, err = r.limit()
	case "offset":
		q.Offset, err = r.count()
	case "score_threshold":
		var f float32
		f, err = r.Float()
		q.Threshold = &f
	case "params":
		err = r.params(q)
	default:
		return r.part(name, &q.Parts)
	}
	return true, err
}

// limit reads how many points are asked for.
func (r *reader) limit() (int, error) {
	n, err := r.count()
	if err == nil && n == 0 {
		err = said.Validation("limit", "value 0 invalid, must be 1 or larger")
	}
	return n, err
}

func (r *reader) params(q *Query) error {
	return r.object(func(name string) (known bool, err error) {
		switch name {
		case "hnsw_ef":
			q.Ef, err = r.count()
		case "exact":
			q.Exact, err = r.Bool()
		default:
			return false, nil
		}
		return true, err
	})
}

// checkQuery refuses what makes no sense whatever is stored.
func (r *reader) checkQuery(q *Query) error {
	dense, sparse := r.in.IsDense(q.Using), r.in.Sparse[q.Using]
	switch q.Kind {
	case Nearest, Recommend:
	case Fusion:
		if len(q.Prefetch) == 0 {
			return said.Wrong("Fusion queries must have prefetches")
		}
		if n := len(q.Fuse.Weights); n > 0 && n != len(q.Prefetch) {
			return said.Wrong("rrf needs one weight for each prefetch: there are %d for %d", n, len(q.Prefetch))
		}
		return nil
	default:
		return nil
	}
	switch {
	case !dense && !sparse:
		return said.NoVector(q.Using)
	case q.Kind == Recommend:
		if sparse {
			return said.Unsupported("memista recommends by dense vectors only")
		}
	case sparse && q.Target.Words == nil && q.Target.Sparse == nil && !q.Target.ByID:
		return said.Wrong("`%s` is a sparse vector: it is queried with indices and values, or with a text and the model qdrant/bm25", clip(q.Using))
	case q.Target.Words != nil && dense && !sparse:
		return said.Wrong("the model bm25 makes sparse vectors, and `%s` is a dense one", clip(q.Using))
	case q.Target.Near != "" && dense && !r.in.IsMain(q.Using):
		return said.Unsupported("memista makes no vector of a text where a collection has several: query `%s` with an array of numbers", clip(q.Using))
	case q.Target.Sparse != nil && !sparse:
		return said.Wrong("a sparse vector cannot be looked for among the dense ones of `%s`", clip(q.Using))
	}
	return nil
}

// prefetches reads one prefetch or a list.
func (r *reader) prefetches(q *Query) error {
	one := func(int) error {
		q.Prefetch = append(q.Prefetch, Query{})
		return r.query(&q.Prefetch[len(q.Prefetch)-1], nil)
	}
	if r.Next() == '[' {
		return r.Array(one)
	}
	return one(0)
}

// target reads a vector, the id of a point, or what a vector is made of.
func (r *reader) target() (t Target, err error) {
	switch r.Next() {
	case '[':
		t.Dense, err = r.dense()
		return t, err
	case '{':
		t.Vector, err = r.made()
		return t, err
	}
	t.ByID = true
	t.ID, err = pointid.Read(&r.Scanner)
	return t, err
}
