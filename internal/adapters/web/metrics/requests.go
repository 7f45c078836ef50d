package metrics

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// buckets are the upper bounds of the latency histograms in seconds: from a search in a
// small database to the limit of a request.
var buckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// requests are the metrics of requests.
type requests struct {
	count    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newRequests() requests {
	return requests{
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "memista_http_requests_total", Help: "Requests answered, by method, route and status code.",
		}, []string{"method", "route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "memista_http_request_duration_seconds", Help: "Time from the headers of a request to the end of its answer, by method, route and class of status.",
			Buckets: buckets,
		}, []string{"method", "route", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "memista_http_requests_in_flight", Help: "Requests being answered.",
		}),
	}
}

// Route counts the requests of one method and route. It is safe for concurrent use.
type Route struct {
	of            *requests
	method, route string
	durations     [6]atomic.Pointer[prometheus.Observer] // by the first digit of the status
	counts        sync.Map                               // of prometheus.Counter by status
}

// Route returns the counter of requests with a method to a route, which is a template
// such as /v1/databases/{id}.
func (m *Metrics) Route(method, route string) *Route {
	return &Route{of: &m.requests, method: method, route: route}
}

// Begin notes that a request has come in.
func (r *Route) Begin() { r.of.inFlight.Inc() }

// End notes that a request was answered with status, and how long that took.
func (r *Route) End(status int, took time.Duration) {
	r.of.inFlight.Dec()
	r.counter(status).Inc()
	r.observer(status).Observe(took.Seconds())
}

// counter and observer look their series up by label once for each status: a look-up
// costs as much as the rest of End together.
func (r *Route) counter(status int) prometheus.Counter {
	if c, ok := r.counts.Load(status); ok {
		return c.(prometheus.Counter)
	}
	c, _ := r.counts.LoadOrStore(status, r.of.count.WithLabelValues(r.method, r.route, strconv.Itoa(status)))
	return c.(prometheus.Counter)
}

func (r *Route) observer(status int) prometheus.Observer {
	class := min(max(status/100, 0), len(r.durations)-1)
	slot := &r.durations[class]
	if o := slot.Load(); o != nil {
		return *o
	}
	o := r.of.duration.WithLabelValues(r.method, r.route, strconv.Itoa(class)+"xx")
	slot.Store(&o)
	return o
}
