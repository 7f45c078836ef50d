package metrics

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/memista/memista/internal/app"
)

// Source describes the service that is watched.
type Source interface {
	Stats(ctx context.Context) (app.Stats, error)
}

// Build says what the program consists of, for memista_build_info.
type Build struct {
	Version, Commit             string
	Engine                      string // of databases that name none
	SIMD                        string
	SQLiteDriver, SQLiteVersion string
}

// Metrics are the metrics of one server. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests requests
}

// New returns the metrics of a server over src.
func New(src Source, b Build) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), requests: newRequests()}
	m.registry.MustRegister(
		m.requests.count, m.requests.duration, m.requests.inFlight,
		newCollector(src, b),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Write gathers everything and writes it to w, in the text format of Prometheus or, for a
// request whose header asks for it, of OpenMetrics. It returns the media type.
func (m *Metrics) Write(w io.Writer, header http.Header) (mediaType string, err error) {
	families, err := m.registry.Gather()
	if errs, ok := errors.AsType[prometheus.MultiError](err); ok {
		err = errors.Join(errs...) // which errors.Is looks into
	}
	if err != nil {
		return "", err
	}
	format := expfmt.NegotiateAccept(header, expfmt.NewFormat(expfmt.TypeOpenMetrics), expfmt.NewFormat(expfmt.TypeTextPlain))
	enc := expfmt.NewEncoder(w, format)
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			return "", err
		}
	}
	if closer, ok := enc.(expfmt.Closer); ok { // writes the mark at the end of OpenMetrics
		if err := closer.Close(); err != nil {
			return "", err
		}
	}
	return string(format), nil
}
