// Package metrics has the figures of Prometheus of what is asked of a cluster.
package metrics

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
)

// buckets are the upper bounds of the histogram in seconds, up to the time that a request has.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15}

// Metrics counts requests to a cluster. It is a wire.Observer and a prometheus.Collector, and
// safe for concurrent use.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	repeats  *prometheus.CounterVec
	up       *prometheus.GaugeVec
	downs    *prometheus.CounterVec
	all      []prometheus.Collector

	mu   sync.RWMutex // guards seen
	seen map[outcome]series
}

// outcome is what the series of a request are found by.
type outcome struct{ name, protocol, result string }

// series are looked up once for each outcome.
type series struct {
	count    prometheus.Counter
	duration prometheus.Observer
}

var (
	_ wire.Observer        = (*Metrics)(nil)
	_ prometheus.Collector = (*Metrics)(nil)
)

// New returns the metrics of a cluster whose nodes serve REST at addresses, as wire.Options
// has them.
func New(addresses []string) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "memista_cluster_requests_total", Help: "Requests to the cluster, by operation, protocol and result: ok, refused (the cluster's answer), unavailable, canceled or failed.",
		}, []string{"operation", "protocol", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "memista_cluster_request_duration_seconds", Help: "Time of a request to the cluster with all its tries, by operation and protocol.", Buckets: buckets,
		}, []string{"operation", "protocol"}),
		repeats: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "memista_cluster_repeats_total", Help: "Tries that were made again, by the node that had failed.",
		}, []string{"node"}),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "memista_cluster_node_up", Help: "1 if a node of the cluster answers, 0 if it is left out, by node.",
		}, []string{"node"}),
		downs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "memista_cluster_node_downs_total", Help: "Times a node of the cluster stopped answering, by node.",
		}, []string{"node"}),
		seen: map[outcome]series{},
	}
	m.all = []prometheus.Collector{m.requests, m.duration, m.repeats, m.up, m.downs}
	for _, address := range addresses {
		m.up.WithLabelValues(wire.NodeName(address)).Set(1)
		m.downs.WithLabelValues(wire.NodeName(address))
		m.repeats.WithLabelValues(wire.NodeName(address))
	}
	return m
}

// Describe sends what there is.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.all {
		c.Describe(ch)
	}
}

// Collect sends what it is like now.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.all {
		c.Collect(ch)
	}
}

// Requested implements wire.Observer.
func (m *Metrics) Requested(name, protocol string, took time.Duration, err error) {
	s := m.series(outcome{name, protocol, resultOf(err)})
	s.count.Inc()
	s.duration.Observe(took.Seconds())
}

func (m *Metrics) series(o outcome) series {
	m.mu.RLock()
	s, ok := m.seen[o]
	m.mu.RUnlock()
	if ok {
		return s
	}
	s = series{m.requests.WithLabelValues(o.name, o.protocol, o.result), m.duration.WithLabelValues(o.name, o.protocol)}
	m.mu.Lock()
	m.seen[o] = s
	m.mu.Unlock()
	return s
}

// Repeated implements wire.Observer.
func (m *Metrics) Repeated(address string, _ error) {
	m.repeats.WithLabelValues(wire.NodeName(address)).Inc()
}

// Changed implements wire.Observer.
func (m *Metrics) Changed(address string, err error) {
	node := wire.NodeName(address)
	if err == nil {
		m.up.WithLabelValues(node).Set(1)
		return
	}
	m.up.WithLabelValues(node).Set(0)
	m.downs.WithLabelValues(node).Inc()
}

// resultOf says what became of a request.
func resultOf(err error) string {
	_, refused := errors.AsType[*wire.Refusal](err)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, domain.ErrUnavailable):
		return "unavailable"
	case refused:
		return "refused"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, domain.ErrClosed):
		return "canceled"
	}
	return "failed"
}
