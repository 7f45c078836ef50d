package decode

import (
	"sync"

	"github.com/memista/memista/internal/adapters/chromaapi/encode"
	"github.com/memista/memista/internal/adapters/chromaapi/filter"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Clauses are the conditions of a request: those of where and of where_document, which all
// have to hold.
type Clauses struct {
	Filters []filterlang.Filter
	// lenient takes an object without members for no condition, as the first version of the
	// API does.
	lenient bool
}

// Filter returns the filter with all conditions; nil where there is none.
func (c *Clauses) Filter() *filterlang.Filter {
	if len(c.Filters) == 0 {
		return nil
	}
	f := filter.And(c.Filters...)
	return &f
}

func (c *Clauses) read(s *wire.Scanner, parse func([]byte) (filterlang.Filter, error)) error {
	raw, err := s.Value()
	if err != nil || c.lenient && string(raw) == "{}" {
		return err
	}
	f, err := parse(raw)
	c.Filters = append(c.Filters, f)
	return err
}

func include(s *wire.Scanner, list encode.Include) (encode.Include, error) {
	err := s.Array(func(int) error {
		name, err := s.Text()
		if err != nil {
			return err
		}
		part, ok := encode.ParsePart(name)
		if !ok {
			return s.Errorf("unknown variant `%.40s`, expected one of `distances`, `documents`, `embeddings`, `metadatas`, `uris`", name)
		}
		list = append(list, part)
		return nil
	})
	return list, err
}

// Get says which records are to be read.
type Get struct {
	IDs []string // nil: whatever their ids are
	Clauses
	Limit   int // negative: none
	Offset  int
	Include encode.Include
}

var getFields = []string{"ids", "where", "where_document", "limit", "offset", "include"}

// ReadGet reads the body of a get. With lenient, conditions without members are none.
func ReadGet(body []byte, lenient bool) (g Get, err error) {
	var s wire.Scanner
	g = Get{Limit: -1, Include: encode.GetDefault, Clauses: Clauses{lenient: lenient}}
	_, err = object(&s, body, getFields, func(field int) (err error) {
		switch getFields[field] {
		case "ids":
			g.IDs, err = texts(&s)
		case "where":
			err = g.read(&s, filter.Where)
		case "where_document":
			err = g.read(&s, filter.WhereDocument)
		case "limit":
			g.Limit, err = count(&s)
		case "offset":
			g.Offset, err = count(&s)
		case "include":
			g.Include, err = include(&s, encode.Include{})
		}
		return err
	})
	return g, err
}

// Delete says which records are to be deleted: those that meet all that it has.
type Delete struct {
	IDs []string // nil: whatever their ids are
	Clauses
	Limit int // negative: none
}

var deleteFields = []string{"ids", "where", "where_document", "limit"}

// ReadDelete reads the body of a delete.
func ReadDelete(body []byte, lenient bool) (d Delete, err error) {
	var s wire.Scanner
	d = Delete{Limit: -1, Clauses: Clauses{lenient: lenient}}
	_, err = object(&s, body, deleteFields, func(field int) (err error) {
		switch deleteFields[field] {
		case "ids":
			d.IDs, err = texts(&s)
		case "where":
			err = d.read(&s, filter.Where)
		case "where_document":
			err = d.read(&s, filter.WhereDocument)
		case "limit":
			d.Limit, err = count(&s)
		}
		return err
	})
	return d, err
}

// DefaultResults is how many records a query answers where it does not say.
const DefaultResults = 10

// maxPooled is how many bytes of embeddings a decoder may hold that is kept for the next
// request: those of a few large requests are left to the garbage collector.
const maxPooled = 8 << 20

// queries holds *Query.
var queries = sync.Pool{New: func() any { return new(Query) }}

// Query reads the body of a query into memory that serves one request after the other.
type Query struct {
	Embeddings [][]float32 // of the decoder's memory
	Results    int
	IDs        []string // nil: whatever their ids are
	Clauses
	Include encode.Include // of the decoder's memory

	scan   wire.Scanner
	parts  encode.Include
	floats []float32 // the embeddings, one after the other
	ends   []int     // where each of them ends
}

// NewQuery returns a decoder, which may have served before.
func NewQuery() *Query { return queries.Get().(*Query) }

// Free gives the decoder back: what it has read is no longer used.
func (q *Query) Free() {
	if cap(q.floats)*4 <= maxPooled {
		q.IDs, q.Filters = nil, nil
		queries.Put(q)
	}
}

var queryFields = []string{"query_embeddings", "n_results", "where", "where_document", "include", "ids"}

// Decode reads body, and is valid until Free.
func (q *Query) Decode(body []byte, lenient bool) error {
	q.floats, q.ends, q.Embeddings, q.parts = q.floats[:0], q.ends[:0], q.Embeddings[:0], q.parts[:0]
	q.IDs, q.Clauses, q.Results, q.Include = nil, Clauses{lenient: lenient}, DefaultResults, encode.QueryDefault
	seen, err := object(&q.scan, body, queryFields, q.field)
	if err == nil && seen&1 == 0 {
		err = missing(queryFields[0])
	}
	start := 0
	for _, end := range q.ends {
		q.Embeddings = append(q.Embeddings, q.floats[start:end:end])
		start = end
	}
	return err
}

func (q *Query) field(field int) (err error) {
	s := &q.scan
	switch queryFields[field] {
	case "query_embeddings":
		err = s.Array(func(i int) (err error) {
			start := len(q.floats)
			q.floats, err = s.Vector(q.floats)
			q.ends = append(q.ends, len(q.floats))
			if err == nil {
				err = finite(i, q.floats[start:])
			}
			return err
		})
	case "n_results":
		q.Results, err = count(s)
	case "where":
		err = q.read(s, filter.Where)
	case "where_document":
		err = q.read(s, filter.WhereDocument)
	case "include":
		q.parts, err = include(s, q.parts)
		q.Include = q.parts
	case "ids":
		q.IDs, err = texts(s)
	}
	return err
}
