// Package cluster puts together a memista whose chunks lie in a cluster of Weaviate. It is apart
// from package compose, so that programs which use the library do not link gRPC.
package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/memista/memista/internal/adapters/weaviate"
	"github.com/memista/memista/internal/adapters/weaviate/metrics"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/app/clustered"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/domain"
)

var _ usecase.Backend = (*clustered.Service)(nil)

// Config says which cluster there is. The zero value is none.
type Config struct {
	Addresses   []string // of REST, host:port or URLs; none: there is no cluster
	GRPC        []string // one for each of Addresses, as host:port; none: port 50051 of the same hosts
	Consistency string   // of writes and reads: "quorum" (the default) or "all"
	Replicas    int      // copies of what is made; 0: three, or as many as the cluster has nodes
	APIKey      string   // sent to the cluster only
	Timeout     time.Duration
	Wait        bool // open although the cluster does not answer
	Lease       bool // changes that depend on what is stored are made under leases

	Tracer  trace.Tracer     // makes the spans of requests to the cluster; nil: none are made
	Metrics *metrics.Metrics // counts requests to the cluster; nil: nobody does
}

// NewMetrics returns what counts requests to the cluster that c says; nil if there is none.
func NewMetrics(c Config) *metrics.Metrics {
	if len(c.Addresses) == 0 {
		return nil
	}
	return metrics.New(c.Addresses)
}

// Open composes a backend over the cluster that c says, with the limits, embedders and reranker
// of data. Closing it closes everything.
func Open(ctx context.Context, c Config, data compose.Config) (usecase.Backend, error) {
	if data.Embed.Models == "" && data.Path != "" {
		data.Embed.Models = filepath.Join(filepath.Dir(data.Path), "models")
	}
	var err error
	embedders := data.Embedders
	if embedders == nil {
		if embedders, err = compose.Embedders(data.Embed, nil); err != nil {
			return nil, err
		}
	}
	reranker := data.Reranker
	if reranker == nil {
		if reranker, err = compose.Reranker(data.Rerank); err != nil {
			return nil, errors.Join(err, embedders.Close())
		}
	}
	level := wire.Quorum
	if c.Consistency == "all" {
		level = wire.All
	}
	host, _ := os.Hostname() // for people; "" is no name
	o := wire.Options{Addresses: c.Addresses, GRPC: c.GRPC, APIKey: domain.NewSecret(c.APIKey), Timeout: c.Timeout, Write: level, Tracer: c.Tracer}
	if c.Metrics != nil {
		o.Observer = c.Metrics
	}
	store, err := weaviate.Open(ctx, weaviate.Options{Options: o, Replicas: c.Replicas, Wait: c.Wait, Name: host})
	if err != nil {
		return nil, errors.Join(err, embedders.Close())
	}
	svc, err := clustered.New(clustered.Config{
		Cluster: store, Limits: data.Limits, Databases: data.Databases, Embedders: embedders, Reranker: reranker, Now: data.Now, Report: data.Report, Lease: c.Lease,
	})
	if err != nil {
		return nil, errors.Join(err, embedders.Close(), store.Close())
	}
	return svc, nil
}
