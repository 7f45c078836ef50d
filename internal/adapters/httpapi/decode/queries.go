package decode

import (
	"sync"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// queries holds *Queries.
var queries = sync.Pool{New: func() any { return new(Queries) }}

// Queries reads the body of POST /v1/databases/{id}/search into memory that serves one
// request after the other.
type Queries struct {
	In      app.Search // holds memory of the decoder
	Explain bool
	Base64  bool // embeddings are to be sent so

	scan   wire.Scanner
	floats []float32 // the embeddings, one after the other
	ends   []int     // where that of each query ends
}

// NewQueries returns a decoder, which may have served before.
func NewQueries() *Queries { return queries.Get().(*Queries) }

// Free gives the decoder back: In is no longer used.
func (d *Queries) Free() {
	if cap(d.floats)*4 <= maxPooled {
		queries.Put(d)
	}
}

var (
	bodyFields  = []string{"queries", "include", "encoding", "explain"}
	queryFields = []string{"embedding", "chunk_id", "key", "k", "filter", "min_score", "exact", "ef", "offset", "text", "match", "fusion", "near_text", "hybrid", "rerank", "mmr", "sparse", "using"}
)

// Decode reads body into In, which is valid until Free.
func (d *Queries) Decode(body []byte) error {
	d.scan.Reset(body)
	d.floats, d.ends, d.Explain, d.Base64 = d.floats[:0], d.ends[:0], false, false
	d.In = app.Search{Queries: d.In.Queries[:0], Fields: domain.DefaultFields}
	seen, err := d.scan.Object(bodyFields, d.field)
	if err == nil {
		err = d.scan.End()
	}
	if err == nil {
		err = required(bodyFields, seen, 0b1)
	}
	start := 0
	for i, end := range d.ends {
		d.In.Queries[i].Embedding = d.floats[start:end:end]
		start = end
	}
	return err
}

func (d *Queries) field(field int) (err error) {
	s := &d.scan
	if field > 0 && s.Null() {
		return nil
	}
	switch bodyFields[field] {
	case "queries":
		err = s.Array(func(int) error {
			q := app.Query{K: app.DefaultK}
			_, err := s.Object(queryFields, func(field int) error { return d.queryField(field, &q) })
			d.In.Queries, d.ends = append(d.In.Queries, q), append(d.ends, len(d.floats))
			return err
		})
	case "include":
		d.In.Fields, err = include(s)
	case "encoding":
		d.Base64, err = encoding(s)
	case "explain":
		d.Explain, err = s.Bool()
	}
	return err
}

func (d *Queries) queryField(field int, q *app.Query) (err error) {
	s := &d.scan
	if s.Null() {
		return nil
	}
	switch queryFields[field] {
	case "embedding":
		d.floats, err = s.Vector(d.floats)
	case "chunk_id":
		q.Like.ID, err = s.Int()
		if err == nil && q.Like.ID < 1 {
			err = s.Errorf("must be an integer from 1 on")
		}
	case "key":
		q.Like.Key, err = notEmpty(s)
	case "k":
		q.K, err = count(s)
	case "filter":
		q.Filter, err = filter(s)
	case "min_score":
		var least float32
		least, err = s.Float()
		q.MinScore = &least
	case "exact":
		q.Exact, err = s.Bool()
	case "ef":
		q.Ef, err = count(s)
	case "offset":
		q.Offset, err = count(s)
	case "text":
		q.Text, err = notEmpty(s)
	case "near_text":
		q.NearText, err = notEmpty(s)
	case "hybrid":
		q.Text, err = notEmpty(s)
		q.NearText = q.Text
	case "match":
		var match string
		match, err = word(s, matches)
		q.AllWords = match == "all"
	case "fusion":
		q.Fusion, err = fusion(s)
	case "rerank":
		q.Rerank, err = rerank(s)
	case "mmr":
		q.MMR, err = mmr(s)
	case "sparse":
		q.Sparse, err = sparseQuery(s)
	case "using":
		q.Using, err = notEmpty(s)
	}
	return err
}

var rerankFields = []string{"top"}

// rerank reads how the first hits are ranked again.
func rerank(s *wire.Scanner) (*domain.Rerank, error) {
	r := new(domain.Rerank)
	_, err := s.Object(rerankFields, func(int) (err error) {
		if !s.Null() {
			r.Top, err = positive(s)
		}
		return err
	})
	return r, err
}

var mmrFields = []string{"diversity", "candidates"}

// mmr reads how much hits are to differ from each other.
func mmr(s *wire.Scanner) (*domain.MMR, error) {
	m := &domain.MMR{Diversity: domain.DefaultDiversity}
	_, err := s.Object(mmrFields, func(field int) (err error) {
		switch {
		case s.Null():
		case field == 0:
			var diversity float32
			diversity, err = s.Float()
			m.Diversity = float64(diversity)
		default:
			m.Candidates, err = positive(s)
		}
		return err
	})
	return m, err
}

// notEmpty reads a string that is not empty.
func notEmpty(s *wire.Scanner) (string, error) {
	text, err := s.Text()
	if err == nil && len(text) == 0 {
		err = s.Errorf("cannot be empty")
	}
	return string(text), err
}

var matches = []string{"any", "all"}
