package chromaapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/web"
)

// route adds the routes of a version.
func (a *api) route(v version, s *web.Surface) {
	a.routeSystem(v, s)
	a.routeSpaces(v, s)
	a.routeCollections(v, s)
	a.routeRecords(v, s)
}

func (a *api) routeSystem(v version, s *web.Surface) {
	s.Handle(http.MethodGet, "", web.Anyone(), a.heartbeat)
	s.Handle(http.MethodGet, "/heartbeat", web.Anyone(), a.heartbeat)
	s.Handle(http.MethodGet, "/healthcheck", web.Anyone(), a.healthcheck)
	s.Handle(http.MethodGet, "/version", web.Anyone(), sends(`"`+v.number+`"`))
	s.Handle(http.MethodGet, "/pre-flight-checks", web.Anyone(), sends(preflight))
	s.Handle(http.MethodGet, "/auth/identity", web.Reader(web.Nowhere), sends(identity))
	s.Handle(http.MethodPost, "/reset", web.Admin(web.Everywhere), a.reset)
}

func (a *api) routeSpaces(v version, s *web.Surface) {
	s.Handle(http.MethodPost, "/tenants", web.Writer(web.Nowhere), a.createTenant)
	s.Handle(http.MethodGet, "/tenants/:tenant", web.Reader(web.Nowhere), a.tenant)
	if v.spaces == "" {
		s.Handle(http.MethodPost, "/databases", web.Writer(web.Nowhere), a.createSpace)
		s.Handle(http.MethodGet, "/databases/:database", web.Reader(web.Nowhere), a.space)
		return
	}
	s.Handle(http.MethodPatch, "/tenants/:tenant", web.Writer(web.Nowhere), a.alterTenant)
	s.Handle(http.MethodPost, "/tenants/:tenant/databases", web.Writer(web.Nowhere), a.createSpace)
	s.Handle(http.MethodGet, "/tenants/:tenant/databases", web.Reader(web.Nowhere), a.spaces)
	s.Handle(http.MethodGet, v.spaces, web.Reader(web.Nowhere), a.space)
	s.Handle(http.MethodDelete, v.spaces, web.Admin(web.InBody), a.dropSpace)
}

func (a *api) routeCollections(v version, s *web.Surface) {
	root := v.spaces + "/collections"
	s.Handle(http.MethodPost, root, web.Writer(web.InBody), a.create)
	s.Handle(http.MethodGet, root, web.Reader(web.InList), a.list)
	s.Handle(http.MethodGet, root+"/:collection", web.Reader(web.InBody), a.collectionByName)
	s.Handle(http.MethodPut, root+"/:collection", web.Writer(web.InBody), a.alter)
	s.Handle(http.MethodDelete, root+"/:collection", web.Admin(web.InBody), a.drop(v))
	if v.spaces == "" {
		s.Handle(http.MethodGet, "/count_collections", web.Reader(web.InList), a.countCollections)
		return
	}
	s.Handle(http.MethodGet, v.spaces+"/collections_count", web.Reader(web.InList), a.countCollections)
	s.Handle(http.MethodGet, root+"/by-id/:collection", web.Reader(web.InBody), a.collectionByID)
}

func (a *api) routeRecords(v version, s *web.Surface) {
	one := v.spaces + "/collections/:collection"
	s.Handle(http.MethodPost, one+"/add", web.Writer(web.InBody), a.add(v))
	s.Handle(http.MethodPost, one+"/upsert", web.Writer(web.InBody), a.upsert(v))
	s.Handle(http.MethodPost, one+"/update", web.Writer(web.InBody), a.update(v))
	s.Handle(http.MethodPost, one+"/delete", web.Writer(web.InBody), a.deleteRecords(v))
	s.Handle(http.MethodPost, one+"/get", web.Reader(web.InBody), a.get(v))
	s.Handle(http.MethodPost, one+"/query", web.Reader(web.InBody), a.query(v))
	s.Handle(http.MethodGet, one+"/count", web.Reader(web.InBody), a.count)
	if v.spaces == "" {
		return
	}
	for _, r := range refused {
		s.Handle(r.method, one+r.path, web.Reader(web.InBody), refuses(r.reason))
	}
}

// refused are routes that memista has not got, and why.
var refused = []struct{ method, path, reason string }{
	{http.MethodPost, "/search", "memista does not have Chroma's search plans: use query, or memista's own POST /v1/databases/{id}/search with hybrid"},
	{http.MethodPost, "/fork", "memista does not fork collections: make one and add the records to it"},
	{http.MethodGet, "/indexing_status", "memista has no indexing status of records: what was acknowledged is found at once"},
	{http.MethodPost, "/functions/attach", "memista runs no functions on collections"},
	{http.MethodGet, "/functions/:function", "memista runs no functions on collections"},
	{http.MethodPost, "/attached_functions/:function/detach", "memista runs no functions on collections"},
}
