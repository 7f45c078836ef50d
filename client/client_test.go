package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/server"
)

// connect returns a client of a real server in memory.
func connect(t *testing.T) *client.Client {
	t.Helper()
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.New(db, nil))
	c, err := client.New(web.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		web.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestEveryCall(t *testing.T) {
	c, ctx := connect(t), t.Context()
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	d, err := c.Create(ctx, "a.b-c", client.Settings{Metric: "l2", Dimensions: 2})
	if err != nil || d.ID != "a.b-c" || d.Metric != "l2" || d.Dimensions != 2 {
		t.Fatalf("Create = %+v, %v", d, err)
	}
	sent := []client.Chunk{
		{Key: "k/ä", Text: "quote \" back \\ line \n nul \x00 <&> é", Metadata: json.RawMessage(`{"a":[1,{"b":null}]}`), Embedding: []float32{1, -2.5}},
		{Metadata: json.RawMessage(`"plain"`), Embedding: []float32{math.SmallestNonzeroFloat32, 16777216}},
		{Text: "third", Embedding: []float32{1e-10, 0.1}},
	}
	ids, err := c.Insert(ctx, "a.b-c", sent)
	if err != nil || !cmp.Equal(ids, []int64{1, 2, 3}) {
		t.Fatalf("Insert = %v, %v; want 1, 2, 3", ids, err)
	}
	for i, want := range sent {
		want.ID = ids[i]
		got, err := c.Chunk(ctx, "a.b-c", ids[i])
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Chunk(%d): %v (-sent +got):\n%s", ids[i], err, diff)
		}
	}
	low := float32(0.01)
	lists, err := c.SearchMany(ctx, "a.b-c", [][]float32{{1, -2}, {0, 0}}, 1, &client.SearchOptions{Include: []string{"embedding"}, Exact: true, MinScore: &low})
	want := [][]client.Hit{
		{{Chunk: client.Chunk{ID: 1, Key: "k/ä", Embedding: []float32{1, -2.5}}, Distance: 0.25, Score: 0.8}},
		{{Chunk: client.Chunk{ID: 3, Embedding: []float32{1e-10, 0.1}}, Distance: 0.010000001, Score: 0.99009895}},
	}
	if diff := cmp.Diff(want, lists, cmp.Comparer(near)); err != nil || diff != "" {
		t.Errorf("SearchMany: %v (-want +got):\n%s", err, diff)
	}
	hits, err := c.Search(ctx, "a.b-c", []float32{0, 0}, 3, &client.SearchOptions{Include: []string{}})
	if err != nil || len(hits) != 3 || hits[0].Text != "" || hits[0].ID != 3 {
		t.Errorf("Search without parts = %+v, %v", hits, err)
	}
	if err := c.Delete(ctx, "a.b-c", 2); err != nil {
		t.Error(err)
	}
	if _, err := c.Chunk(ctx, "a.b-c", 2); !client.IsNotFound(err) {
		t.Errorf("Chunk after Delete: %v; want not found", err)
	}
	all, err := c.Databases(ctx)
	if err != nil || len(all) != 1 || all[0].Chunks != 2 || all[0].CreatedAt.IsZero() {
		t.Errorf("Databases = %+v, %v", all, err)
	}
	if err := c.Drop(ctx, "a.b-c"); err != nil {
		t.Error(err)
	}
	if _, err := c.Database(ctx, "a.b-c"); !client.IsNotFound(err) {
		t.Errorf("Database after Drop: %v; want not found", err)
	}
}

// near compares scores, whose last bits depend on the instruction set.
func near(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-6 }

func TestRefusals(t *testing.T) {
	c, ctx := connect(t), t.Context()
	_, err := c.Insert(ctx, "d", []client.Chunk{{Embedding: []float32{1, 2}}, {Embedding: []float32{1}}})
	e, ok := errors.AsType[*client.Error](err)
	if !ok || e.Status != http.StatusUnprocessableEntity || e.Code != "dimension_mismatch" || e.RequestID == "" || !strings.Contains(err.Error(), "expected 2, got 1") {
		t.Errorf("Insert = %+v; want the server's own words", err)
	}
	if _, err := c.Insert(ctx, "d", []client.Chunk{{Embedding: []float32{float32(math.NaN())}}}); err == nil || !strings.Contains(err.Error(), "chunks[0]: embedding component 0") {
		t.Errorf("Insert of NaN: %v", err)
	}
	if _, err := c.Insert(ctx, "d", []client.Chunk{{Embedding: []float32{1}, Metadata: json.RawMessage(`{`)}}); err == nil || !strings.Contains(err.Error(), "chunks[0]: metadata") {
		t.Errorf("Insert of bad metadata: %v", err)
	}
	if _, err := c.Search(ctx, "../d", []float32{1}, 1, nil); err == nil || client.IsNotFound(err) {
		t.Errorf("Search with a bad id: %v; want it refused", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.Ready(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("Ready under a canceled context: %v", err)
	}
	for _, address := range []string{"", "localhost:8083", "ftp://x", "http://", "http://x?y=1", "://"} {
		if _, err := client.New(address, nil); err == nil {
			t.Errorf("New(%q): no error", address)
		}
	}
}

func TestAnAnswerOfSomethingElse(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/databases" {
			_, _ = w.Write([]byte("<html>"))
			return
		}
		http.Error(w, "<html>", http.StatusBadGateway)
	}))
	defer web.Close()
	c, err := client.New(web.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Databases(t.Context()); err == nil || !strings.Contains(err.Error(), "GET /v1/databases: answer") {
		t.Errorf("Databases from a web page: %v", err)
	}
	e, ok := errors.AsType[*client.Error](c.Ready(t.Context()))
	if !ok || e.Status != http.StatusBadGateway || !strings.Contains(e.Error(), "502 Bad Gateway from 127.0.0.1") {
		t.Errorf("Ready behind a broken proxy: %v", e)
	}
}
