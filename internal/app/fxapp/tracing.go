package fxapp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/otlp"
	"github.com/memista/memista/internal/app/config"
)

// tracing is where traces go; its provider is nil where nobody wants any.
type tracing struct{ provider trace.TracerProvider }

// flushTimeout is how long, at the end, the collector may take for the last spans.
const flushTimeout = 3 * time.Second

// newTracing sends spans to the collector that is configured, in the background. What a
// collector does not take is lost; the log tells of it, and requests never wait.
func newTracing(lc fx.Lifecycle, cfg config.Config, about About, log *zap.Logger) (*tracing, error) {
	if cfg.OTLPEndpoint == "" {
		return &tracing{}, nil
	}
	header, err := cfg.OTLPHeader()
	if err != nil {
		return nil, fmt.Errorf("otlp_headers: %w", err)
	}
	exporter := otlp.New(strings.TrimSuffix(cfg.OTLPEndpoint, "/")+"/v1/traces", header, func(err error) {
		log.Warn("traces were not delivered", zap.Error(err))
	})
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "memista"), attribute.String("service.version", about.Version),
		)),
	)
	lc.Append(fx.StopHook(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("the last traces were not delivered", zap.Error(fmt.Errorf("otlp_endpoint: %w", err)))
		}
		return nil
	}))
	return &tracing{provider}, nil
}
