package decode

import (
	"sync"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// searches holds *Search.
var searches = sync.Pool{New: func() any { return new(Search) }}

// Search reads the body of POST /v1/search into memory that serves one request after the
// other.
type Search struct {
	In     app.Search // holds memory of the decoder
	Base64 bool       // embeddings are to be sent so

	scan     wire.Scanner
	floats   []float32 // the embeddings, one after the other
	ends     []int     // where each of them ends
	texts    []string  // of which embeddings are to be made
	minScore float32
}

// NewSearch returns a decoder, which may have served before.
func NewSearch() *Search { return searches.Get().(*Search) }

// Free gives the decoder back: In is no longer used.
func (d *Search) Free() {
	if cap(d.floats)*4 <= maxPooled {
		searches.Put(d)
	}
}

var searchFields = []string{"database_id", "embeddings", "num_results", "filter", "min_score", "exact", "ef", "include", "encoding", "texts"}

// Decode reads body into In, which is valid until Free.
func (d *Search) Decode(body []byte) error {
	d.scan.Reset(body)
	d.floats, d.ends, d.texts, d.Base64 = d.floats[:0], d.ends[:0], d.texts[:0], false
	d.In = app.Search{Queries: d.In.Queries[:0], Fields: domain.DefaultFields}
	q := app.Query{K: app.DefaultK}
	seen, err := d.scan.Object(searchFields, func(field int) error { return d.field(field, &q) })
	if err == nil {
		err = d.scan.End()
	}
	if err == nil {
		needed := uint32(0b11)
		if len(d.texts) > 0 {
			needed = 0b1
		}
		err = required(searchFields, seen, needed)
	}
	if err != nil {
		return err
	}
	start := 0
	for _, end := range d.ends {
		q.Embedding = d.floats[start:end:end]
		d.In.Queries = append(d.In.Queries, q)
		start = end
	}
	q.Embedding = nil
	for _, text := range d.texts {
		q.NearText = text
		d.In.Queries = append(d.In.Queries, q)
	}
	return nil
}

func (d *Search) field(field int, q *app.Query) (err error) {
	s := &d.scan
	const firstOptional = 2
	if field >= firstOptional && s.Null() {
		return nil
	}
	switch searchFields[field] {
	case "database_id":
		var id []byte
		id, err = s.Text()
		d.In.Database = string(id)
	case "embeddings":
		err = s.Array(func(int) (err error) {
			d.floats, err = s.Vector(d.floats)
			d.ends = append(d.ends, len(d.floats))
			return err
		})
	case "texts":
		err = s.Array(func(int) error {
			text, err := notEmpty(s)
			d.texts = append(d.texts, text)
			return err
		})
	case "num_results":
		q.K, err = count(s)
	case "filter":
		q.Filter, err = filter(s)
	case "min_score":
		d.minScore, err = s.Float()
		q.MinScore = &d.minScore
	case "exact":
		q.Exact, err = s.Bool()
	case "ef":
		q.Ef, err = count(s)
	case "include":
		d.In.Fields, err = include(s)
	case "encoding":
		d.Base64, err = encoding(s)
	}
	return err
}
