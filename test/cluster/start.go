package cluster

import (
	"errors"
	"os"
	"testing"
)

// envTest is set where the tests that break a cluster are to run.
const envTest = "MEMISTA_CLUSTER_TEST"

// Enabled skips a test that takes long or breaks nodes unless MEMISTA_CLUSTER_TEST is set,
// which make test-cluster does.
func Enabled(t testing.TB) {
	t.Helper()
	if os.Getenv(envTest) == "" {
		t.Skipf("set %s=1, or run make test-cluster: this starts and breaks nodes of Weaviate", envTest)
	}
}

// Start starts a cluster of n nodes on 127.0.0.1 for a test, which is skipped with a reason
// if there is no program of Weaviate. The test's end ends it, and shows the end of the logs
// if the test has failed.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	return StartWith(t, Options{Nodes: n})
}

// StartWith is Start with more options. A test of nodes apart is skipped where they cannot
// be.
func StartWith(t testing.TB, o Options) *Cluster {
	t.Helper()
	c, err := New(t.Context(), o)
	if errors.Is(err, ErrNoBinary) || errors.Is(err, ErrNoNetwork) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range c.Nodes {
				t.Logf("the log of %s ends:\n%s", n.Name, n.Log())
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}
