package web

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/domain"
)

// Headers that every answer carries. net/http does not change the slices.
var (
	nosniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

const requestIDHeader = "X-Request-Id"

// serve answers the request of gc, which r takes: it gives it an id, counts and logs it.
func (h *Handler) serve(gc *gin.Context, r *route) {
	start := time.Now()
	r.meter.Begin()
	c := h.begin(gc, r)
	defer c.end()
	header := c.Header()
	header[requestIDHeader] = []string{requestID(c.Request.Header.Get(requestIDHeader))}
	header["X-Content-Type-Options"] = nosniff
	header["Cache-Control"] = noStore
	if h.tracer != nil {
		c.beginTrace()
		defer c.endTrace() // after finish, which may set the status
	}
	defer c.finish(start)
	if c.stop() {
		return
	}
	if err := r.run(c); err != nil {
		c.fail(err)
	}
}

// calls holds *Call, for one is needed per request.
var calls = sync.Pool{New: func() any { return new(Call) }}

// begin returns the call of a request that r takes.
func (h *Handler) begin(gc *gin.Context, r *route) *Call {
	c := calls.Get().(*Call)
	*c = Call{Request: gc.Request, h: h, gin: gc, route: r, surface: r.surface, limiter: h.load.limiters[r.rule.scope]}
	if r.surface == h.anySurface {
		c.surface = h.surfaceAt(gc.Request.URL.Path)
	}
	return c
}

// end gives back c and all it has taken.
func (c *Call) end() {
	c.release()
	c.freeMemory(c.held)
	*c = Call{}
	calls.Put(c)
}

// stop answers a request that a browser may have sent for a page which must not, and the
// question of a browser whether a page may send one. It reports whether it has.
func (c *Call) stop() bool {
	origins := c.h.opts.Origins
	preflight := origins.Share(c.Header(), c.Request)
	if err := origins.Check(c.Request, c.h.Keyed()); err != nil {
		c.fail(err)
		return true
	}
	if preflight {
		c.gin.Writer.WriteHeader(http.StatusNoContent)
	}
	return preflight
}

// admit decides, before anything of its body is read, whether a request is served. One
// with a body waits for its slot when the body is there, see Call.Body.
func (c *Call) admit() error {
	c.routed = true
	if err := c.authorize(); err != nil {
		return err
	}
	if c.limiter != nil && c.limiter.full() {
		return errTooMany
	}
	if err := c.acquireUnlessBody(); err != nil {
		return err
	}
	if c.surface.o.AnyQuery {
		return nil
	}
	return checkQuery(c.Request.URL.RawQuery, c.route.params)
}

// acquireUnlessBody waits for the slot of a request that has no body to wait for.
func (c *Call) acquireUnlessBody() error {
	size := c.Request.ContentLength
	if c.route.takesBody() {
		if size != 0 {
			return nil
		}
	} else if size < 0 || size > netHTTPReads {
		c.closeAfter() // the body will not be read
	}
	return c.acquire()
}

// takesBody reports whether the route reads its body, which it does with Call.Body or
// Call.InsertBody.
func (r *route) takesBody() bool {
	switch r.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	}
	return r.rule.where == InBody
}

// netHTTPReads is how much of a body that the handler does not read net/http reads itself
// to reuse the connection.
const netHTTPReads = 256 << 10

// answerNoRoute answers a request for a path that is no route's.
func (c *Call) answerNoRoute() error {
	for _, s := range c.h.surfaces {
		if s.o.Fallback != nil && s.o.Fallback(c) {
			return nil
		}
	}
	return errNoRoute
}

// finish counts and logs the request, and answers it if it panicked.
func (c *Call) finish(start time.Time) {
	p := recover()
	abort := p == http.ErrAbortHandler //nolint:errorlint // compared as net/http does
	if p != nil && !abort {
		abort = c.gin.Writer.Written()      // half an answer must not look like a whole one
		c.bodyRead, c.routed = false, false // what is left of body and answer is not known
		c.fail(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
	took := time.Since(start)
	w := c.gin.Writer
	c.route.meter.End(w.Status(), took)
	if e := c.h.access.Check(zap.InfoLevel, "request"); e != nil {
		e.Write(
			zap.String("method", c.Request.Method),
			zap.String("route", c.route.name),
			zap.Int("status", w.Status()),
			zap.Duration("duration", took),
			zap.Int("bytes", max(w.Size(), 0)),
			zap.String("request_id", c.ID()),
		)
	}
	if abort {
		panic(http.ErrAbortHandler)
	}
}

// requestID returns the caller's id if it is harmless, else a new one.
func requestID(sent string) string {
	if validRequestID(sent) {
		return sent
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

func validRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// checkQuery refuses query parameters that a route does not know.
func checkQuery(raw string, known []string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "the query is not properly percent-encoded")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			return domain.Errorf(domain.ErrInvalid, "unknown query parameter %.40q: this route knows %s", name, orNone(known))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
