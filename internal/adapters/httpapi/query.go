package httpapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// query answers POST /v1/databases/{id}/search.
func (h *Handler) query(c *gin.Context) error {
	began := time.Now()
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	d := queries.Get().(*queryDecoder)
	if err := withBody(c, h.opts.BodyLimit, d.decode); err != nil {
		queries.Put(d)
		return err
	}
	d.in.Database = id
	// The service keeps nothing of the queries, so their memory serves the next request.
	found, err := h.svc.Search(c.Request.Context(), d.in)
	w, explain := hitWriter{parts: parts{d.in.Fields, d.base64}, most: h.svc.Limits().Answer}, d.explain
	if cap(d.floats)*4 <= maxPooled {
		queries.Put(d)
	}
	if err != nil {
		return err
	}
	h.searched(c, id, &found)
	buf := bodies.Get().(*[]byte)
	defer func() { bodies.Put(buf) }()
	out, err := w.appendLists(append((*buf)[:0], `{"results":`...), found.Hits)
	if err != nil {
		return err
	}
	took := float32(time.Since(began).Microseconds()) / 1000
	out = wire.AppendFloat(append(out, `,"took_ms":`...), took)
	if explain {
		out = appendExplains(append(out, `,"explain":`...), found)
	}
	out = append(out, "}\n"...)
	send(c, http.StatusOK, out)
	if cap(out) <= maxPooled {
		*buf = out
	}
	return nil
}

// queries holds *queryDecoder.
var queries = sync.Pool{New: func() any { return new(queryDecoder) }}

// queryDecoder reads the body of a search in one database into memory that it uses again
// and again.
type queryDecoder struct {
	scan    wire.Scanner
	floats  []float32 // the embeddings, one after the other
	ends    []int     // where that of each query ends
	in      app.Search
	explain bool
	base64  bool // embeddings are to be sent so
}

var (
	bodyFields  = []string{"queries", "include", "encoding", "explain"}
	queryFields = []string{"embedding", "chunk_id", "key", "k", "filter", "min_score", "exact", "ef", "offset", "text", "match", "fusion"}
)

// decode reads body into d.in, which is valid until the next decode.
func (d *queryDecoder) decode(body []byte) error {
	d.scan.Reset(body)
	d.floats, d.ends, d.explain, d.base64 = d.floats[:0], d.ends[:0], false, false
	d.in = app.Search{Queries: d.in.Queries[:0], Fields: domain.DefaultFields, Called: "queries"}
	seen, err := d.scan.Object(bodyFields, d.field)
	if err == nil {
		err = d.scan.End()
	}
	if err == nil {
		err = required(bodyFields, seen, 0b1)
	}
	start := 0
	for i, end := range d.ends {
		d.in.Queries[i].Embedding = d.floats[start:end:end]
		start = end
	}
	return err
}

func (d *queryDecoder) field(field int) (err error) {
	s := &d.scan
	if field > 0 && s.Null() {
		return nil
	}
	switch bodyFields[field] {
	case "queries":
		err = s.Array(func(int) error {
			q := app.Query{K: app.DefaultK}
			_, err := s.Object(queryFields, func(field int) error { return d.queryField(field, &q) })
			d.in.Queries, d.ends = append(d.in.Queries, q), append(d.ends, len(d.floats))
			return err
		})
	case "include":
		d.in.Fields, err = decodeInclude(s)
	case "encoding":
		d.base64, err = decodeEncoding(s)
	case "explain":
		d.explain, err = s.Bool()
	}
	return err
}

func (d *queryDecoder) queryField(field int, q *app.Query) (err error) {
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
		var key []byte
		key, err = s.Text()
		q.Like.Key = string(key)
		if err == nil && len(key) == 0 {
			err = s.Errorf("cannot be empty")
		}
	case "k":
		q.K, err = decodeCount(s)
	case "filter":
		q.Filter, err = decodeFilter(s)
	case "min_score":
		var least float32
		least, err = s.Float()
		q.MinScore = &least
	case "exact":
		q.Exact, err = s.Bool()
	case "ef":
		q.Ef, err = decodeCount(s)
	case "offset":
		q.Offset, err = decodeCount(s)
	case "text":
		var text []byte
		text, err = s.Text()
		q.Text = string(text)
		if err == nil && len(text) == 0 {
			err = s.Errorf("cannot be empty")
		}
	case "match":
		var match string
		match, err = word(s, matches)
		q.AllWords = match == "all"
	case "fusion":
		q.Fusion, err = decodeFusion(s)
	}
	return err
}

var (
	matches       = []string{"any", "all"}
	fusionFields  = []string{"method", "rank_constant", "vector_weight", "text_weight", "candidates"}
	fusionMethods = []string{string(domain.ReciprocalRank), string(domain.WeightedScores)}
)

// decodeFusion reads how a list by vector and one by text become one.
func decodeFusion(s *wire.Scanner) (f domain.Fusion, err error) {
	weight := func() (*float64, error) {
		w, err := s.Float()
		if err == nil && w < 0 {
			err = s.Errorf("must be at least 0")
		}
		return new(float64(w)), err
	}
	_, err = s.Object(fusionFields, func(field int) (err error) {
		if s.Null() {
			return nil
		}
		switch fusionFields[field] {
		case "method":
			var method string
			method, err = word(s, fusionMethods)
			f.Method = domain.FusionMethod(method)
		case "rank_constant":
			f.RankConstant, err = positive(s)
		case "vector_weight":
			f.VectorWeight, err = weight()
		case "text_weight":
			f.TextWeight, err = weight()
		case "candidates":
			f.Candidates, err = positive(s)
		}
		return err
	})
	return f, err
}

// decodeFilter reads a filter.
func decodeFilter(s *wire.Scanner) (*domain.Filter, error) {
	raw, err := s.Value()
	if err != nil {
		return nil, err
	}
	f, err := domain.ParseFilter(raw)
	if err != nil {
		return nil, err
	}
	return &f, nil
}
