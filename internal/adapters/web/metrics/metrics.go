package metrics

import (
	"errors"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// Metrics are the metrics of one server. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests requests
}

// New returns the metrics of a server: those of its requests, its process and the runtime.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), requests: newRequests()}
	m.registry.MustRegister(
		m.requests.count, m.requests.duration, m.requests.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Collect adds a collector. It panics if its metrics are there already.
func (m *Metrics) Collect(c prometheus.Collector) { m.registry.MustRegister(c) }

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
