package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Faults that only HTTP knows.
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

// answer is what an error of one kind becomes.
type answer struct {
	kind   error
	status int
	code   string
	text   string // sent where the error has no *domain.Error to show
	retry  bool   // worth trying again soon
}

// answers is the one table of errors; what is not in it is internal. The first kind that
// matches counts.
var answers = []answer{
	{kind: errNoRoute, status: 404, code: "route_not_found"},
	{kind: errNoMethod, status: 405, code: "method_not_allowed"},
	{kind: origin.ErrOrigin, status: 403, code: "cross_origin"},
	{kind: origin.ErrHost, status: 421, code: "misdirected"},
	{kind: errUnauthorized, status: 401, code: "unauthorized"},
	{kind: errForbidden, status: 403, code: "forbidden"},
	{kind: compress.ErrUnsupported, status: 415, code: "unsupported_encoding"},
	{kind: domain.ErrInvalid, status: 400, code: "invalid_request"},
	{kind: domain.ErrNotFound, status: 404, code: "not_found"},
	{kind: domain.ErrConflict, status: 409, code: "conflict"},
	{kind: domain.ErrLimit, status: 409, code: "limit_reached"},
	{kind: domain.ErrTooLarge, status: 413, code: "too_large"},
	{kind: domain.ErrDimension, status: 422, code: "dimension_mismatch"},
	{kind: domain.ErrNotFinite, status: 422, code: "not_finite"},
	{kind: domain.ErrZeroVector, status: 422, code: "zero_vector"},
	{kind: domain.ErrBusy, status: 429, code: "too_busy", text: "too many requests at once: try again in a moment", retry: true},
	{kind: domain.ErrUnsupported, status: 501, code: "unsupported", text: "this build of memista cannot do that: GET /version tells what it has"},
	{kind: domain.ErrDiskFull, status: 507, code: "disk_full", text: "the disk is full: free some space; searches go on meanwhile, and deletes and drops as far as the reserve goes"},
	{kind: domain.ErrWriteProtected, status: 503, code: "read_only", text: domain.Problem{Kind: domain.ErrWriteProtected}.Message()},
	{kind: domain.ErrMoved, status: 503, code: "read_only", text: domain.Problem{Kind: domain.ErrMoved}.Message(), retry: true},
	{kind: domain.ErrReadOnly, status: 503, code: "read_only", text: "the disk has failed: nothing is stored until it takes writes again; searches go on", retry: true},
	{kind: domain.ErrCorrupt, status: 500, code: "corrupt", text: "what is on disk is damaged: stop memista, run `memista verify`, and restore a backup or run `memista verify --repair`; other databases are served"},
	{kind: domain.ErrClosed, status: 503, code: "shutting_down", text: "memista is shutting down: try again in a moment", retry: true},
	{kind: domain.ErrUnavailable, status: 503, code: "unavailable", text: "memista is not ready: try again in a moment", retry: true},
	{kind: context.Canceled, status: 503, code: "canceled", text: "the request was canceled", retry: true},
	{kind: context.DeadlineExceeded, status: 503, code: "timeout", text: "the request took too long: try again", retry: true},
}

var internal = answer{status: http.StatusInternalServerError, code: "internal", text: "internal error"}

// answerTo finds the answer to err and the text to show.
func answerTo(err error) (answer, string) {
	for _, a := range answers {
		if !errors.Is(err, a.kind) {
			continue
		}
		if e, ok := errors.AsType[*domain.Error](err); ok && a.status != http.StatusInternalServerError {
			return a, e.Message
		}
		if a.text == "" {
			return a, err.Error()
		}
		return a, a.text
	}
	return internal, internal.text
}

// fail answers a request with err. Causes that are not told go to the log.
func (h *Handler) fail(c *gin.Context, err error) {
	a, text := answerTo(err)
	if a.status == http.StatusInternalServerError || a.status == http.StatusInsufficientStorage || a.code == "read_only" {
		h.log.Error("request failed", zap.String("request_id", currentID(c)), zap.String("route", h.routeName(c)), zap.Error(err))
	}
	if c.Writer.Written() {
		return // the answer has begun; there is no way to take it back
	}
	if a.retry {
		c.Header("Retry-After", "1")
	}
	if a.status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="memista"`)
	}
	if c.Request.ContentLength != 0 && unread(c) {
		closeAfter(c) // or net/http would read the body first to reuse the connection
	}
	b := append(make([]byte, 0, 256), `{"error":`...)
	b = wire.AppendString(b, text)
	b = append(b, `,"code":"`...)
	b = append(b, a.code...)
	b = append(b, `","request_id":"`...)
	b = append(b, currentID(c)...)
	b = append(b, "\"}\n"...)
	send(c, a.status, b)
}

func (h *Handler) noMethod(c *gin.Context) { h.fail(c, errNoMethod) }
