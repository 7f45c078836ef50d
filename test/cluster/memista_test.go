//go:build unix

package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/api"
	"github.com/memista/memista/client"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/cluster"
	"github.com/memista/memista/test/daemon"
)

// program builds memista once. The directory is removed by TestMain.
var program = sync.OnceValues(func() (string, error) {
	return daemon.Build(context.Background(), programDir, "-tags", "sqlite_fts5")
})

var programDir string

func TestMain(m *testing.M) {
	var err error
	if programDir, err = os.MkdirTemp("", "memista-cluster-program-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(programDir)
	os.Exit(code)
}

// serve starts a memista on the cluster.
func serve(t *testing.T, c *cluster.Cluster, env ...string) *daemon.Server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--server-port", "0")
	cmd.Dir = t.TempDir()
	cmd.Env = slices.Concat([]string{
		"HOME=" + cmd.Dir, "PATH=" + os.Getenv("PATH"),
		"MEMISTA_CLUSTER=" + strings.Join(c.Addresses(), ","), "MEMISTA_CLUSTER_GRPC=" + strings.Join(c.GRPC(), ","),
	}, env)
	s, err := daemon.Start(cmd, "request")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			log := s.Log()
			t.Logf("the log of memista ends:\n%s", log[max(0, len(log)-3000):])
		}
	})
	return s
}

// through is a cluster that is asked through several memistas, by turns.
type through struct {
	nodes []*client.Client
	calls atomic.Int64
}

const trial = "trial"

func newThrough(t *testing.T, servers ...*daemon.Server) *through {
	t.Helper()
	m := &through{}
	for _, s := range servers {
		// Nothing is sent again: what memista could not do itself counts as failed.
		c, err := client.New(s.URL, &client.Options{HTTP: &http.Client{}, Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		m.nodes = append(m.nodes, c)
	}
	if _, err := m.nodes[0].Create(within(t, patience), trial, &api.Settings{Dims: dims}); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *through) next() *client.Client { return m.nodes[int(m.calls.Add(1))%len(m.nodes)] }

func (m *through) insert(ctx context.Context, numbers []int) error {
	chunks := make([]api.Chunk, len(numbers))
	for i, n := range numbers {
		chunks[i] = api.Chunk{Key: keyOf(n), Text: keyOf(n), Embedding: vectorOf(n)}
	}
	_, err := m.next().Insert(ctx, trial, chunks, nil)
	return err
}

func (m *through) remove(ctx context.Context, n int) error {
	_, err := m.next().DeleteKeys(ctx, trial, keyOf(n))
	return err
}

func (m *through) search(ctx context.Context, vector []float32) error {
	_, err := m.next().Search(ctx, trial, vector, 10, nil)
	return err
}

func (m *through) present(ctx context.Context, n int) (bool, error) {
	_, err := m.next().GetByKey(ctx, trial, keyOf(n))
	if errors.Is(err, api.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func TestKillsUnderTwoMemistas(t *testing.T) {
	cluster.Enabled(t)
	c := cluster.Start(t, 3)
	live(t, c, newThrough(t, serve(t, c), serve(t, c)), killing())
}

func TestPausesUnderTwoMemistas(t *testing.T) {
	cluster.Enabled(t)
	c := cluster.Start(t, 3)
	live(t, c, newThrough(t, serve(t, c), serve(t, c)), pausing())
}

func TestCutsUnderTwoMemistas(t *testing.T) {
	cluster.Enabled(t)
	c := cluster.StartWith(t, cluster.Options{Nodes: 3, Apart: true})
	live(t, c, newThrough(t, serve(t, c), serve(t, c)), cutting(c))
}

// What is written through one memista is read and found through the other.
func TestTwoMemistasServeTheSame(t *testing.T) {
	cluster.Enabled(t)
	for _, level := range []string{"quorum", "all"} {
		t.Run(level, func(t *testing.T) { sameThroughBoth(t, "MEMISTA_CLUSTER_CONSISTENCY="+level) })
	}
}

func sameThroughBoth(t *testing.T, env string) {
	t.Helper()
	c := cluster.Start(t, 3)
	one, other := newThrough(t, serve(t, c, env)), serve(t, c, env)
	reader, err := client.New(other.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t, patience)
	late := 0
	const rounds = 300
	for i := range rounds {
		if err := one.insert(ctx, []int{i}); err != nil {
			t.Fatal(err)
		}
		got, err := reader.GetByKey(ctx, trial, keyOf(i))
		if err != nil || got.Text != keyOf(i) {
			t.Fatalf("GetByKey(%s) through the other = %+v, %v", keyOf(i), got, err)
		}
		hits, err := reader.Search(ctx, trial, vectorOf(i), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) == 0 || hits[0].Text != keyOf(i) {
			late++
		}
	}
	t.Logf("searches right after the acknowledgement, through the other: %d of %d did not find it yet; load %s", late, rounds, measure.Load())
	for i := range rounds {
		if hits, err := reader.Search(ctx, trial, vectorOf(i), 1, nil); err != nil || len(hits) == 0 || hits[0].Text != keyOf(i) {
			t.Errorf("Search for %s in the end = %+v, %v", keyOf(i), hits, err)
		}
	}
	if err := one.remove(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.GetByKey(ctx, trial, keyOf(0)); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("GetByKey of a deleted chunk through the other: %v; want ErrNotFound", err)
	}
}
