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
