package wire

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"
)

// span begins the span of a request; the returned function ends it.
func (c *Client) span(ctx context.Context, name, protocol string) (context.Context, func(error)) {
	if c.options.Tracer == nil {
		return ctx, func(error) {}
	}
	ctx, s := c.options.Tracer.Start(ctx, "weaviate."+name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "weaviate"), attribute.String("db.operation.name", name), attribute.String("network.protocol.name", protocol)))
	return ctx, func(err error) {
		if err != nil {
			s.SetStatus(codes.Error, "failed")
			s.RecordError(err)
		}
		s.End()
	}
}

// tracedGRPC adds the trace of ctx to the metadata of a request.
func tracedGRPC(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	for key, value := range carrier {
		ctx = metadata.AppendToOutgoingContext(ctx, key, value)
	}
	return ctx
}
