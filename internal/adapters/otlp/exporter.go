// Package otlp sends OpenTelemetry spans to a collector over OTLP/HTTP, in the messages that
// the project publishes. DESIGN.md says why not by its exporter.
package otlp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/proto"
)

var _ sdk.SpanExporter = (*Exporter)(nil)

// sendTimeout bounds one delivery.
const sendTimeout = 10 * time.Second

// Exporter delivers spans to one URL. It is safe for concurrent use.
type Exporter struct {
	url    string
	header http.Header // of every request
	client *http.Client
	failed func(error)
}

// New returns an exporter to url, which ends in /v1/traces, that sends header with every
// request. failed, if not nil, is told of each batch that could not be delivered.
func New(url string, header http.Header, failed func(error)) *Exporter {
	if failed == nil {
		failed = func(error) {}
	}
	return &Exporter{url: url, header: header.Clone(), failed: failed, client: &http.Client{
		Timeout: sendTimeout,
		// The spans of this server go to the collector that is configured, nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 1, IdleConnTimeout: time.Minute},
	}}
}

// ExportSpans delivers spans in one request. What cannot be delivered is told to failed
// and given up.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	if err := e.send(ctx, spans); err != nil {
		e.failed(fmt.Errorf("%d spans to the collector: %w", len(spans), err))
	}
	return nil // the SDK would print it to the standard error
}

func (e *Exporter) send(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := proto.Marshal(encode(spans))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	maps.Copy(req.Header, e.header)
	req.Header.Set("Content-Type", "application/x-protobuf")
	res, err := e.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	const enough = 4 << 10
	_, _ = io.CopyN(io.Discard, res.Body, enough) // so that the connection serves again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", res.Status)
	}
	return nil
}

// Shutdown closes the connection to the collector.
func (e *Exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
