package otlp

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	wire "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// encode groups spans by the scope that made them. They all have the resource of the
// first: a program has one.
func encode(spans []sdk.ReadOnlySpan) *wire.TracesData {
	byScope := map[string]*wire.ScopeSpans{}
	out := &wire.ResourceSpans{Resource: &resource.Resource{Attributes: attributes(spans[0].Resource().Attributes())}}
	for _, s := range spans {
		name := s.InstrumentationScope().Name
		scope := byScope[name]
		if scope == nil {
			scope = &wire.ScopeSpans{Scope: &common.InstrumentationScope{Name: name}}
			byScope[name] = scope
			out.ScopeSpans = append(out.ScopeSpans, scope)
		}
		scope.Spans = append(scope.Spans, encodeSpan(s))
	}
	return &wire.TracesData{ResourceSpans: []*wire.ResourceSpans{out}}
}

func encodeSpan(s sdk.ReadOnlySpan) *wire.Span {
	c := s.SpanContext()
	trace, id := c.TraceID(), c.SpanID()
	out := &wire.Span{
		TraceId: trace[:], SpanId: id[:], TraceState: c.TraceState().String(), Flags: uint32(c.TraceFlags()),
		Name: s.Name(), Kind: wire.Span_SpanKind(s.SpanKind()), // both number them alike
		StartTimeUnixNano: uint64(s.StartTime().UnixNano()), EndTimeUnixNano: uint64(s.EndTime().UnixNano()),
		Attributes: attributes(s.Attributes()), Status: &wire.Status{},
	}
	if p := s.Parent(); p.HasSpanID() {
		parent := p.SpanID()
		out.ParentSpanId = parent[:]
	}
	switch st := s.Status(); st.Code {
	case codes.Ok:
		out.Status.Code = wire.Status_STATUS_CODE_OK
	case codes.Error:
		out.Status.Code, out.Status.Message = wire.Status_STATUS_CODE_ERROR, st.Description
	case codes.Unset:
	}
	return out
}

func attributes(list []attribute.KeyValue) []*common.KeyValue {
	out := make([]*common.KeyValue, len(list))
	for i, kv := range list {
		out[i] = &common.KeyValue{Key: string(kv.Key), Value: encodeValue(kv.Value)}
	}
	return out
}

// encodeValue writes lists, of which our spans have none, as text.
func encodeValue(v attribute.Value) *common.AnyValue {
	switch v.Type() {
	case attribute.BOOL:
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: v.AsBool()}}
	case attribute.INT64:
		return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: v.AsInt64()}}
	case attribute.FLOAT64:
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: v.AsFloat64()}}
	case attribute.STRING:
		return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: v.AsString()}}
	default:
		return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: fmt.Sprint(v.AsInterface())}}
	}
}
