// Package observe tells those who run a server how searches were answered: to the trace of
// the request and, of slow ones, to the log. Every surface that searches calls it.
package observe

import (
	"encoding/json"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// Found is the answer to a search: for each query its hits, and how they were found.
type Found struct {
	Hits    [][]domain.Hit
	Explain []domain.Explain
}

// Search adds to the trace of c, and to the log if it took slow or longer, how a search of a
// database was answered; with 0 nothing is slow.
func Search(c *web.Call, database string, found Found, slow time.Duration) {
	if len(found.Explain) == 0 {
		return
	}
	if c.Traced() {
		traceStages(c, database, &found)
	}
	if slow > 0 && found.Explain[0].Times.Total >= slow {
		logSlow(c, database, &found)
	}
}

// traceStages adds a span for each part of the search, for the query that took longest,
// afterwards: the use cases know nothing of traces.
func traceStages(c *web.Call, database string, found *Found) {
	e := &found.Explain[slowest(found.Explain)]
	c.TraceAttributes(
		attribute.String("memista.database", database),
		attribute.Int("memista.queries", len(found.Explain)),
		attribute.String("memista.plan", string(e.Plan)),
		attribute.Int("memista.visited", e.Visited),
		attribute.Int("memista.distances", e.Distances),
	)
	at := time.Now().Add(-e.Times.Total)
	for _, stage := range []struct {
		name string
		took time.Duration
	}{{"open", e.Times.Open}, {"filter", e.Times.Filter}, {"tail", e.Times.Tail}, {"graph", e.Times.Graph}, {"rows", e.Times.Rows}} {
		if stage.took <= 0 {
			continue
		}
		c.TracePart(stage.name, at, at.Add(stage.took))
		at = at.Add(stage.took)
	}
}

// logSlow logs a search with the explanation of the query in it that took the longest. It
// names the database, and nothing of its contents or of what was asked.
func logSlow(c *web.Call, database string, found *Found) {
	at := slowest(found.Explain)
	c.Logger().Warn("slow query",
		zap.String("request_id", c.ID()),
		zap.String("route", c.Route()),
		zap.String("database", database),
		zap.Duration("duration", found.Explain[at].Times.Total),
		zap.Int("queries", len(found.Explain)),
		zap.Int("hits", len(found.Hits[at])),
		zap.Any("explain", json.RawMessage(appendExplain(nil, &found.Explain[at], found.Hits[at]))),
	)
}

// slowest returns which of the queries took the longest to find its neighbors.
func slowest(list []domain.Explain) (at int) {
	search := func(e *domain.Explain) int64 {
		return int64(e.Times.Filter + e.Times.Tail + e.Times.Graph + e.Times.Text)
	}
	for i := range list {
		if search(&list[i]) > search(&list[at]) {
			at = i
		}
	}
	return at
}
