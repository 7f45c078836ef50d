package httpapi

import (
	"context"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/httpapi/metrics"
	"github.com/memista/memista/internal/adapters/web/linger"
	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/app"
)

// Default limits of request bodies in bytes.
const (
	DefaultInsertBodyLimit = 32 << 20
	DefaultBodyLimit       = 4 << 20
)

// DefaultCompressAbove is from what size on answers are compressed: ten hits with their
// texts stay below, where compressing would take as long as searching.
const DefaultCompressAbove = 16 << 10

// Options are the choices of a Handler. Zero values work.
type Options struct {
	// Logger receives one line per request and the causes of internal errors; nil: none.
	// Bodies, keys, vectors and paths are never logged.
	Logger *zap.Logger
	// AccessLog receives the lines of requests in place of Logger; nil: Logger does.
	AccessLog *zap.Logger
	// OriginalScores makes POST /v1/search send the distance under the name score, as
	// the original memista did.
	OriginalScores bool
	// InsertBodyLimit and BodyLimit bound the bodies of inserts and of all other
	// requests in bytes; 0: the defaults.
	InsertBodyLimit int64
	BodyLimit       int64
	// CompressAbove is how many bytes an answer must exceed to be compressed for callers
	// that take that, 16 KiB; negative: none is.
	CompressAbove int
	// Limits bound what requests take at once.
	Limits Limits
	// SlowQuery is how long a search may take before a line in the log explains it; 0:
	// any time.
	SlowQuery time.Duration
	// Tracing, if not nil, receives a span of each request.
	Tracing trace.TracerProvider
	// Keys, if not nil, knows the API keys; nil: nobody is asked for one.
	Keys Keys
	// Origins decides by which names the handler may be called, and by pages of which
	// origins; nil: by loopback names and addresses, unless callers are asked for keys,
	// and by its own pages.
	Origins *origin.Policy
	// Linger bounds what is read of a body after the request has been refused, so that
	// the answer arrives; the zero value stands for linger.Default.
	Linger linger.Limits
	// Version is what GET /version tells.
	Version Version
	// Ready reports why the service cannot serve yet, or any more; nil: it always can.
	Ready func(context.Context) error
}

// Version describes the program behind a Handler.
type Version struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit"`
	Engines []string `json:"engines"` // in this build
	SQLite  SQLite   `json:"sqlite"`
	SIMD    string   `json:"simd"` // instruction set in use
}

// SQLite names the driver in this build and the version of the library.
type SQLite struct {
	Driver   string `json:"driver"`
	Version  string `json:"version"`
	FullText bool   `json:"full_text"` // it has FTS5, without which texts cannot be searched
}

// Handler is the HTTP API over one app.Service. It is safe for concurrent use.
type Handler struct {
	svc     *app.Service
	opts    Options
	log     *zap.Logger
	access  *zap.Logger
	engine  *gin.Engine
	rules   []routeRule  // of every route
	tracer  trace.Tracer // nil: nobody wants traces
	metrics *metrics.Metrics
	meters  map[routeKey]*metrics.Route // by route; not changed once the routes are there
	names   map[string]string           // of routes as OpenAPI has them, by gin's; no more changed either
	other   *metrics.Route              // requests of no route
	gate    *gate
}

// routeKey names a route as gin does.
type routeKey struct{ method, path string }

// New returns the HTTP API over svc.
func New(svc *app.Service, opts Options) *Handler {
	if opts.InsertBodyLimit <= 0 {
		opts.InsertBodyLimit = DefaultInsertBodyLimit
	}
	if opts.BodyLimit <= 0 {
		opts.BodyLimit = DefaultBodyLimit
	}
	switch {
	case opts.CompressAbove == 0:
		opts.CompressAbove = DefaultCompressAbove
	case opts.CompressAbove < 0:
		opts.CompressAbove = math.MaxInt
	}
	if opts.Linger == (linger.Limits{}) {
		opts.Linger = linger.Default
	}
	if opts.Version.Engines == nil {
		opts.Version.Engines = []string{}
	}
	h := &Handler{svc: svc, opts: opts, log: opts.Logger, gate: newGate(opts.Limits, opts.CompressAbove)}
	if h.opts.Origins == nil {
		h.opts.Origins, _ = origin.New(origin.Options{}) // fails for bad entries only
	}
	if h.log == nil {
		h.log = zap.NewNop()
	}
	h.access = opts.AccessLog
	if h.access == nil {
		h.access = h.log
	}
	if opts.Tracing != nil {
		h.tracer = opts.Tracing.Tracer(tracerName)
	}
	h.metrics = newMetrics(svc, opts.Version)
	h.meters, h.other = map[routeKey]*metrics.Route{}, h.metrics.Route("any", unmatched)
	h.names = map[string]string{"": unmatched}
	quietly(func() {
		h.engine = newEngine()
		h.route()
	})
	return h
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.engine.ServeHTTP(w, r)
	if r.ContentLength != 0 && w.Header().Get("Connection") == "close" {
		yieldConnection(r.Context()) // its caller has been served
		linger.Drain(w, r, h.opts.Linger)
	}
}

// closeAfter has the connection closed once the request, whose body has not been read to
// its end, is answered; see linger.
func closeAfter(c *gin.Context) {
	if c.Request.ProtoMajor == 1 { // HTTP/2 would close the connection for all requests
		c.Header("Connection", "close")
	}
}

// modeMu guards gin's mode while quietly borrows it.
var modeMu sync.Mutex

// quietly runs fn, which makes a router. In debug mode gin prints to the standard output
// when it is given routes, and its mode is global; so it is set for the moment only, for
// an embedding program may use gin, too.
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
	// Paths are matched as they were sent and their parameters unescaped by us: gin
	// would unescape them as if they were queries, where "+" is a space.
	e.UseEscapedPath = true
	e.UnescapePathValues = false
	e.ForwardedByClientIP = false
	_ = e.SetTrustedProxies(nil) // nil cannot fail
	return e
}
