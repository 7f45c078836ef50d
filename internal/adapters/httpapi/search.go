package httpapi

import (
	"net/http"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// search answers POST /v1/search.
func (a *api) search(c *web.Call) error {
	d := decode.NewSearch()
	err := c.Body(d.Decode)
	if err == nil {
		err = c.Reach(d.In.Database)
	}
	if err != nil {
		d.Free()
		return err
	}
	// The service keeps nothing of the queries, so their memory serves the next request.
	found, err := a.uses.Search(c.Context(), d.In)
	hits, id := a.hits(d.In.Fields, d.Base64), d.In.Database
	d.Free()
	if err != nil {
		return err
	}
	a.observe(c, id, &found)
	hits.Original = a.opts.OriginalScores
	return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
		b, err := hits.Append(b, found.Hits)
		return append(b, '\n'), err
	})
}

// query answers POST /v1/databases/{id}/search.
func (a *api) query(c *web.Call) error {
	began := time.Now()
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	d := decode.NewQueries()
	if err := c.Body(d.Decode); err != nil {
		d.Free()
		return err
	}
	d.In.Database = id
	// The service keeps nothing of the queries, so their memory serves the next request.
	found, err := a.uses.Search(c.Context(), d.In)
	hits, explain := a.hits(d.In.Fields, d.Base64), d.Explain
	d.Free()
	if err != nil {
		return err
	}
	a.observe(c, id, &found)
	return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
		b, err := hits.Append(append(b, `{"results":`...), found.Hits)
		if err != nil {
			return b, err
		}
		took := float32(time.Since(began).Microseconds()) / 1000
		b = wire.AppendFloat(append(b, `,"took_ms":`...), took)
		if explain {
			b = encode.AppendExplains(append(b, `,"explain":`...), &found)
		}
		return append(b, "}\n"...), nil
	})
}

// hits returns what writes the hits of a search that asked for these fields.
func (a *api) hits(fields domain.Fields, base64 bool) encode.Hits {
	return encode.Hits{Parts: encode.Parts{Fields: fields, Base64: base64}, Limit: a.uses.Limits().Answer}
}
