package store

import (
	"context"
	"strings"

	"github.com/memista/memista/internal/app/compose/cluster"
	"github.com/memista/memista/internal/bridge"
)

// OpenCluster opens the databases in the cluster of Weaviate whose nodes are at addresses, without
// a server in front of it. What else is to be said of the cluster are settings.
func (a *Access) OpenCluster(ctx context.Context, addresses []string) (*Store, error) {
	cfg, err := a.Load()
	if err != nil {
		return nil, err
	}
	cfg.Cluster.Addresses = addresses
	b, err := cluster.Open(ctx, cfg.Cluster, cfg.Data)
	if err != nil {
		return nil, err
	}
	return &Store{Service: bridge.Wrap(b), Name: "cluster " + strings.Join(addresses, ",")}, nil
}
