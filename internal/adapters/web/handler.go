package web

import (
	"math"
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web/linger"
	"github.com/memista/memista/internal/adapters/web/metrics"
	"github.com/memista/memista/internal/adapters/web/origin"
)

// Default limits of request bodies in bytes.
const (
	DefaultInsertBodyLimit = 32 << 20
	DefaultBodyLimit       = 4 << 20
)

// DefaultCompressAbove is the size above which answers are compressed: ten hits with their
// texts stay below, where compressing would take as long as searching.
const DefaultCompressAbove = 16 << 10

// Options are the choices of a Handler. Zero values work.
type Options struct {
	// Logger receives one line per request and the causes of internal errors; nil: none.
	// Bodies, keys, vectors and paths are never logged.
	Logger *zap.Logger
	// AccessLog receives the lines of requests instead of Logger; nil: Logger does.
	AccessLog *zap.Logger
	// InsertBodyLimit and BodyLimit bound the bodies that Call.InsertBody and Call.Body
	// read, in bytes; 0: the defaults.
	InsertBodyLimit int64
	BodyLimit       int64
	// CompressAbove is how many bytes an answer must exceed to be compressed for callers
	// that accept that, 16 KiB; negative: none is.
	CompressAbove int
	// Limits bound what requests take at once.
	Limits Limits
	// Tracing, if not nil, receives a span of each request.
	Tracing trace.TracerProvider
	// Keys, if not nil, knows the API keys; nil: no key is needed.
	Keys Keys
	// Origins decides by which names the handler may be called, and by pages of which
	// origins; nil: by loopback names and addresses, unless keys are needed, and by its
	// own pages.
	Origins *origin.Policy
	// Linger bounds what is read of a body after the request has been refused, so that
	// the answer arrives; the zero value stands for linger.Default.
	Linger linger.Limits
}

// Handler answers requests for the routes of its surfaces. It is safe for concurrent use
// once they have their routes.
type Handler struct {
	opts    Options
	log     *zap.Logger
	access  *zap.Logger
	tracer  trace.Tracer // nil: no traces
	metrics *metrics.Metrics
	load    *load

	engine     *gin.Engine
	surfaces   []*Surface
	routes     []*route
	noRoute    *route   // for paths that are no route's
	noMethod   *route   // for methods that a path does not have
	anySurface *Surface // of requests outside every prefix
}

// New returns a handler without routes.
func New(o Options) *Handler {
	o = o.withDefaults()
	h := &Handler{opts: o, log: o.Logger, access: o.AccessLog, metrics: metrics.New(), load: newLoad(o.Limits)}
	if o.Tracing != nil {
		h.tracer = o.Tracing.Tracer(tracerName)
	}
	h.anySurface = &Surface{h: h, o: SurfaceOptions{Errors: plainError}}
	other := h.metrics.Route(anyMethod, unmatched)
	h.noRoute = &route{surface: h.anySurface, label: anyMethod, name: unmatched, meter: other, run: (*Call).answerNoRoute}
	h.noMethod = &route{surface: h.anySurface, label: anyMethod, name: unmatched, meter: other, run: func(*Call) error { return errNoMethod }}
	quietly(func() {
		h.engine = newEngine()
		h.engine.NoRoute(func(gc *gin.Context) { h.serve(gc, h.noRoute) })
		h.engine.NoMethod(func(gc *gin.Context) { h.serve(gc, h.noMethod) })
	})
	return h
}

func (o Options) withDefaults() Options {
	o.InsertBodyLimit, o.BodyLimit = orDefault(o.InsertBodyLimit, DefaultInsertBodyLimit), orDefault(o.BodyLimit, DefaultBodyLimit)
	switch {
	case o.CompressAbove == 0:
		o.CompressAbove = DefaultCompressAbove
	case o.CompressAbove < 0:
		o.CompressAbove = math.MaxInt
	}
	if o.Linger == (linger.Limits{}) {
		o.Linger = linger.Default
	}
	if o.Origins == nil {
		o.Origins, _ = origin.New(origin.Options{}) // fails for bad entries only
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.AccessLog == nil {
		o.AccessLog = o.Logger
	}
	return o
}

// Collect adds a collector to those that Call.SendMetrics asks. It panics if its metrics
// are there already.
func (h *Handler) Collect(c prometheus.Collector) { h.metrics.Collect(c) }

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.engine.ServeHTTP(w, h.trimmed(r))
	if r.ContentLength != 0 && w.Header().Get("Connection") == "close" {
		markConnectionIdle(r.Context()) // its caller has the answer
		linger.Drain(w, r, h.opts.Linger)
	}
}

// surfaceAt returns the surface with the longest prefix or root that path is under.
func (h *Handler) surfaceAt(path string) *Surface {
	found, most := h.anySurface, 0
	for _, s := range h.surfaces {
		if depth := s.depth(path); depth > most {
			found, most = s, depth
		}
	}
	return found
}

// trimmed returns r without the slash at the end of its path, where its surface passes over
// one.
func (h *Handler) trimmed(r *http.Request) *http.Request {
	path, ok := strings.CutSuffix(r.URL.Path, "/")
	raw, rawOK := strings.CutSuffix(r.URL.RawPath, "/")
	if !ok || path == "" || !rawOK && raw != "" || !h.surfaceAt(path).o.TrimSlash {
		return r
	}
	own, u := *r, *r.URL
	u.Path, u.RawPath = path, raw
	own.URL = &u
	return &own
}

// modeMu guards gin's mode while quietly changes it.
var modeMu sync.Mutex

// quietly runs fn, which makes a router or gives it a route. In debug mode gin prints to
// the standard output then, and its mode is global; so the mode is changed only while fn
// runs, for an embedding program may use gin, too.
func quietly(fn func()) {
	modeMu.Lock()
	defer modeMu.Unlock()
	defer gin.SetMode(gin.Mode())
	gin.SetMode(gin.ReleaseMode)
	fn()
}

// newEngine returns a router that matches paths as they are and redirects nothing.
func newEngine() *gin.Engine {
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.RemoveExtraSlash = false
	// Paths are matched as they were sent, and Call.PathValue unescapes their parameters:
	// gin would unescape them as if they were queries, where "+" is a space.
	e.UseEscapedPath = true
	e.UnescapePathValues = false
	e.ForwardedByClientIP = false
	_ = e.SetTrustedProxies(nil) // nil cannot fail
	return e
}
