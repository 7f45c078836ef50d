package httpapi

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/httpapi/docs"
)

// route fills the router. Every route is in openapi.yaml, and no other is.
func (h *Handler) route() {
	h.engine.Use(h.wrap)
	h.engine.NoRoute(h.noRoute)
	h.engine.NoMethod(h.noMethod)

	// The three of the original memista.
	h.handle(http.MethodPost, "/v1/insert", writer(inBody), h.insert)
	h.handle(http.MethodPost, "/v1/search", reader(inBody), h.search)
	h.handle(http.MethodDelete, "/v1/drop", admin(inBody), h.drop)

	h.handle(http.MethodGet, "/v1/databases", reader(inList), h.databases, "limit", "after", "prefix")
	h.handle(http.MethodPut, "/v1/databases/:id", writer(inPath), h.create)
	h.handle(http.MethodGet, "/v1/databases/:id", reader(inPath), h.database)
	h.handle(http.MethodPatch, "/v1/databases/:id", admin(inPath), h.alter)
	h.handle(http.MethodDelete, "/v1/databases/:id", admin(inPath), h.dropDatabase)
	h.handle(http.MethodPost, "/v1/databases/:id/search", reader(inPath), h.query)
	h.handle(http.MethodPost, "/v1/databases/:id/count", reader(inPath), h.count)
	h.handle(http.MethodPost, "/v1/databases/:id/delete", writer(inPath), h.deleteMany)
	h.handle(http.MethodGet, "/v1/databases/:id/chunks", reader(inPath), h.list, append([]string{"limit", "after", "filter"}, partsParams...)...)
	h.handle(http.MethodPost, "/v1/databases/:id/chunks", writer(inPath), h.insertInto)
	for path, name := range map[string]naming{"chunks/:chunk_id": byID, "keys/:key": byKey} {
		path = "/v1/databases/:id/" + path
		h.handle(http.MethodGet, path, reader(inPath), h.chunk(name), partsParams...)
		h.handle(http.MethodPatch, path, writer(inPath), h.patchChunk(name), partsParams...)
		h.handle(http.MethodDelete, path, writer(inPath), h.deleteChunk(name))
	}

	h.handle(http.MethodPost, "/v1/databases/:id/rebuild", admin(inPath), h.rebuild)
	h.handle(http.MethodPost, "/v1/databases/:id/imports", writer(inPath), h.startImport)
	h.handle(http.MethodGet, "/v1/jobs", reader(inList), h.jobs)
	h.handle(http.MethodGet, "/v1/jobs/:job", reader(inList), h.job)
	h.handle(http.MethodDelete, "/v1/jobs/:job", admin(inList), h.cancelJob)
	h.handle(http.MethodPost, "/v1/jobs/:job/progress", writer(inList), h.reportImport)

	h.handle(http.MethodGet, "/v1/backup", admin(everywhere), h.backup)

	for _, method := range []string{http.MethodGet, http.MethodHead} { // monitors and load balancers ask with either
		h.handle(method, "/healthz", anyone, h.healthz)
		h.handle(method, "/readyz", anyone, h.readyz)
	}
	h.handle(http.MethodGet, "/version", anyone, h.version)
	h.handle(http.MethodGet, "/metrics", monitor, h.scrape)
	h.handle(http.MethodGet, "/openapi.json", anyone, h.openapi)
	h.handle(http.MethodGet, "/", anyone, h.page("index"))
	for _, name := range docs.Names()[1:] {
		h.handle(http.MethodGet, "/"+name, anyone, h.page(name))
	}
	h.handle(http.MethodGet, "/assets/:name", anyone, h.asset)
}

// handle adds a route that callers as r says may call, with the query parameters params
// and no others; fn either answers the request or returns an error.
func (h *Handler) handle(method, path string, r rule, fn func(*gin.Context) error, params ...string) {
	if r.where == unsaid || (r.where == inPath) != strings.Contains(path, "/:id") {
		panic("httpapi: the rule of " + method + " " + path + " does not fit it")
	}
	h.rules = append(h.rules, routeRule{method, path, r})
	h.names[path] = template(path)
	h.meters[routeKey{method, path}] = h.metrics.Route(method, h.names[path])
	h.engine.Handle(method, path, func(c *gin.Context) {
		k := h.begin(c, r)
		defer k.end(c)
		err := h.admit(c, k, r)
		if err == nil {
			err = checkQuery(c.Request.URL.RawQuery, params)
		}
		if err == nil {
			err = fn(c)
		}
		if err != nil {
			h.fail(c, err)
		}
	})
}

// admit decides, before anything of its body is read, whether a request is served. One
// with a body takes its place when the body is there, see withBody.
func (h *Handler) admit(c *gin.Context, k *call, r rule) error {
	if err := h.authorize(c, k, r); err != nil {
		return err
	}
	if k.lane != nil && k.lane.crowded() {
		return errCrowded
	}
	if r.takesBody(c.Request.Method) {
		if c.Request.ContentLength != 0 {
			return nil
		}
	} else if size := c.Request.ContentLength; size < 0 || size > netHTTPReads {
		closeAfter(c) // nobody will read it
	}
	return k.enter(c.Request.Context())
}

// netHTTPReads is how much of a body that nobody reads net/http reads itself to reuse the
// connection.
const netHTTPReads = 256 << 10

// takesBody reports whether a route reads its body, which it does with withBody.
func (r rule) takesBody(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	}
	return r.where == inBody
}

// routeRule is a route and who may call it.
type routeRule struct {
	method, path string
	rule         rule
}
