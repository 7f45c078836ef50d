package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/observe"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

// search answers POST /v1/search.
func (a *api) search(c *web.Call) error {
	d := decode.NewSearch()
	err := c.Body(d.Decode)
	if err == nil {
		err = c.Reach(d.In.Database)
	}
	if err == nil {
		err = haveEmbeddings(d.In.Queries)
	}
	if err != nil {
		d.Free()
		return err
	}
	// The service keeps nothing of the queries, so their memory serves the next request.
	found, err := a.uses.Search(contextOf(c, d.In.Queries), d.In)
	hits, id := a.hits(d.In.Fields, d.Base64), d.In.Database
	d.Free()
	if err != nil {
		return inOriginal(err)
	}
	observe.Search(c, id, observe.Found(found), a.opts.SlowQuery)
	hits.Original = a.opts.OriginalScores
	return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
		b, err := hits.Append(b, found.Hits)
		return append(b, '\n'), err
	})
}

// contextOf returns the context for queries: those that are about texts may have to wait for
// another process.
func contextOf(c *web.Call, queries []app.Query) context.Context {
	for i := range queries {
		if queries[i].NearText != "" || queries[i].Rerank != nil {
			return c.Patient()
		}
	}
	return c.Context()
}

// haveEmbeddings refuses what POST /v1/search does not know: a query without a vector.
func haveEmbeddings(queries []app.Query) error {
	if len(queries) == 0 {
		return domain.Errorf(domain.ErrInvalid, "Embeddings array cannot be empty")
	}
	for i := range queries {
		if len(queries[i].Embedding) == 0 && queries[i].NearText == "" {
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty"), fmt.Sprintf("embeddings[%d]", i))
		}
	}
	return nil
}

// inOriginal returns an error of the search use case in the words of POST /v1/search, where
// all queries share all but their embeddings.
func inOriginal(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return err
	}
	own := *e
	switch own.Field {
	case "":
		own.Place = strings.Replace(own.Place, "queries", "embeddings", 1)
	case "k":
		own.Field, own.Place = "num_results", ""
	default:
		own.Place = ""
	}
	return &own
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
	if d.Explain && a.opts.NoExplain {
		d.Free()
		return capability.Refuse(capability.Explain, "the nodes of a cluster do not tell how they have answered: search without explain")
	}
	d.In.Database = id
	// The service keeps nothing of the queries, so their memory serves the next request.
	found, err := a.uses.Search(contextOf(c, d.In.Queries), d.In)
	hits, explain := a.hits(d.In.Fields, d.Base64), d.Explain
	d.Free()
	if err != nil {
		return err
	}
	observe.Search(c, id, observe.Found(found), a.opts.SlowQuery)
	return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
		b, err := hits.Append(append(b, `{"results":`...), found.Hits)
		if err != nil {
			return b, err
		}
		took := float32(time.Since(began).Microseconds()) / 1000
		b = wire.AppendFloat(append(b, `,"took_ms":`...), took)
		if explain {
			b = observe.AppendExplains(append(b, `,"explain":`...), observe.Found(found))
		}
		return append(b, "}\n"...), nil
	})
}

// groups answers POST /v1/databases/{id}/groups.
func (a *api) groups(c *web.Call) error {
	began := time.Now()
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.Groups
	var base64 bool
	err = c.Body(func(body []byte) (err error) {
		in, base64, err = decode.Groups(body)
		return err
	})
	if err != nil {
		return err
	}
	in.Database = id
	groups, err := a.uses.SearchGroups(contextOf(c, []app.Query{in.Query}), in)
	if err != nil {
		return err
	}
	return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
		b, err := a.hits(in.Fields, base64).AppendGroups(append(b, `{"groups":`...), groups)
		took := float32(time.Since(began).Microseconds()) / 1000
		return append(wire.AppendFloat(append(b, `,"took_ms":`...), took), "}\n"...), err
	})
}

// hits returns what writes the hits of a search that asked for these fields.
func (a *api) hits(fields domain.Fields, base64 bool) encode.Hits {
	return encode.Hits{Parts: encode.Parts{Fields: fields, Base64: base64}, Limit: a.uses.Limits().Answer}
}
