package client_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/server"
)

// serveFile serves the data file at path.
func serveFile(t *testing.T, path string) (c *client.Client, stop func()) {
	t.Helper()
	db, err := memista.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.New(db, nil))
	if c, err = client.New(web.URL, nil); err != nil {
		t.Fatal(err)
	}
	return c, func() {
		_ = c.Close()
		web.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// After a start no database is in memory, so that the server tells nothing of its graph.
func TestWaitIndexedOpensTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	c, stop := serveFile(t, path)
	chunks := make([]client.Chunk, 9000)
	for i := range chunks {
		chunks[i].Embedding = []float32{float32(i % 97), float32(i % 89), 1}
	}
	if _, err := c.Insert(t.Context(), "d", chunks, nil); err != nil {
		t.Fatal(err)
	}
	stop()
	c, stop = serveFile(t, path)
	defer stop()
	if st, err := c.Stats(t.Context(), "d"); err != nil || st.Tail != nil || st.Graph != nil {
		t.Fatalf("Stats = %+v, %v; want a database that is not in memory", st, err)
	}
	if err := c.WaitIndexed(t.Context(), "d", nil); err != nil {
		t.Fatal(err)
	}
	if st, err := c.Stats(t.Context(), "d"); err != nil || st.Graph == nil || st.Graph.Vectors != len(chunks) {
		t.Errorf("Stats = %+v, %v; want all vectors in the graph", st, err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.WaitIndexed(canceled, "d", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitIndexed under a canceled context = %v", err)
	}
	if err := c.WaitIndexed(t.Context(), "none", nil); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("WaitIndexed of none = %v; want ErrNotFound", err)
	}
}

// TestWaitIndexedOfASmallDatabase: one that needs no graph is waited for at once.
func TestWaitIndexedOfASmallDatabase(t *testing.T) {
	c, stop := serveFile(t, filepath.Join(t.TempDir(), "m.db"))
	defer stop()
	if _, err := c.Insert(t.Context(), "d", []client.Chunk{{Embedding: []float32{1, 2}}}, nil); err != nil {
		t.Fatal(err)
	}
	looks := 0
	if err := c.WaitIndexed(t.Context(), "d", func(_, _ int64) { looks++ }); err != nil || looks != 0 {
		t.Errorf("WaitIndexed = %v after %d looks at a graph; want none", err, looks)
	}
	if st, err := c.Stats(t.Context(), "d"); err != nil || st.Tail == nil || st.Tail.Indexing {
		t.Errorf("Stats = %+v, %v; want nothing on its way", st, err)
	}
}

// TestWaitIndexedOfTheFirstGraph asks right after the insert that makes the first graph due:
// it may not have begun.
func TestWaitIndexedOfTheFirstGraph(t *testing.T) {
	c, stop := serveFile(t, filepath.Join(t.TempDir(), "m.db"))
	defer stop()
	chunks := make([]client.Chunk, 9000)
	for i := range chunks {
		chunks[i].Embedding = []float32{float32(i % 97), float32(i % 89), 1}
	}
	for _, id := range []string{"a", "b", "c"} {
		if _, err := c.Insert(t.Context(), id, chunks, nil); err != nil {
			t.Fatal(err)
		}
		if err := c.WaitIndexed(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
		if st, err := c.Stats(t.Context(), id); err != nil || st.Graph == nil || st.Graph.Vectors != len(chunks) {
			t.Errorf("Stats = %+v, %v; want all vectors in the graph", st, err)
		}
	}
}
