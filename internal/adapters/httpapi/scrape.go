package httpapi

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/httpapi/metrics"
	"github.com/memista/memista/internal/app"
)

// newMetrics returns the metrics of a handler over svc.
func newMetrics(svc *app.Service, v Version) *metrics.Metrics {
	b := metrics.Build{
		Version: v.Version, Commit: v.Commit, SIMD: v.SIMD,
		SQLiteDriver: v.SQLite.Driver, SQLiteVersion: v.SQLite.Version,
	}
	if len(v.Engines) > 0 {
		b.Engine = v.Engines[0]
	}
	return metrics.New(svc, b)
}

// meter returns what counts the requests of the route that c has found.
func (h *Handler) meter(c *gin.Context) *metrics.Route {
	if m, ok := h.meters[routeKey{c.Request.Method, c.FullPath()}]; ok {
		return m
	}
	return h.other
}

// unmatched is the name of a request for which there is no route.
const unmatched = "unmatched"

// routeName names the route of a request in metrics, log and traces.
func (h *Handler) routeName(c *gin.Context) string {
	path := c.FullPath()
	if name, ok := h.names[path]; ok {
		return name
	}
	return template(path)
}

// template writes the parameters of a route as OpenAPI does.
func template(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") {
			parts[i] = "{" + p[1:] + "}"
		}
	}
	return strings.Join(parts, "/")
}

// scrape answers GET /metrics.
func (h *Handler) scrape(c *gin.Context) error {
	var b bytes.Buffer
	mediaType, err := h.metrics.Write(&b, c.Request.Header)
	if err != nil {
		return err
	}
	c.Writer.Header()["Content-Type"] = []string{mediaType}
	write(c, http.StatusOK, b.Bytes())
	return nil
}
