package httpapi

import (
	"math"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// search answers POST /v1/search.
func (h *Handler) search(c *gin.Context) error {
	d := searches.Get().(*searchDecoder)
	err := withBody(c, h.opts.BodyLimit, d.decode)
	if err == nil {
		err = reach(c, d.in.Database)
	}
	if err != nil {
		searches.Put(d)
		return err
	}
	// The service keeps nothing of the queries, so their memory serves the next request.
	found, err := h.svc.Search(c.Request.Context(), d.in)
	w, id := hitWriter{parts{d.in.Fields, d.base64}, h.svc.Limits().Answer, h.opts.OriginalScores}, d.in.Database
	if cap(d.floats)*4 <= maxPooled {
		searches.Put(d)
	}
	if err != nil {
		return err
	}
	h.searched(c, id, &found)
	buf := bodies.Get().(*[]byte)
	out, err := w.appendLists((*buf)[:0], found.Hits)
	if err == nil {
		out = append(out, '\n')
		send(c, http.StatusOK, out)
	}
	if cap(out) <= maxPooled {
		*buf = out
		bodies.Put(buf)
	}
	return err
}

// hitWriter writes hits as JSON.
type hitWriter struct {
	parts
	most     int64 // bytes of an answer
	original bool  // the distance is sent under the name score, too
}

// appendLists appends one list of hits per query, or returns ErrTooLarge, and b as far as
// it was written.
func (w hitWriter) appendLists(b []byte, lists [][]domain.Hit) ([]byte, error) {
	b = append(b, '[')
	for i, hits := range lists {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for j := range hits {
			if j > 0 {
				b = append(b, ',')
			}
			b = w.appendHit(b, &hits[j])
			if int64(len(b)) > w.most {
				return b, domain.AnswerTooLarge(w.most)
			}
		}
		b = append(b, ']')
	}
	return append(b, ']'), nil
}

func (w hitWriter) appendHit(b []byte, hit *domain.Hit) []byte {
	b = appendChunk(append(b, '{'), &hit.Chunk, w.without(domain.FieldEmbedding))
	score := hit.Score
	if w.original {
		score = hit.Distance
	}
	b = wire.AppendFloat(append(b, `,"score":`...), score)
	b = append(b, `,"distance":`...)
	if hit.Places != nil && hit.Places.Vector.Rank == 0 {
		b = append(b, "null"...)
	} else {
		b = wire.AppendFloat(b, hit.Distance)
	}
	if p := hit.Places; p != nil {
		b = appendPlaceScore(append(b, `,"scores":{"vector":`...), p.Vector)
		b = append(appendPlaceScore(append(b, `,"text":`...), p.Text), '}')
	}
	return append(w.appendEmbedding(b, hit.Embedding), '}')
}

// appendPlaceScore appends the score that a list gave, or null.
func appendPlaceScore(b []byte, p domain.Place) []byte {
	if p.Rank == 0 {
		return append(b, "null"...)
	}
	return wire.AppendFloat(b, p.Score)
}

// searches holds *searchDecoder.
var searches = sync.Pool{New: func() any { return new(searchDecoder) }}

// searchDecoder reads the body of a search into memory that it uses again and again.
type searchDecoder struct {
	scan     wire.Scanner
	floats   []float32 // the embeddings, one after the other
	ends     []int     // where each of them ends
	minScore float32
	base64   bool // embeddings are to be sent so
	in       app.Search
}

var searchFields = []string{"database_id", "embeddings", "num_results", "filter", "min_score", "exact", "ef", "include", "encoding"}

// decode reads body into d.in, which is valid until the next decode.
func (d *searchDecoder) decode(body []byte) error {
	d.scan.Reset(body)
	d.floats, d.ends, d.base64 = d.floats[:0], d.ends[:0], false
	d.in = app.Search{Queries: d.in.Queries[:0], Fields: domain.DefaultFields}
	q := app.Query{K: app.DefaultK}
	seen, err := d.scan.Object(searchFields, func(field int) error { return d.field(field, &q) })
	if err == nil {
		err = d.scan.End()
	}
	if err == nil {
		err = required(searchFields, seen, 0b11)
	}
	if err != nil {
		return err
	}
	start := 0
	for _, end := range d.ends {
		q.Embedding = d.floats[start:end:end]
		d.in.Queries = append(d.in.Queries, q)
		start = end
	}
	return nil
}

func (d *searchDecoder) field(field int, q *app.Query) (err error) {
	s := &d.scan
	const firstOptional = 2
	if field >= firstOptional && s.Null() {
		return nil
	}
	switch searchFields[field] {
	case "database_id":
		var id []byte
		id, err = s.Text()
		d.in.Database = string(id)
	case "embeddings":
		err = s.Array(func(int) (err error) {
			d.floats, err = s.Vector(d.floats)
			d.ends = append(d.ends, len(d.floats))
			return err
		})
	case "num_results":
		q.K, err = decodeCount(s)
	case "filter":
		q.Filter, err = decodeFilter(s)
	case "min_score":
		d.minScore, err = s.Float()
		q.MinScore = &d.minScore
	case "exact":
		q.Exact, err = s.Bool()
	case "ef":
		q.Ef, err = decodeCount(s)
	case "include":
		d.in.Fields, err = decodeInclude(s)
	case "encoding":
		d.base64, err = decodeEncoding(s)
	}
	return err
}

// decodeCount reads an integer that the use case will find too small or too large where
// it is.
func decodeCount(s *wire.Scanner) (int, error) {
	n, err := s.Int()
	return int(max(math.MinInt32, min(n, math.MaxInt32))), err
}
