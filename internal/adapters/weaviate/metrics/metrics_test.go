package metrics_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/memista/memista/internal/adapters/weaviate/metrics"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
)

func TestWhatIsAskedIsCounted(t *testing.T) {
	m := metrics.New([]string{"a:1", "https://b:2/"})
	for _, err := range []error{nil, nil, &wire.Refusal{Kind: domain.ErrNotFound}, &wire.Refusal{Kind: domain.ErrUnavailable}, context.Canceled, domain.ErrCorrupt} {
		m.Requested("search", "grpc", time.Millisecond, err)
	}
	m.Repeated("http://a:1", domain.ErrUnavailable)
	m.Changed("http://a:1", domain.ErrUnavailable)
	m.Changed("https://b:2", domain.ErrUnavailable)
	m.Changed("https://b:2", nil)
	want := `
# HELP memista_cluster_node_downs_total Times a node of the cluster stopped answering, by node.
# TYPE memista_cluster_node_downs_total counter
memista_cluster_node_downs_total{node="http://a:1"} 1
memista_cluster_node_downs_total{node="https://b:2"} 1
# HELP memista_cluster_node_up 1 if a node of the cluster answers, 0 if it is left out, by node.
# TYPE memista_cluster_node_up gauge
memista_cluster_node_up{node="http://a:1"} 0
memista_cluster_node_up{node="https://b:2"} 1
# HELP memista_cluster_repeats_total Tries that were made again, by the node that had failed.
# TYPE memista_cluster_repeats_total counter
memista_cluster_repeats_total{node="http://a:1"} 1
memista_cluster_repeats_total{node="https://b:2"} 0
# HELP memista_cluster_requests_total Requests to the cluster, by operation, protocol and result: ok, refused (the cluster's answer), unavailable, canceled or failed.
# TYPE memista_cluster_requests_total counter
memista_cluster_requests_total{operation="search",protocol="grpc",result="canceled"} 1
memista_cluster_requests_total{operation="search",protocol="grpc",result="failed"} 1
memista_cluster_requests_total{operation="search",protocol="grpc",result="ok"} 2
memista_cluster_requests_total{operation="search",protocol="grpc",result="refused"} 1
memista_cluster_requests_total{operation="search",protocol="grpc",result="unavailable"} 1
`
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	histograms := 0
	for _, f := range families {
		if f.GetName() == "memista_cluster_request_duration_seconds" {
			histograms = len(f.GetMetric())
			continue
		}
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
	}
	if got := text.String(); got != want[1:] || histograms != 1 {
		t.Errorf("got %d histograms and\n%s\nwant one and\n%s", histograms, got, want[1:])
	}
}
