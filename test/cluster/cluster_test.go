package cluster_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/test/cluster"
)

// patience is how long one thing may take on a busy machine.
const patience = 2 * time.Minute

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// write stores an object through a node at QUORUM and returns the status, or the error.
func write(ctx context.Context, n *cluster.Node, id string) (int, error) {
	return send(ctx, n, "/v1/objects?consistency_level=QUORUM", `{"class":"Trial","id":"`+id+`","properties":{"text":"a"},"vector":[1,2]}`)
}

// acknowledged writes until a node acknowledges. A request that waits for a leader which was
// just killed waits for minutes, one that is sent later does not.
func acknowledged(t *testing.T, n *cluster.Node, id string) {
	t.Helper()
	for ctx := within(t, patience); ; {
		one, cancel := context.WithTimeout(ctx, 2*time.Second)
		status, err := write(one, n, id)
		cancel()
		if err == nil && status == http.StatusOK {
			return
		}
		if ctx.Err() != nil {
			t.Errorf("write of %s at QUORUM: status %d, error %v", id, status, err)
			return
		}
		time.Sleep(50 * time.Millisecond) // an error that comes at once
	}
}

func send(ctx context.Context, n *cluster.Node, path, body string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.REST()+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

const class = `{"class":"Trial","vectorizer":"none","replicationConfig":{"factor":3},"properties":[{"name":"text","dataType":["text"]}]}`

func makeClass(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	if status, err := send(within(t, patience), c.Nodes[0], "/v1/schema", class); err != nil || status != http.StatusOK {
		t.Fatalf("class: status %d, error %v", status, err)
	}
}

const id = "00000000-0000-4000-8000-00000000000"

func TestNodesAreKilledPausedAndRestarted(t *testing.T) {
	cluster.Enabled(t)
	c := cluster.Start(t, 3)
	makeClass(t, c)
	first, last := c.Nodes[0], c.Nodes[2]
	last.Kill()
	if last.Running() {
		t.Error("Running() after Kill() = true")
	}
	acknowledged(t, first, id+"1")
	if err := last.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.Healthy(within(t, patience)); err != nil {
		t.Fatal(err)
	}
	if err := last.Pause(); err != nil {
		t.Fatal(err)
	}
	if _, err := write(within(t, time.Second), last, id+"2"); err == nil {
		t.Error("a paused node answers")
	}
	if err := last.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := last.Ready(within(t, patience)); err != nil {
		t.Error(err)
	}
}

func TestNodesAreCutOff(t *testing.T) {
	cluster.Enabled(t)
	c := cluster.StartWith(t, cluster.Options{Nodes: 3, Apart: true})
	makeClass(t, c)
	alone, other := c.Nodes[2], c.Nodes[0]
	if err := c.Isolate(alone); err != nil {
		t.Fatal(err)
	}
	if status, err := write(within(t, 5*time.Second), alone, id+"1"); err == nil && status == http.StatusOK {
		t.Error("a node that is cut off acknowledges a write at QUORUM")
	}
	acknowledged(t, other, id+"2")
	if err := c.Heal(); err != nil {
		t.Fatal(err)
	}
	// Weaviate 1.35.2 looks for other nodes when it starts, and never again: one that the
	// others have given up stays alone (weaviate/weaviate#10698).
	if err := alone.Restart(within(t, patience)); err != nil {
		t.Fatal(err)
	}
	if err := c.Healthy(within(t, patience)); err != nil {
		t.Fatal(err)
	}
	acknowledged(t, alone, id+"3")
}

func TestWithoutAProgramTheReasonIsSaid(t *testing.T) {
	t.Setenv("MEMISTA_WEAVIATE", t.TempDir()+"/none")
	if _, err := cluster.New(t.Context(), cluster.Options{}); err == nil {
		t.Error("New without a program gave no error")
	}
}
