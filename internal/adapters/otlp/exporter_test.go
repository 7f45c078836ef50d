package otlp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	wire "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/memista/memista/internal/adapters/otlp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spans are a request and a part of it.
func spans() []sdk.ReadOnlySpan {
	at := time.Unix(1, 2).UTC()
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	child := parent.WithSpanID(trace.SpanID{3})
	return tracetest.SpanStubs{
		{Name: "POST /v1/search", SpanContext: parent, SpanKind: trace.SpanKindServer, StartTime: at, EndTime: at.Add(time.Second),
			Attributes: []attribute.KeyValue{attribute.String("s", "x"), attribute.Int("n", 5), attribute.Bool("b", true), attribute.Float64("f", 0.5), attribute.StringSlice("l", []string{"a"})},
			Status:     sdk.Status{Code: codes.Error, Description: "why"}, Resource: resource.NewSchemaless(attribute.String("service.name", "memista"))},
		{Name: "graph", SpanContext: child, Parent: parent, SpanKind: trace.SpanKindInternal, StartTime: at, EndTime: at},
	}.Snapshots()
}

// want is what they are sent as; the JSON form of protobuf has bytes in base64.
const want = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"memista"}}]},"scopeSpans":[{"scope":{},"spans":[
	{"traceId":"AQAAAAAAAAAAAAAAAAAAAA==","spanId":"AgAAAAAAAAA=","flags":1,"name":"POST /v1/search","kind":"SPAN_KIND_SERVER",
	 "startTimeUnixNano":"1000000002","endTimeUnixNano":"2000000002","attributes":[{"key":"s","value":{"stringValue":"x"}},{"key":"n","value":{"intValue":"5"}},
	 {"key":"b","value":{"boolValue":true}},{"key":"f","value":{"doubleValue":0.5}},{"key":"l","value":{"stringValue":"[a]"}}],"status":{"message":"why","code":"STATUS_CODE_ERROR"}},
	{"traceId":"AQAAAAAAAAAAAAAAAAAAAA==","spanId":"AwAAAAAAAAA=","parentSpanId":"AgAAAAAAAAA=","flags":1,"name":"graph","kind":"SPAN_KIND_INTERNAL",
	 "startTimeUnixNano":"1000000002","endTimeUnixNano":"1000000002","status":{}}]}]}]}`

func TestSpansArriveAsOTLP(t *testing.T) {
	var got, path, mediaType, key string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		got, path, mediaType = string(raw), r.URL.Path, r.Header.Get("Content-Type")
		key = r.Header.Get("api-key")
	}))
	defer s.Close()
	e := otlp.New(s.URL+"/v1/traces", http.Header{"Api-Key": {"secret"}, "Content-Type": {"text/plain"}}, func(err error) { t.Error(err) })
	if err := e.ExportSpans(t.Context(), spans()); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if path != "/v1/traces" || mediaType != "application/x-protobuf" || key != "secret" {
		t.Errorf("path %s, Content-Type %s, api-key %s", path, mediaType, key)
	}
	var sent, wanted wire.TracesData
	if err := errors.Join(proto.Unmarshal([]byte(got), &sent), protojson.Unmarshal([]byte(want), &wanted)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&wanted, &sent, protocmp.Transform()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotDeliveredIsTold(t *testing.T) {
	status := http.StatusTeapot
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	var told error
	e := otlp.New(s.URL, nil, func(err error) { told = err })
	for _, status = range []int{http.StatusTeapot, http.StatusTemporaryRedirect} {
		told = nil
		if err := e.ExportSpans(t.Context(), spans()); err != nil || told == nil || !strings.Contains(told.Error(), http.StatusText(status)) {
			t.Errorf("after %d: ExportSpans = %v, told %v", status, err, told)
		}
	}
	s.Close()
	told = nil
	if err := e.ExportSpans(t.Context(), spans()); err != nil || told == nil {
		t.Errorf("with nobody there: ExportSpans = %v, told %v", err, told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.ExportSpans(ctx, spans()); err != nil || !errors.Is(told, context.Canceled) {
		t.Errorf("canceled: ExportSpans = %v, told %v", err, told)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
