package web

import (
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// tracerName says who makes the spans.
const tracerName = "github.com/memista/memista"

// traceContext reads the caller's trace from the traceparent header of its request.
var traceContext propagation.TraceContext

// beginTrace begins the span of a request, in the caller's trace if it sent one. It names
// the route and no value that the caller chose.
func (c *Call) beginTrace() {
	ctx := traceContext.Extract(c.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, c.span = c.h.tracer.Start(ctx, c.route.label+" "+c.route.name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", c.route.label),
		attribute.String("http.route", c.route.name),
		attribute.String("memista.request_id", c.ID()),
	))
	c.Request = c.Request.WithContext(ctx)
}

// endTrace ends the span of a request that has been answered.
func (c *Call) endTrace() {
	status := c.gin.Writer.Status()
	c.span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		c.span.SetStatus(codes.Error, http.StatusText(status))
	}
	c.span.End()
}

// Traced reports whether the request is recorded in a trace.
func (c *Call) Traced() bool { return c.span != nil && c.span.IsRecording() }

// TraceAttributes adds attributes to the span of a request that is Traced.
func (c *Call) TraceAttributes(attributes ...attribute.KeyValue) {
	c.span.SetAttributes(attributes...)
}

// TracePart adds to the trace of a request that is Traced the span of a part of the work
// which is over.
func (c *Call) TracePart(name string, from, to time.Time) {
	_, part := c.h.tracer.Start(c.Context(), name, trace.WithTimestamp(from))
	part.End(trace.WithTimestamp(to))
}
