package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Errors that only HTTP has.
var (
	errNoRoute  = errors.New("no such route: GET /openapi.json lists them")
	errNoMethod = errors.New("method not allowed on this route: see the Allow header")

	errUnauthorized = errors.New("unauthorized")
	errNoKey        = fmt.Errorf("%w: send an API key as \"Authorization: Bearer KEY\" or \"api-key: KEY\"", errUnauthorized)
	errBadKey       = fmt.Errorf("%w: this API key is unknown, revoked or expired", errUnauthorized)
	errForbidden    = errors.New("forbidden")
	errEverywhere   = fmt.Errorf("%w: this route needs a key that reaches all databases", errForbidden)
	errScope        = map[domain.Scope]error{
		domain.ScopeRead:    fmt.Errorf("%w: this route needs a key with the scope read", errForbidden),
		domain.ScopeWrite:   fmt.Errorf("%w: this route needs a key with the scope write", errForbidden),
		domain.ScopeAdmin:   fmt.Errorf("%w: this route needs a key with the scope admin", errForbidden),
		domain.ScopeMonitor: fmt.Errorf("%w: this route needs a key with the scope monitor", errForbidden),
	}
)

// Fault is an error as its caller is told of it.
type Fault struct {
	Status int
	Code   string // one of those that Codes lists
	Text   string
	Retry  bool // worth trying again soon, after RetryAfter
	// RetryAfter is how long to wait before that; 0 is a second.
	RetryAfter time.Duration
	NoKey      bool // of a request that needs an API key: it has none
	RequestID  string
}

// ErrorFormat is the form of errors of a surface: it returns the JSON of a fault, and the
// status to send it with.
type ErrorFormat func(f Fault) (status int, body []byte)

// plainError is the form of errors in memista's own API.
func plainError(f Fault) (int, []byte) {
	b := append(make([]byte, 0, 256), `{"error":`...)
	b = wire.AppendString(b, f.Text)
	b = append(b, `,"code":"`...)
	b = append(b, f.Code...)
	b = append(b, `","request_id":"`...)
	b = append(b, f.RequestID...)
	return f.Status, append(b, "\"}\n"...)
}

// faults is the one table of errors; what is not in it is internal. The first kind that
// matches counts. The text is sent where the error has no *domain.Error to show.
var faults = []struct {
	kind error
	Fault
}{
	{errNoRoute, Fault{Status: 404, Code: "route_not_found"}},
	{errNoMethod, Fault{Status: 405, Code: "method_not_allowed"}},
	{origin.ErrOrigin, Fault{Status: 403, Code: "cross_origin"}},
	{origin.ErrHost, Fault{Status: 421, Code: "misdirected"}},
	{errNoKey, Fault{Status: 401, Code: "unauthorized", NoKey: true}},
	{errUnauthorized, Fault{Status: 401, Code: "unauthorized"}},
	{errForbidden, Fault{Status: 403, Code: "forbidden"}},
	{compress.ErrUnsupported, Fault{Status: 415, Code: "unsupported_encoding"}},
	{domain.ErrEmbedderTimeout, Fault{Status: 504, Code: "embedder"}},
	{domain.ErrEmbedderBusy, Fault{Status: 429, Code: "embedder", Retry: true}},
	{domain.ErrEmbedder, Fault{Status: 502, Code: "embedder"}},
	{domain.ErrRerankerTimeout, Fault{Status: 504, Code: "reranker"}},
	{domain.ErrRerankerBusy, Fault{Status: 429, Code: "reranker", Retry: true}},
	{domain.ErrReranker, Fault{Status: 502, Code: "reranker"}},
	{domain.ErrInvalid, Fault{Status: 400, Code: "invalid_request"}},
	{domain.ErrNotFound, Fault{Status: 404, Code: "not_found"}},
	{domain.ErrConflict, Fault{Status: 409, Code: "conflict"}},
	{domain.ErrLimit, Fault{Status: 409, Code: "limit_reached"}},
	{domain.ErrTooLarge, Fault{Status: 413, Code: "too_large"}},
	{domain.ErrDimension, Fault{Status: 422, Code: "dimension_mismatch"}},
	{domain.ErrNotFinite, Fault{Status: 422, Code: "not_finite"}},
	{domain.ErrZeroVector, Fault{Status: 422, Code: "zero_vector"}},
	{domain.ErrBusy, Fault{Status: 429, Code: "too_busy", Text: "too many requests at once: try again in a moment", Retry: true}},
	{domain.ErrStartOver, Fault{Status: 410, Code: "start_over"}},
	{domain.ErrUnsupported, Fault{Status: 501, Code: "unsupported", Text: "this build of memista cannot do that: GET /version tells what it has"}},
	{domain.ErrDiskFull, Fault{Status: 507, Code: "disk_full", Text: "the disk is full: free some space; searches go on meanwhile, and deletes and drops as far as the reserve goes"}},
	{domain.ErrWriteProtected, Fault{Status: 503, Code: "read_only", Text: domain.Problem{Kind: domain.ErrWriteProtected}.Message()}},
	{domain.ErrMoved, Fault{Status: 503, Code: "read_only", Text: domain.Problem{Kind: domain.ErrMoved}.Message(), Retry: true}},
	{domain.ErrReadOnly, Fault{Status: 503, Code: "read_only", Text: "the disk has failed: nothing is stored until it takes writes again; searches go on", Retry: true}},
	{domain.ErrCorrupt, Fault{Status: 500, Code: "corrupt", Text: "what is on disk is damaged: stop memista, run `memista verify`, and restore a backup or run `memista verify --repair`; other databases are served"}},
	{domain.ErrClosed, Fault{Status: 503, Code: "shutting_down", Text: "memista is shutting down: try again in a moment", Retry: true}},
	{domain.ErrUnavailable, Fault{Status: 503, Code: "unavailable", Text: "memista is not ready: try again in a moment", Retry: true}},
	{context.Canceled, Fault{Status: 503, Code: "canceled", Text: "the request was canceled", Retry: true}},
	{context.DeadlineExceeded, Fault{Status: 503, Code: "timeout", Text: "the request took too long: try again", Retry: true}},
}

var internal = Fault{Status: http.StatusInternalServerError, Code: "internal", Text: "internal error"}

// Codes lists the codes of faults, each once: two kinds of errors may have the same.
func Codes() []string {
	codes := []string{internal.Code}
	for _, f := range faults {
		if !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// ownFault is an error that says itself what its caller is told: one of a surface whose
// clients know it by its words.
type ownFault interface {
	error
	Fault() Fault
}

// FaultOf returns what the caller of a request that ends in err is told. An error with a
// method Fault() Fault says that itself.
func FaultOf(err error) Fault {
	if e, ok := errors.AsType[ownFault](err); ok {
		return e.Fault()
	}
	for _, known := range faults {
		if !errors.Is(err, known.kind) {
			continue
		}
		f := known.Fault
		if e, ok := errors.AsType[*domain.Error](err); ok && f.Status != http.StatusInternalServerError {
			f.Text = e.Error()
		} else if e, ok := errors.AsType[*domain.EmbedderError](err); ok {
			f.Text, f.RetryAfter = e.Error(), e.RetryAfter
		} else if e, ok := errors.AsType[*domain.RerankerError](err); ok {
			f.Text, f.RetryAfter = e.Error(), e.RetryAfter
		} else if f.Text == "" {
			f.Text = err.Error()
		}
		return f
	}
	return internal
}

// failedProvider is an error of an embedder or a reranker.
type failedProvider interface {
	error
	Reason() string // without words of the provider, in which texts may stand
}

// Note logs err if its caller is not told of the cause, and why an embedder or a reranker
// failed, without their words. It returns what the caller is told.
func (c *Call) Note(err error) Fault {
	f := FaultOf(err)
	f.RequestID = c.ID()
	id, route := zap.String("request_id", f.RequestID), zap.String("route", c.route.name)
	if f.Status == http.StatusInternalServerError || f.Status == http.StatusInsufficientStorage || f.Code == "read_only" {
		c.h.log.Error("request failed", id, route, zap.Error(err))
	} else if e, ok := errors.AsType[failedProvider](err); ok {
		c.h.log.Warn("request failed", id, route, zap.String("error", e.Reason()))
	}
	return f
}

// fail notes err and answers the request with it.
func (c *Call) fail(err error) {
	f := c.Note(err)
	if c.gin.Writer.Written() {
		return // the answer has begun; there is no way to take it back
	}
	if f.Retry {
		c.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(f.RetryAfter.Seconds())))))
	}
	if f.Status == http.StatusUnauthorized {
		c.Header().Set("WWW-Authenticate", `Bearer realm="memista"`)
	}
	if c.Request.ContentLength != 0 && !c.bodyRead {
		c.closeAfter() // or net/http would read the body first to reuse the connection
	}
	c.Send(c.surface.o.Errors(f))
}
