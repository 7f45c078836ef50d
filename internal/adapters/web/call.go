package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/domain"
)

// Call is one request and its answer. It belongs to the function of the route, which must
// not keep it, and is not safe for concurrent use.
type Call struct {
	Request *http.Request // read its body with Body or InsertBody only

	h        *Handler
	gin      *gin.Context
	route    *route
	surface  *Surface            // whose form errors have
	grant    *domain.Grant       // nil: everything is allowed
	limiter  *concurrencyLimiter // nil: the call needs no slot
	slot     bool                // it has one
	waits    bool                // it has given it back for a while, and is counted in load.waiting
	routed   bool                // the request has come to its route: its answer may be compressed
	bodyRead bool                // the body has been read, or reading has begun
	held     int64               // bytes of the body, counted in load.bodyBytes
	span     trace.Span          // nil: no trace
}

// Context returns the context of the request, which ends when its caller has gone.
func (c *Call) Context() context.Context { return c.Request.Context() }

// ID returns the id of the request.
func (c *Call) ID() string { return c.Header().Get(requestIDHeader) }

// Route returns the path of the route with its parameters as OpenAPI writes them.
func (c *Call) Route() string { return c.route.name }

// Logger returns the log of the handler.
func (c *Call) Logger() *zap.Logger { return c.h.log }

// Header returns the headers of the answer.
func (c *Call) Header() http.Header { return c.gin.Writer.Header() }

// Writer returns where answers go that none of the Send methods fits, such as streams.
func (c *Call) Writer() http.ResponseWriter { return c.gin.Writer }

// PathValue returns the path parameter name.
func (c *Call) PathValue(name string) (string, error) {
	v, err := url.PathUnescape(c.gin.Param(name))
	if err != nil {
		return "", domain.Errorf(domain.ErrInvalid, "%s in the path is not properly percent-encoded", name)
	}
	return v, nil
}

// Query returns the query parameter name, and whether it was sent.
func (c *Call) Query(name string) (string, bool) { return c.gin.GetQuery(name) }

// QueryAll returns every value of the query parameter name, and whether one was sent.
func (c *Call) QueryAll(name string) ([]string, bool) { return c.gin.GetQueryArray(name) }

// closeAfter has the connection closed once the request, whose body has not been read to
// its end, is answered; see linger.
func (c *Call) closeAfter() {
	if c.Request.ProtoMajor == 1 { // HTTP/2 would close the connection for all requests
		c.Header().Set("Connection", "close")
	}
}
