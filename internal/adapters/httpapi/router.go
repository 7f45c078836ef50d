package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// route fills the router. Every route is in openapi.yaml, and no other is.
func (h *Handler) route() {
	h.engine.Use(h.wrap)
	h.engine.NoRoute(h.noRoute)
	h.engine.NoMethod(h.noMethod)

	h.handle(http.MethodPost, "/v1/insert", h.insert)
	h.handle(http.MethodPost, "/v1/search", h.search)
	h.handle(http.MethodDelete, "/v1/drop", h.drop)

	h.handle(http.MethodGet, "/v1/databases", h.databases)
	h.handle(http.MethodPut, "/v1/databases/:id", h.create)
	h.handle(http.MethodGet, "/v1/databases/:id", h.database)
	h.handle(http.MethodDelete, "/v1/databases/:id", h.dropDatabase)
	h.handle(http.MethodGet, "/v1/databases/:id/chunks/:chunk_id", h.chunk, "include")
	h.handle(http.MethodDelete, "/v1/databases/:id/chunks/:chunk_id", h.deleteChunk)

	h.handle(http.MethodGet, "/healthz", h.healthz)
	h.handle(http.MethodGet, "/readyz", h.readyz)
	h.handle(http.MethodGet, "/version", h.version)
	h.handle(http.MethodGet, "/openapi.json", h.openapi)
}

// handle adds a route that takes the query parameters params and no others; fn either
// answers the request or returns an error.
func (h *Handler) handle(method, path string, fn func(*gin.Context) error, params ...string) {
	h.engine.Handle(method, path, func(c *gin.Context) {
		err := checkQuery(c.Request.URL.RawQuery, params)
		if err == nil {
			err = fn(c)
		}
		if err != nil {
			h.fail(c, err)
		}
	})
}
