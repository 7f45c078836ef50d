package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/docs"
	"github.com/memista/memista/internal/adapters/httpapi/keys"
	"github.com/memista/memista/internal/adapters/web"
)

// route adds the routes. Each is in openapi.yaml, and no other is.
func (a *api) route() {
	s := a.web.Surface(web.SurfaceOptions{Fallback: docs.Redirect})
	a.routeOriginal(s)
	a.routeDatabases(s)
	a.routeAliases(s)
	a.routeChunks(s)
	a.routeEmbeddings(s)
	a.routeJobs(s)
	a.routeMoving(s)
	a.routeOperations(s)
	keys.Route(s, a.opts.Keys)
	docs.Route(s, a.opts.Root, a.opts.Console)
}

// routeOriginal adds the three routes of the original memista.
func (a *api) routeOriginal(s *web.Surface) {
	s.Handle(http.MethodPost, "/v1/insert", web.Writer(web.InBody), a.insert)
	s.Handle(http.MethodPost, "/v1/search", web.Reader(web.InBody), a.search)
	s.Handle(http.MethodDelete, "/v1/drop", web.Admin(web.InBody), a.drop)
}

func (a *api) routeDatabases(s *web.Surface) {
	s.Handle(http.MethodGet, "/v1/databases", web.Reader(web.InList), a.databases, "limit", "after", "prefix")
	s.Handle(http.MethodPut, "/v1/databases/:id", web.Writer(web.InPath), a.create)
	s.Handle(http.MethodGet, "/v1/databases/:id", web.Reader(web.InPath), a.database)
	s.Handle(http.MethodPatch, "/v1/databases/:id", web.Admin(web.InPath), a.alter)
	s.Handle(http.MethodDelete, "/v1/databases/:id", web.Admin(web.InPath), a.dropDatabase)
}

func (a *api) routeAliases(s *web.Surface) {
	s.Handle(http.MethodGet, "/v1/aliases", web.Reader(web.InList), a.aliases)
	s.Handle(http.MethodPost, "/v1/aliases", web.Admin(web.InBody), a.changeAliases)
}

func (a *api) routeChunks(s *web.Surface) {
	s.Handle(http.MethodPost, "/v1/databases/:id/search", web.Reader(web.InPath), a.query)
	s.Handle(http.MethodPost, "/v1/databases/:id/groups", web.Reader(web.InPath), a.groups)
	s.Handle(http.MethodPost, "/v1/databases/:id/count", web.Reader(web.InPath), a.count)
	s.Handle(http.MethodPost, "/v1/databases/:id/sample", web.Reader(web.InPath), a.sample)
	s.Handle(http.MethodPost, "/v1/databases/:id/delete", web.Writer(web.InPath), a.deleteMany)
	s.Handle(http.MethodPost, "/v1/databases/:id/patch", web.Writer(web.InPath), a.patchMany)
	s.Handle(http.MethodPost, "/v1/databases/:id/values", web.Reader(web.InPath), a.countValues)
	s.Handle(http.MethodGet, "/v1/databases/:id/chunks", web.Reader(web.InPath), a.list, append([]string{"limit", "after", "filter", "order", "sort", "descending", "from", "skip"}, decode.PartsParams...)...)
	s.Handle(http.MethodPost, "/v1/databases/:id/chunks", web.Writer(web.InPath), a.insertInto)
	for path, name := range map[string]naming{"chunks/:chunk_id": byID, "keys/:key": byKey} {
		path = "/v1/databases/:id/" + path
		s.Handle(http.MethodGet, path, web.Reader(web.InPath), a.chunk(name), decode.PartsParams...)
		s.Handle(http.MethodPatch, path, web.Writer(web.InPath), a.patchChunk(name), decode.PartsParams...)
		s.Handle(http.MethodDelete, path, web.Writer(web.InPath), a.deleteChunk(name))
	}
}

// routeEmbeddings adds the route that the API of OpenAI has too. It tells nothing of what is
// stored, but it may cost money, so it needs a key that can search.
func (a *api) routeEmbeddings(s *web.Surface) {
	s.Handle(http.MethodPost, "/v1/embeddings", web.Reader(web.Nowhere), a.embeddings)
}

func (a *api) routeJobs(s *web.Surface) {
	s.Handle(http.MethodPost, "/v1/databases/:id/recall", web.Reader(web.InPath), a.recall)
	s.Handle(http.MethodPost, "/v1/databases/:id/rebuild", web.Admin(web.InPath), a.rebuild)
	s.Handle(http.MethodPost, "/v1/databases/:id/reembed", web.Admin(web.InPath), a.reembed)
	s.Handle(http.MethodPost, "/v1/databases/:id/imports", web.Writer(web.InPath), a.startImport)
	s.Handle(http.MethodGet, "/v1/jobs", web.Reader(web.InList), a.jobs)
	s.Handle(http.MethodGet, "/v1/jobs/:job", web.Reader(web.InList), a.job)
	s.Handle(http.MethodDelete, "/v1/jobs/:job", web.Admin(web.InList), a.cancelJob)
	s.Handle(http.MethodPost, "/v1/jobs/:job/progress", web.Writer(web.InList), a.reportImport)
}

// routeMoving adds what takes databases to other servers, and in.
func (a *api) routeMoving(s *web.Surface) {
	s.Handle(http.MethodPost, "/v1/databases/:id/changes", web.Reader(web.InPath), a.changes, append([]string{"after", "limit", "keep_seconds", "close"}, decode.PartsParams...)...)
	s.Handle(http.MethodPost, "/v1/databases/:id/load", web.Writer(web.InPath), a.load)
	s.Handle(http.MethodPost, "/v1/databases/:id/hold", web.Admin(web.InPath), a.hold)
	s.Handle(http.MethodGet, "/v1/names", web.Admin(web.Everywhere), a.names)
	s.Handle(http.MethodPost, "/v1/names", web.Admin(web.Everywhere), a.putNames)
}

func (a *api) routeOperations(s *web.Surface) {
	s.Handle(http.MethodGet, "/v1/backup", web.Admin(web.Everywhere), a.backup)
	for _, method := range []string{http.MethodGet, http.MethodHead} { // monitors and load balancers ask with either
		s.Handle(method, "/healthz", web.Anyone(), a.healthz)
		s.Handle(method, "/readyz", web.Anyone(), a.readyz)
	}
	s.Handle(http.MethodGet, "/version", web.Anyone(), a.version)
	s.Handle(http.MethodGet, "/metrics", web.Monitor(), a.metrics)
	s.Handle(http.MethodGet, "/openapi.json", web.Anyone(), a.openapi)
}
