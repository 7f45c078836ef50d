package httpapi

import (
	"encoding/json"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// noteSlow logs a search that took longer than Options.SlowQuery, with the explanation of
// the query in it that took the longest. It names the database, and nothing of its
// contents or of what was asked.
func (h *Handler) noteSlow(c *gin.Context, database string, found *app.Found) {
	if h.opts.SlowQuery <= 0 || found.Explain[0].Times.Total < h.opts.SlowQuery {
		return
	}
	at := slowest(found.Explain)
	h.log.Warn("slow query",
		zap.String("request_id", currentID(c)),
		zap.String("route", h.routeName(c)),
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
