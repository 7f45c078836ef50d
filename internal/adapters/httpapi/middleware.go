package httpapi

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/httpapi/metrics"
)

// Headers that every answer carries. net/http does not change the slices.
var (
	nosniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

const requestIDHeader = "X-Request-Id"

// wrap is around every request: it names it, logs it and catches its panic.
func (h *Handler) wrap(c *gin.Context) {
	start := time.Now()
	meter := h.meter(c)
	meter.Begin()
	header := c.Writer.Header()
	header[requestIDHeader] = []string{requestID(c.Request.Header.Get(requestIDHeader))}
	header["X-Content-Type-Options"] = nosniff
	header["Cache-Control"] = noStore
	if h.tracer != nil {
		span := h.trace(c)
		defer func() { endTrace(span, c.Writer.Status()) }() // after finish, which may set the status
	}
	defer h.finish(c, meter, start)
	if !h.stop(c) {
		c.Next()
	}
}

// stop answers a request that a browser may have sent for a page which must not, and the
// question of a browser whether a page may send one. It reports whether it has.
func (h *Handler) stop(c *gin.Context) bool {
	preflight := h.opts.Origins.Share(c.Writer.Header(), c.Request)
	if err := h.opts.Origins.Check(c.Request, h.keyed()); err != nil {
		h.fail(c, err)
		c.Abort()
		return true
	}
	if preflight {
		c.AbortWithStatus(http.StatusNoContent)
	}
	return preflight
}

// finish counts and logs the request, and answers it if it panicked.
func (h *Handler) finish(c *gin.Context, meter *metrics.Route, start time.Time) {
	p := recover()
	abort := p == http.ErrAbortHandler //nolint:errorlint // compared as net/http does
	if p != nil && !abort {
		abort = c.Writer.Written() // half an answer must not look like a whole one
		h.fail(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
	took := time.Since(start)
	meter.End(c.Writer.Status(), took)
	if e := h.access.Check(zap.InfoLevel, "request"); e != nil {
		e.Write(
			zap.String("method", c.Request.Method),
			zap.String("route", h.routeName(c)),
			zap.Int("status", c.Writer.Status()),
			zap.Duration("duration", took),
			zap.Int("bytes", max(c.Writer.Size(), 0)),
			zap.String("request_id", currentID(c)),
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

func currentID(c *gin.Context) string { return c.Writer.Header().Get(requestIDHeader) }
