package qdrantapi

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/web"
)

// Version is the version of Qdrant whose API this is: clients compare it with their own.
const Version = "1.19.0"

// Options are the choices of the API. Zero values work.
type Options struct {
	// Version is that of memista.
	Version string
	// SlowQuery is how long a search may take before a line in the log explains it; 0: any
	// time.
	SlowQuery time.Duration
}

// api is the API over its use cases.
type api struct {
	uses    UseCases
	cols    Collections
	opts    Options
	changes atomic.Uint64 // so far, of all collections
	configs configs
}

// roots are the paths below which the API answers, also with errors.
var roots = []string{"/collections", "/aliases", "/telemetry", "/cluster", "/issues", "/livez", "/snapshots", "/locks", "/quotas"}

// Mount adds the API over uses and cols to h.
func Mount(h *web.Handler, uses UseCases, cols Collections, o Options) {
	a := &api{uses: uses, cols: cols, opts: o}
	s := h.Surface(web.SurfaceOptions{Roots: roots, AnyQuery: true, TrimSlash: true, Errors: errorFormat, Fallback: refuse})
	a.route(s)
}

// Root answers GET / to programs, which learn there whose API it is; not to browsers, which
// have a page there. It reports whether it did.
func Root(version string) func(*web.Call) bool {
	body := []byte(`{"title":"qdrant - vector search engine","version":"` + Version + `","memista":"` + version + `"}` + "\n")
	return func(c *web.Call) bool {
		if strings.Contains(c.Request.Header.Get("Accept"), "text/html") {
			return false
		}
		c.Send(http.StatusOK, body)
		return true
	}
}

// call is a request with the moment at which it came.
type call struct {
	*web.Call
	began time.Time
}

// handle adds a route whose failures are told in Qdrant's words.
func (a *api) handle(s *web.Surface, method, path string, rule web.Rule, fn func(c call) error) {
	s.Handle(method, path, rule, func(wc *web.Call) error {
		c := call{wc, time.Now()}
		return inWords(fn(c))
	})
}

// sendJSON answers with a result that is JSON.
func (c call) sendJSON(result string) error {
	return c.sendAppended(func(b []byte) ([]byte, error) { return append(b, result...), nil })
}

// sendAppended answers with the result that fill appends.
func (c call) sendAppended(fill func(b []byte) ([]byte, error)) error {
	return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
		b, err := fill(encode.Begin(b))
		return encode.End(b, c.began), err
	})
}

// heavyBody is from what size on a body is decoded beside searches only where that leaves
// them a core: 64 KiB take a quarter of a millisecond.
const heavyBody = 64 << 10

// body reads the body of the request with fn.
func (a *api) body(c call, fn func(body []byte) error) error {
	return c.InsertBody(func(body []byte) error {
		if len(body) < heavyBody {
			return fn(body)
		}
		return a.uses.Heavily(c.Context(), func() error { return fn(body) })
	})
}
