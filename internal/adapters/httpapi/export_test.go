package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// Routes lists method and path of every route, with parameters as OpenAPI writes them.
func (h *Handler) Routes() []string {
	var routes []string
	for _, r := range h.engine.Routes() {
		routes = append(routes, r.Method+" "+openAPIPath(r.Path))
	}
	return routes
}

// openAPIPath writes the parameters of a path as OpenAPI does.
func openAPIPath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") {
			parts[i] = "{" + p[1:] + "}"
		}
	}
	return strings.Join(parts, "/")
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
	quietly(func() { h.handle("GET", path, anyone, func(*gin.Context) error { return err }) })
}

// Codes lists the codes of errors, each once: two kinds may have one.
func Codes() []string {
	codes := []string{internal.code}
	for _, a := range answers {
		if !slices.Contains(codes, a.code) {
			codes = append(codes, a.code)
		}
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

// Rule is a route and who may call it.
type Rule struct {
	Method, Path string // with parameters as OpenAPI writes them
	Scope        domain.Scope
	Where        string
}

// Rules lists the rule of every route.
func (h *Handler) Rules() []Rule {
	names := map[where]string{inPath: "path", inBody: "body", inList: "list", everywhere: "everywhere", nowhere: "nowhere"}
	var list []Rule
	for _, r := range h.rules {
		list = append(list, Rule{r.method, openAPIPath(r.path), r.rule.scope, names[r.rule.where]})
	}
	return list
}

// BadRules are routes whose rules must be refused.
func (h *Handler) BadRules() []func() {
	add := func(path string, r rule) func() {
		return func() { quietly(func() { h.handle("GET", path, r, func(*gin.Context) error { return nil }) }) }
	}
	return []func(){
		add("/bad1", rule{}), add("/bad2", rule{scope: domain.ScopeRead}), add("/bad3", reader(inPath)), add("/bad4/:id", reader(nowhere)),
	}
}

// Authorizer returns a function that holds the key of req against the rule of a route
// that reads the database id.
func (h *Handler) Authorizer(req *http.Request, id string) func() error {
	c := gin.CreateTestContextOnly(httptest.NewRecorder(), h.engine)
	c.Request = req
	c.Params = gin.Params{{Key: "id", Value: id}}
	return func() error {
		r := reader(inPath)
		k := h.begin(c, r)
		defer k.end(c)
		return h.authorize(c, k, r)
	}
}

// Lane is a lane.
type Lane struct{ l *lane }

// NewLane is newLane.
func NewLane(places, queue int, wait time.Duration) Lane { return Lane{newLane(places, queue, wait)} }

// Enter is enter.
func (l Lane) Enter(ctx context.Context) error { return l.l.enter(ctx) }

// Leave is leave.
func (l Lane) Leave() { l.l.leave() }

// Crowded is crowded.
func (l Lane) Crowded() bool { return l.l.crowded() }

// TakeAllPlaces leaves no place for a request until giveBack is called.
func (h *Handler) TakeAllPlaces() (giveBack func()) {
	for _, l := range h.gate.lanes {
		for range cap(l.places) {
			l.places <- struct{}{}
		}
	}
	return func() {
		for _, l := range h.gate.lanes {
			for range cap(l.places) {
				l.leave()
			}
		}
	}
}

// Taken returns how many places, and how many bytes for bodies, are taken.
func (h *Handler) Taken() (places int, bytes int64) {
	for _, l := range h.gate.lanes {
		places += len(l.places)
	}
	return places, h.gate.held.Load()
}

// Waiting returns how many connections wait for a request.
func (s *Server) Waiting() int {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	return s.crowd.waiting.Len()
}
