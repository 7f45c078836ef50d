package httpapi

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/app"
)

// Routes lists method and path of every route, with parameters as OpenAPI writes them.
func (h *Handler) Routes() []string {
	var routes []string
	for _, r := range h.engine.Routes() {
		parts := strings.Split(r.Path, "/")
		for i, p := range parts {
			if strings.HasPrefix(p, ":") {
				parts[i] = "{" + p[1:] + "}"
			}
		}
		routes = append(routes, r.Method+" "+strings.Join(parts, "/"))
	}
	return routes
}

// Panic adds a route that panics with v, after it has sent begun.
func (h *Handler) Panic(path string, v any, begun string) {
	quietly(func() {
		h.engine.GET(path, func(c *gin.Context) {
			if begun != "" {
				_, _ = c.Writer.WriteString(begun)
			}
			panic(v)
		})
	})
}

// Fail adds a route that ends in err.
func (h *Handler) Fail(path string, err error) {
	quietly(func() { h.handle("GET", path, func(*gin.Context) error { return err }) })
}

// Codes lists the codes of errors.
func Codes() []string {
	codes := []string{internal.code}
	for _, a := range answers {
		codes = append(codes, a.code)
	}
	return codes
}

// DecodeInsert is decodeInsert.
func DecodeInsert(body []byte) (app.Insert, error) { return decodeInsert(body) }

// DecodeSearch decodes into a decoder that was used before.
func DecodeSearch(body []byte) (app.Search, error) {
	var d searchDecoder
	_ = d.decode([]byte(`{"database_id":"old","embeddings":[[9,9],[9]],"num_results":9,"min_score":9,"exact":true,"ef":9,"include":["embedding"]}`))
	err := d.decode(body)
	return d.in, err
}
