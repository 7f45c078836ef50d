package qdrantapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/web"
)

// route adds the routes.
func (a *api) route(s *web.Surface) {
	read, write := web.Reader(web.InBody), web.Writer(web.InBody)
	list, admin := web.Reader(web.InList), web.Admin(web.InBody)
	for _, r := range []struct {
		method, path string
		rule         web.Rule
		fn           func(c call) error
	}{
		{http.MethodGet, "/collections", list, a.collections},
		{http.MethodGet, "/collections/:collection", read, a.info},
		{http.MethodGet, "/collections/:collection/exists", read, a.exists},
		{http.MethodPut, "/collections/:collection", write, a.create},
		{http.MethodPatch, "/collections/:collection", write, a.alter},
		{http.MethodDelete, "/collections/:collection", admin, a.drop},
		{http.MethodGet, "/collections/:collection/cluster", read, a.clusterOf},
		{http.MethodPut, "/collections/:collection/index", write, a.createIndex},
		{http.MethodDelete, "/collections/:collection/index/:field", write, a.dropIndex},
		{http.MethodGet, "/aliases", list, a.aliases},
		{http.MethodGet, "/collections/:collection/aliases", read, a.aliasesOf},
		{http.MethodPost, "/collections/aliases", admin, a.changeAliases},

		{http.MethodPut, "/collections/:collection/points", write, a.upsert},
		{http.MethodPost, "/collections/:collection/points", read, a.retrieve},
		{http.MethodGet, "/collections/:collection/points/:point", read, a.point},
		{http.MethodPost, "/collections/:collection/points/delete", write, a.delete},
		{http.MethodPost, "/collections/:collection/points/scroll", read, a.scroll},
		{http.MethodPost, "/collections/:collection/points/count", read, a.count},
		{http.MethodPost, "/collections/:collection/points/payload", write, a.setPayload},
		{http.MethodPut, "/collections/:collection/points/payload", write, a.overwritePayload},
		{http.MethodPost, "/collections/:collection/points/payload/delete", write, a.deletePayload},
		{http.MethodPost, "/collections/:collection/points/payload/clear", write, a.clearPayload},
		{http.MethodPut, "/collections/:collection/points/vectors", write, a.updateVectors},
		{http.MethodPost, "/collections/:collection/points/vectors/delete", write, a.deleteVectors},
		{http.MethodPost, "/collections/:collection/points/batch", write, a.batch},

		{http.MethodPost, "/collections/:collection/points/query", read, a.query},
		{http.MethodPost, "/collections/:collection/points/query/batch", read, a.queryBatch},
		{http.MethodPost, "/collections/:collection/points/query/groups", read, a.queryGroups},
		{http.MethodPost, "/collections/:collection/points/search", read, a.search},
		{http.MethodPost, "/collections/:collection/points/search/batch", read, a.searchBatch},
		{http.MethodPost, "/collections/:collection/points/search/groups", read, a.searchGroups},
		{http.MethodPost, "/collections/:collection/points/search/matrix/pairs", read, a.matrixPairs},
		{http.MethodPost, "/collections/:collection/points/search/matrix/offsets", read, a.matrixOffsets},
		{http.MethodPost, "/collections/:collection/points/recommend", read, a.recommend},
		{http.MethodPost, "/collections/:collection/points/recommend/batch", read, a.recommendBatch},
		{http.MethodPost, "/collections/:collection/points/discover", read, a.discover},
		{http.MethodPost, "/collections/:collection/points/discover/batch", read, a.discover},
		{http.MethodPost, "/collections/:collection/facet", read, a.facet},

		{http.MethodGet, "/telemetry", list, a.telemetry},
		{http.MethodGet, "/cluster", list, a.cluster},
		{http.MethodGet, "/issues", list, a.issues},
		{http.MethodGet, "/livez", web.Anyone(), a.livez},
	} {
		a.handle(s, r.method, r.path, r.rule, r.fn)
	}
}
