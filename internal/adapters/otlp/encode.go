package otlp

import (
	"fmt"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// The messages of OTLP as far as memista's spans use them, in the JSON form of the
// protocol: ids are hexadecimal, and 64-bit numbers are strings.
type (
	request struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name string `json:"name"`
	}
	span struct {
		TraceID      string     `json:"traceId"`
		SpanID       string     `json:"spanId"`
		ParentSpanID string     `json:"parentSpanId,omitempty"`
		TraceState   string     `json:"traceState,omitempty"`
		Flags        uint32     `json:"flags"`
		Name         string     `json:"name"`
		Kind         int        `json:"kind"`
		Start        string     `json:"startTimeUnixNano"`
		End          string     `json:"endTimeUnixNano"`
		Attributes   []keyValue `json:"attributes"`
		Status       status     `json:"status"`
	}
	status struct {
		Message string `json:"message,omitempty"`
		Code    int    `json:"code,omitempty"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		String *string  `json:"stringValue,omitempty"`
		Bool   *bool    `json:"boolValue,omitempty"`
		Int    *string  `json:"intValue,omitempty"`
		Double *float64 `json:"doubleValue,omitempty"`
	}
)

// encode groups spans by the scope that made them. They all have the resource of the
// first: a program has one.
func encode(spans []sdk.ReadOnlySpan) request {
	byScope := map[string]int{}
	out := resourceSpans{Resource: resource{attributes(spans[0].Resource().Attributes())}}
	for _, s := range spans {
		name := s.InstrumentationScope().Name
		at, ok := byScope[name]
		if !ok {
			at = len(out.ScopeSpans)
			byScope[name] = at
			out.ScopeSpans = append(out.ScopeSpans, scopeSpans{Scope: scope{name}})
		}
		out.ScopeSpans[at].Spans = append(out.ScopeSpans[at].Spans, encodeSpan(s))
	}
	return request{[]resourceSpans{out}}
}

func encodeSpan(s sdk.ReadOnlySpan) span {
	c := s.SpanContext()
	out := span{
		TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), TraceState: c.TraceState().String(),
		Flags: uint32(c.TraceFlags()), Name: s.Name(), Kind: int(s.SpanKind()),
		Start: nanoseconds(s.StartTime().UnixNano()), End: nanoseconds(s.EndTime().UnixNano()),
		Attributes: attributes(s.Attributes()),
	}
	if p := s.Parent(); p.HasSpanID() {
		out.ParentSpanID = p.SpanID().String()
	}
	switch st := s.Status(); st.Code {
	case codes.Ok:
		out.Status.Code = 1
	case codes.Error:
		out.Status = status{st.Description, 2}
	case codes.Unset:
	}
	return out
}

func nanoseconds(n int64) string { return strconv.FormatInt(n, 10) }

func attributes(list []attribute.KeyValue) []keyValue {
	out := make([]keyValue, 0, len(list))
	for _, kv := range list {
		out = append(out, keyValue{string(kv.Key), encodeValue(kv.Value)})
	}
	return out
}

// encodeValue writes lists, of which our spans have none, as text.
func encodeValue(v attribute.Value) value {
	switch v.Type() {
	case attribute.BOOL:
		b := v.AsBool()
		return value{Bool: &b}
	case attribute.INT64:
		n := strconv.FormatInt(v.AsInt64(), 10)
		return value{Int: &n}
	case attribute.FLOAT64:
		f := v.AsFloat64()
		return value{Double: &f}
	case attribute.STRING:
		s := v.AsString()
		return value{String: &s}
	default:
		s := fmt.Sprint(v.AsInterface())
		return value{String: &s}
	}
}
