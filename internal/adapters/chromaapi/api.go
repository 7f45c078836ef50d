package chromaapi

import (
	"time"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
)

// Options are the choices of the API. Zero values work.
type Options struct {
	// AllowReset lets POST /reset drop all databases; else it is refused.
	AllowReset bool
	// SlowQuery is how long a query may take before a line in the log explains it; 0: any
	// time.
	SlowQuery time.Duration
}

// api is the HTTP API over its use cases.
type api struct {
	uses UseCases
	cols Collections
	opts Options
	now  func() time.Time
}

// Mount adds the API over uses to h, at /api/v2 and /api/v1.
func Mount(h *web.Handler, uses UseCases, cols Collections, o Options) {
	a := &api{uses: uses, cols: cols, opts: o, now: time.Now}
	a.route(version2, surface(h, "/api/v2"))
	a.route(version1, surface(h, "/api/v1"))
}

// surface returns a surface below a prefix.
func surface(h *web.Handler, prefix string) *web.Surface {
	return h.Surface(web.SurfaceOptions{
		Prefix: prefix, Errors: refusal.Format, AnyQuery: true, TrimSlash: true,
		KeyHeaders: []string{"X-Chroma-Token", "X-Api-Key"},
	})
}

// version is what differs between the versions of the API.
type version struct {
	// spaces is the path of tenants' databases, in which collections are; "": a query says in
	// which they are.
	spaces string
	// number is the answer to GET /version, which clients compare.
	number string
	// lenient takes conditions without members for none.
	lenient bool
	// stored is the answer to what stores records, and dropped to what drops a collection.
	stored, dropped string
	// listsDeleted answers deletes with the ids of what was deleted, and not with how many.
	listsDeleted bool
}

var (
	version2 = version{spaces: "/tenants/:tenant/databases/:database", number: "1.0.0", stored: "{}", dropped: "{}"}
	version1 = version{number: "0.6.3", lenient: true, stored: "true", dropped: "null", listsDeleted: true}
)
