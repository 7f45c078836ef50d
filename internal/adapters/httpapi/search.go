package httpapi

import (
	"math"
	"net/http"
	"strconv"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/httpapi/wire"
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
	fields := d.in.Fields
	if cap(d.floats)*4 <= maxPooled {
		searches.Put(d)
	}
	if err != nil {
		return err
	}
	buf := bodies.Get().(*[]byte)
	out := append(h.appendLists((*buf)[:0], found.Hits, fields), '\n')
	send(c, http.StatusOK, out)
	if cap(out) <= maxPooled {
		*buf = out
		bodies.Put(buf)
	}
	return nil
}

// appendLists appends one list of hits per query.
func (h *Handler) appendLists(b []byte, lists [][]domain.Hit, fields domain.Fields) []byte {
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
			b = h.appendHit(b, &hits[j], fields)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

func (h *Handler) appendHit(b []byte, hit *domain.Hit, fields domain.Fields) []byte {
	b = appendChunk(append(b, '{'), &hit.Chunk, fields&^domain.FieldEmbedding)
	score := hit.Score
	if h.opts.OriginalScores {
		score = hit.Distance
	}
	b = wire.AppendFloat(append(b, `,"score":`...), score)
	b = wire.AppendFloat(append(b, `,"distance":`...), hit.Distance)
	if fields.Has(domain.FieldEmbedding) {
		b = wire.AppendFloats(append(b, `,"embedding":`...), hit.Embedding)
	}
	return append(b, '}')
}

// appendChunk appends the members of a chunk, without braces.
func appendChunk(b []byte, ch *domain.Chunk, fields domain.Fields) []byte {
	b = strconv.AppendInt(append(b, `"chunk_id":`...), ch.ID, 10)
	b = append(b, `,"key":`...)
	if ch.Key == "" {
		b = append(b, "null"...)
	} else {
		b = wire.AppendString(b, ch.Key)
	}
	if fields.Has(domain.FieldText) {
		b = wire.AppendString(append(b, `,"text":`...), ch.Text)
	}
	if fields.Has(domain.FieldMetadata) {
		b = appendMetadata(append(b, `,"metadata":`...), ch.Metadata)
	}
	if fields.Has(domain.FieldEmbedding) {
		b = wire.AppendFloats(append(b, `,"embedding":`...), ch.Embedding)
	}
	return b
}

// appendMetadata appends m in the form it was sent.
func appendMetadata(b []byte, m domain.Metadata) []byte {
	switch m.Form {
	case domain.StringMetadata:
		return wire.AppendString(b, m.Text)
	case domain.ObjectMetadata:
		return wire.AppendJSON(b, m.Text)
	case domain.NoMetadata:
	}
	return append(b, "null"...)
}

// searches holds *searchDecoder.
var searches = sync.Pool{New: func() any { return new(searchDecoder) }}

// searchDecoder reads the body of a search into memory that it uses again and again.
type searchDecoder struct {
	scan     wire.Scanner
	floats   []float32 // the embeddings, one after the other
	ends     []int     // where each of them ends
	minScore float32
	in       app.Search
}

var searchFields = []string{"database_id", "embeddings", "num_results", "min_score", "exact", "ef", "include"}

// decode reads body into d.in, which is valid until the next decode.
func (d *searchDecoder) decode(body []byte) error {
	d.scan.Reset(body)
	d.floats, d.ends = d.floats[:0], d.ends[:0]
	d.in = app.Search{Queries: d.in.Queries[:0], Fields: domain.DefaultFields}
	var q app.Query
	seen, err := d.scan.Object(searchFields, func(field int) error { return d.field(field, &q) })
	if err == nil {
		err = d.scan.End()
	}
	if err == nil {
		err = required(searchFields, seen, 0b111)
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
	const firstOptional = 3
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
			d.floats, err = s.Floats(d.floats)
			d.ends = append(d.ends, len(d.floats))
			return err
		})
	case "num_results":
		q.K, err = decodeCount(s)
	case "min_score":
		d.minScore, err = s.Float()
		q.MinScore = &d.minScore
	case "exact":
		q.Exact, err = s.Bool()
	case "ef":
		q.Ef, err = decodeCount(s)
	case "include":
		d.in.Fields, err = decodeInclude(s)
	}
	return err
}

// decodeCount reads an integer that the use case will find too small or too large where
// it is.
func decodeCount(s *wire.Scanner) (int, error) {
	n, err := s.Int()
	return int(max(math.MinInt32, min(n, math.MaxInt32))), err
}

// decodeInclude reads the list of the parts of a chunk to send.
func decodeInclude(s *wire.Scanner) (fields domain.Fields, err error) {
	err = s.Array(func(int) error {
		name, err := s.Text()
		if err != nil {
			return err
		}
		f, ok := includes[string(name)]
		if !ok {
			return s.Errorf("include takes text, metadata and embedding, nothing else")
		}
		fields |= f
		return nil
	})
	return fields, err
}

// includes are the parts of a chunk that a caller can ask for.
var includes = map[string]domain.Fields{
	"text": domain.FieldText, "metadata": domain.FieldMetadata, "embedding": domain.FieldEmbedding,
}
