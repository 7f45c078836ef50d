package web

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/metrics"
	"github.com/memista/memista/internal/domain"
)

// SurfaceOptions are the choices of a Surface. Zero values work.
type SurfaceOptions struct {
	// Prefix begins the paths of the surface, such as "/api/v2". Requests below it that no
	// route takes are answered in the form of the surface.
	Prefix string
	// Roots are further paths, such as "/collections", of which and below which requests that
	// no route takes are answered in the form of the surface. Prefix does not begin them.
	Roots []string
	// AnyQuery lets query parameters pass that a route does not know.
	AnyQuery bool
	// TrimSlash passes over a slash at the end of a path under Prefix or Roots.
	TrimSlash bool
	// KeyHeaders are headers, in canonical form, that may carry an API key besides
	// Authorization and Api-Key. An empty one counts as none.
	KeyHeaders []string
	// Errors is the form of its errors; nil: memista's own.
	Errors ErrorFormat
	// Fallback, if not nil, may answer a request for a path that no route has, and reports
	// whether it did.
	Fallback func(*Call) bool
}

// Surface is an API on a Handler: routes, and the form of their errors.
type Surface struct {
	h *Handler
	o SurfaceOptions
}

// Surface adds an API without routes.
func (h *Handler) Surface(o SurfaceOptions) *Surface {
	if o.Errors == nil {
		o.Errors = plainError
	}
	s := &Surface{h: h, o: o}
	h.surfaces = append(h.surfaces, s)
	return s
}

// depth returns how long the longest of the prefix and the roots of s is that path is under,
// and -1 if it is under none.
func (s *Surface) depth(path string) int {
	depth := -1
	if under(path, s.o.Prefix) {
		depth = len(s.o.Prefix)
	}
	for _, root := range s.o.Roots {
		if len(root) > depth && under(path, root) {
			depth = len(root)
		}
	}
	return depth
}

func under(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == '/')
}

// route is a method of a path and what answers it.
type route struct {
	surface      *Surface
	method, path string // as gin has them
	label        string // the method in metrics and traces
	name         string // the path in metrics, log and traces
	rule         Rule
	params       []string // of the query
	meter        *metrics.Route
	run          func(*Call) error
}

// Handle adds a route that callers may call as the rule says, with the query parameters
// params and no others; path goes on after the prefix of the surface, with parameters
// written as in /databases/:id. fn either answers the request or returns an error. Handle
// panics where the rule does not fit the path, and where the route exists.
func (s *Surface) Handle(method, path string, rule Rule, fn func(*Call) error, params ...string) {
	path = s.o.Prefix + path
	if rule.where == unset || (rule.where == InPath) != strings.Contains(path, "/:"+databaseParam) {
		panic("web: the rule of " + method + " " + path + " does not fit it")
	}
	r := &route{surface: s, method: method, path: path, label: method, name: template(path), rule: rule, params: params}
	r.meter = s.h.metrics.Route(method, r.name)
	r.run = func(c *Call) error {
		if err := c.admit(); err != nil {
			return err
		}
		return fn(c)
	}
	s.h.routes = append(s.h.routes, r)
	quietly(func() { s.h.engine.Handle(method, path, func(gc *gin.Context) { s.h.serve(gc, r) }) })
}

// unmatched names the requests that no route takes, and anyMethod stands for their method.
const (
	unmatched = "unmatched"
	anyMethod = "any"
)

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

// Route describes a route.
type Route struct {
	Method, Path string       // with parameters as OpenAPI writes them
	Scope        domain.Scope // that a key needs; 0: no key is needed
	Where        Where        // how it names the databases it works on
}

// Routes lists the routes of all surfaces.
func (h *Handler) Routes() []Route {
	list := make([]Route, len(h.routes))
	for i, r := range h.routes {
		list[i] = Route{r.method, r.name, r.rule.scope, r.rule.where}
	}
	return list
}
