package httpapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/memista/memista/internal/app"
)

// tracerName says who makes the spans.
const tracerName = "github.com/memista/memista"

// traceContext is how a caller's trace comes with its request: the traceparent header.
var traceContext propagation.TraceContext

// trace begins the span of a request, in the caller's trace if it sent one. It names the
// route and no value that the caller chose.
func (h *Handler) trace(c *gin.Context) trace.Span {
	route := h.routeName(c)
	method := c.Request.Method
	if h.meter(c) == h.other {
		method = "any"
	}
	ctx := traceContext.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := h.tracer.Start(ctx, method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method),
		attribute.String("http.route", route),
		attribute.String("memista.request_id", currentID(c)),
	))
	c.Request = c.Request.WithContext(ctx)
	return span
}

// endTrace ends the span of a request that was answered with status.
func endTrace(span trace.Span, status int) {
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
	span.End()
}

// searched tells the trace and, if it was slow, the log how a search was answered.
func (h *Handler) searched(c *gin.Context, database string, found *app.Found) {
	if len(found.Explain) == 0 {
		return
	}
	if h.tracer != nil {
		h.traceStages(c, database, found)
	}
	h.noteSlow(c, database, found)
}

// traceStages adds a span for each part of the search, for the query that took longest,
// afterwards: the service below knows nothing of traces.
func (h *Handler) traceStages(c *gin.Context, database string, found *app.Found) {
	ctx := c.Request.Context()
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	e := &found.Explain[slowest(found.Explain)]
	span.SetAttributes(
		attribute.String("memista.database", database),
		attribute.Int("memista.queries", len(found.Explain)),
		attribute.String("memista.plan", string(e.Plan)),
		attribute.Int("memista.visited", e.Visited),
		attribute.Int("memista.distances", e.Distances),
	)
	at := time.Now().Add(-e.Times.Total)
	for _, stage := range []struct {
		name string
		took time.Duration
	}{{"open", e.Times.Open}, {"filter", e.Times.Filter}, {"tail", e.Times.Tail}, {"graph", e.Times.Graph}, {"rows", e.Times.Rows}} {
		if stage.took <= 0 {
			continue
		}
		_, part := h.tracer.Start(ctx, stage.name, trace.WithTimestamp(at))
		at = at.Add(stage.took)
		part.End(trace.WithTimestamp(at))
	}
}
