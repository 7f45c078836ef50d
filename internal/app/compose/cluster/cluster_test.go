package cluster_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/compose/cluster"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/app/usecase/usecasetest"
	nodes "github.com/memista/memista/test/cluster"
)

// addresses are those of a cluster that is there already, or of one that the test starts.
func addresses(t *testing.T) (rest, grpc []string) {
	t.Helper()
	if there := os.Getenv("MEMISTA_TEST_CLUSTER"); there != "" {
		r, g, _ := strings.Cut(there, "/")
		return strings.Split(r, ","), strings.FieldsFunc(g, func(c rune) bool { return c == ',' })
	}
	c := nodes.Start(t, 1)
	return c.Addresses(), c.GRPC()
}

func TestTheServiceOverACluster(t *testing.T) {
	rest, grpc := addresses(t)
	for name, c := range map[string]cluster.Config{
		"by gRPC":      {Addresses: rest, GRPC: grpc},
		"under leases": {Addresses: rest, GRPC: grpc, Lease: true},
	} {
		t.Run(name, func(t *testing.T) { runSuite(t, c) })
	}
}

func runSuite(t *testing.T, c cluster.Config) {
	t.Helper()
	b, err := cluster.Open(t.Context(), c, compose.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	usecasetest.Run(t, usecasetest.Config{
		New:    func(*testing.T) usecase.Backend { return shared{b} },
		Settle: 5 * time.Second,
	})
}

// shared is a backend that tests share.
type shared struct{ usecase.Backend }

func (shared) Close() error { return nil }
