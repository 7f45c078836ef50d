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
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
	d, err := c.Create(ctx, "a.b-c", &client.Settings{Metric: "l2", Dims: 2})
	if err != nil || d.ID != "a.b-c" || d.Metric != "l2" || d.Dims != 2 {
		t.Fatalf("Create = %+v, %v", d, err)
	}
	sent := []client.Chunk{
		{Key: "k/ä", Text: "quote \" back \\ line \n nul \x00 <&> é", Metadata: client.Meta(json.RawMessage(`{"a":[1,{"b":null}]}`)), Embedding: []float32{1, -2.5}},
		{Metadata: client.Meta(json.RawMessage(`"plain"`)), Embedding: []float32{math.SmallestNonzeroFloat32, 16777216}},
		{Text: "third", Embedding: []float32{1e-10, 0.1}},
	}
	ids, err := c.Insert(ctx, "a.b-c", sent, nil)
	if err != nil || !cmp.Equal(ids, []int64{1, 2, 3}) {
		t.Fatalf("Insert = %v, %v; want 1, 2, 3", ids, err)
	}
	for i, want := range sent {
		want.ID = ids[i]
		got, err := c.Get(ctx, "a.b-c", ids[i])
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Chunk(%d): %v (-sent +got):\n%s", ids[i], err, diff)
		}
	}
	low := float32(0.01)
	lists, err := c.SearchMany(ctx, "a.b-c", [][]float32{{1, -2}, {0, 0}}, 1, &client.SearchOptions{Include: []client.Part{client.PartEmbedding}, Exact: true, MinScore: &low})
	want := [][]client.Hit{
		{{Chunk: client.Chunk{ID: 1, Key: "k/ä", Embedding: []float32{1, -2.5}}, Distance: 0.25, Score: 0.8}},
		{{Chunk: client.Chunk{ID: 3, Embedding: []float32{1e-10, 0.1}}, Distance: 0.010000001, Score: 0.99009895}},
	}
	if diff := cmp.Diff(want, lists, cmp.Comparer(near)); err != nil || diff != "" {
		t.Errorf("SearchMany: %v (-want +got):\n%s", err, diff)
	}
	hits, err := c.Search(ctx, "a.b-c", []float32{0, 0}, 3, &client.SearchOptions{Include: []client.Part{}})
	if err != nil || len(hits) != 3 || hits[0].Text != "" || hits[0].ID != 3 {
		t.Errorf("Search without parts = %+v, %v", hits, err)
	}
	if n, err := c.Delete(ctx, "a.b-c", 2, 99); err != nil || n != 1 {
		t.Errorf("Delete = %d, %v; want 1", n, err)
	}
	if _, err := c.Get(ctx, "a.b-c", 2); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("Chunk after Delete: %v; want not found", err)
	}
	all, err := c.Databases(ctx)
	if err != nil || len(all) != 1 || all[0].Chunks != 2 || all[0].CreatedAt.IsZero() {
		t.Errorf("Databases = %+v, %v", all, err)
	}
	j, err := c.StartRebuild(ctx, "a.b-c")
	if err != nil || j.ID != 1 || j.Kind != "rebuild" || j.Database != "a.b-c" {
		t.Errorf("Rebuild = %+v, %v", j, err)
	}
	j, err = c.CancelJob(ctx, 1)
	if again, errAgain := c.Job(ctx, 1); err != nil || errAgain != nil || !cmp.Equal(j, again, cmpopts.EquateErrors()) || j.State != "done" && j.State != "canceled" || j.EndedAt.IsZero() {
		t.Errorf("CancelJob = %+v, %v; then Job = %+v, %v", j, err, again, errAgain)
	}
	if jobs, err := c.Jobs(ctx); err != nil || !cmp.Equal(jobs, []client.Job{j}, cmpopts.EquateErrors()) {
		t.Errorf("Jobs = %+v, %v; want one", jobs, err)
	}
	im, err := c.StartImport(ctx, "a.b-c", 1, 4)
	if err != nil || im.ID != 2 || im.Kind != "import" || im.State != "running" || im.Percent != 25 {
		t.Errorf("StartImport = %+v, %v", im, err)
	}
	im, err = c.ReportImport(ctx, im.ID, client.ImportProgress{Done: 2, Total: 4})
	if err != nil || im.Percent != 50 || im.Canceling || im.State != "running" {
		t.Errorf("ReportImport = %+v, %v", im, err)
	}
	im, err = c.ReportImport(ctx, im.ID, client.ImportProgress{Done: 3, Total: 4, State: "failed", Error: "row 4"})
	if err != nil || im.State != "failed" || im.Err == nil || im.Err.Error() != "row 4" || im.Done != 3 {
		t.Errorf("ReportImport of the end = %+v, %v", im, err)
	}
	if err := c.Drop(ctx, "a.b-c"); err != nil {
		t.Error(err)
	}
	if _, err := c.Describe(ctx, "a.b-c"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("Database after Drop: %v; want not found", err)
	}
}

// near compares scores, whose last bits depend on the instruction set.
func near(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-6 }

func TestRefusals(t *testing.T) {
	c, ctx := connect(t), t.Context()
	_, err := c.Insert(ctx, "d", []client.Chunk{{Embedding: []float32{1, 2}}, {Embedding: []float32{1}}}, nil)
	e, ok := errors.AsType[*client.Error](err)
	if !ok || e.Status != http.StatusUnprocessableEntity || e.Code != "dimension_mismatch" || e.RequestID == "" || !strings.Contains(err.Error(), "expected 2, got 1") {
		t.Errorf("Insert = %+v; want the server's own words", err)
	}
	if _, err := c.Insert(ctx, "d", []client.Chunk{{Embedding: []float32{float32(math.NaN())}}}, nil); err == nil || !strings.Contains(err.Error(), "chunks[0]: embedding component 0") {
		t.Errorf("Insert of NaN: %v", err)
	}
	if _, err := c.Insert(ctx, "d", []client.Chunk{{Embedding: []float32{1}, Metadata: client.Meta(json.RawMessage(`{`))}}, nil); err == nil || !strings.Contains(err.Error(), "chunks[0]: metadata") {
		t.Errorf("Insert of bad metadata: %v", err)
	}
	if _, err := c.Search(ctx, "../d", []float32{1}, 1, nil); err == nil || errors.Is(err, client.ErrNotFound) {
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

// What is refused has the same kinds as in the library, wherever it is found out.
func TestKindsOfErrors(t *testing.T) {
	c, ctx := connect(t), t.Context()
	if _, err := c.Create(ctx, "d", &client.Settings{Metric: "cosine", Dims: 2}); err != nil {
		t.Fatal(err)
	}
	insert := func(ch client.Chunk) error {
		_, err := c.Insert(ctx, "d", []client.Chunk{ch}, nil)
		return err
	}
	_, noDatabase := c.Count(ctx, "none", nil)
	_, otherSettings := c.Create(ctx, "d", &client.Settings{Metric: "l2"})
	_, noKey := c.GetByKey(ctx, "d", "")
	_, noID := c.Describe(ctx, "")
	half := 500 * time.Millisecond
	_, halfASecond := c.Patch(ctx, "d", 1, client.Patch{TTL: &half})
	good := []float32{1, 0}
	for name, tc := range map[string]struct{ err, want error }{
		"no database":          {noDatabase, client.ErrNotFound},
		"other settings":       {otherSettings, client.ErrConflict},
		"no key":               {noKey, client.ErrInvalid},
		"no id":                {noID, client.ErrInvalid},
		"half a second":        {halfASecond, client.ErrInvalid},
		"dimension":            {insert(client.Chunk{Embedding: []float32{1}}), client.ErrDimension},
		"NaN":                  {insert(client.Chunk{Embedding: []float32{float32(math.NaN()), 1}}), client.ErrNotFinite},
		"zero vector":          {insert(client.Chunk{Embedding: []float32{0, 0}}), client.ErrZeroVector},
		"text not UTF-8":       {insert(client.Chunk{Embedding: good, Text: "caf\xe9"}), client.ErrInvalid},
		"key not UTF-8":        {insert(client.Chunk{Embedding: good, Key: "caf\xe9"}), client.ErrInvalid},
		"metadata not UTF-8":   {insert(client.Chunk{Embedding: good, Metadata: client.Meta(json.RawMessage("\"caf\xe9\""))}), client.ErrInvalid},
		"too large for a body": {insert(client.Chunk{Embedding: good, Text: strings.Repeat("a", 33<<20)}), client.ErrTooLarge},
	} {
		if !errors.Is(tc.err, tc.want) {
			t.Errorf("%s: %v is not %v", name, tc.err, tc.want)
		}
		if other := client.ErrBusy; errors.Is(tc.err, other) {
			t.Errorf("%s: %v is %v too", name, tc.err, other)
		}
	}
	if n, err := c.Count(ctx, "d", nil); err != nil || n != 0 {
		t.Errorf("Count = %d, %v; want nothing stored", n, err)
	}
}

func TestAnAnswerOfSomethingElse(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/databases" {
			_, _ = w.Write([]byte("<html>"))
			return
		}
		if r.URL.Path == "/v1/jobs" {
			http.Error(w, "ask somebody else", http.StatusBadRequest)
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
	if !ok || e.Status != http.StatusBadGateway || !strings.Contains(e.Error(), "502 Bad Gateway from 127.0.0.1") || strings.Contains(e.Error(), "<") {
		t.Errorf("Ready behind a broken proxy: %v", e)
	}
	_, err = c.Jobs(t.Context())
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != "" || !strings.HasSuffix(e.Error(), ": ask somebody else") {
		t.Errorf("Jobs of something that explains itself: %v; want its words", err)
	}
}

func TestChunksByKeyAndPatch(t *testing.T) {
	c, ctx := connect(t), t.Context()
	for _, key := range []string{"a/b", "..", "é ?#%2F+", "日本🙂"} {
		ids, err := c.Insert(ctx, "d.", []client.Chunk{{Key: key, Text: "one", Embedding: []float32{1, 2}}}, nil)
		if err != nil || len(ids) != 1 {
			t.Fatalf("Insert of key %q = %v, %v", key, ids, err)
		}
		text := "two"
		for _, p := range []client.Patch{
			{Text: &text}, {Metadata: client.Meta(json.RawMessage(`{"a":1,"b":null}`))}, {Embedding: []float32{3, -4}},
		} {
			if _, err := c.PatchByKey(ctx, "d.", key, p); err != nil {
				t.Errorf("PatchByKey(%q): %v", key, err)
			}
		}
		want := client.Chunk{ID: ids[0], Key: key, Text: "two", Metadata: client.Meta(json.RawMessage(`{"a":1}`)), Embedding: []float32{3, -4}}
		byKey, err := c.GetByKey(ctx, "d.", key)
		if diff := cmp.Diff(want, byKey); err != nil || diff != "" {
			t.Errorf("GetByKey(%q): %v (-want +got):\n%s", key, err, diff)
		}
		hour, forever := time.Hour, time.Duration(0)
		timed, err := c.PatchByKey(ctx, "d.", key, client.Patch{TTL: &hour})
		if left := time.Until(timed.ExpiresAt); err != nil || left < time.Hour-time.Minute || left > time.Hour {
			t.Errorf("PatchByKey(%q) with an hour to live = %v left, %v", key, left, err)
		}
		if timed, err = c.PatchByKey(ctx, "d.", key, client.Patch{TTL: &forever}); err != nil || !timed.ExpiresAt.IsZero() {
			t.Errorf("PatchByKey(%q) with no end = %v, %v; want no time", key, timed.ExpiresAt, err)
		}
		want.Metadata = client.Metadata{}
		patched, err := c.Patch(ctx, "d.", ids[0], client.Patch{Metadata: client.Meta(nil)})
		if diff := cmp.Diff(want, patched); err != nil || diff != "" {
			t.Errorf("Patch(%d): %v (-want +got):\n%s", ids[0], err, diff)
		}
		if n, err := c.DeleteKeys(ctx, "d.", key, "none"); err != nil || n != 1 {
			t.Errorf("DeleteKeys(%q) = %d, %v; want 1", key, n, err)
		}
		if _, err := c.GetByKey(ctx, "d.", key); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("GetByKey(%q) after DeleteKeys: %v; want not found", key, err)
		}
	}
	if _, err := c.Patch(ctx, "d.", 1, client.Patch{}); err == nil || !strings.Contains(err.Error(), "nothing to change") {
		t.Errorf("empty Patch: %v", err)
	}
	if _, err := c.Patch(ctx, "d.", 1, client.Patch{Metadata: client.Meta(json.RawMessage("{"))}); err == nil || !strings.Contains(err.Error(), "not JSON") {
		t.Errorf("Patch with bad metadata: %v", err)
	}
}

func TestOnConflict(t *testing.T) {
	c, ctx := connect(t), t.Context()
	one := []client.Chunk{{Key: "k", Text: "one", Embedding: []float32{1}}}
	two := []client.Chunk{{Key: "k", Text: "two", Embedding: []float32{1}}}
	for _, step := range []struct {
		chunks []client.Chunk
		on     client.OnConflict
		want   string // text afterwards
	}{{one, "", "one"}, {two, client.Skip, "one"}, {two, client.Refuse, "one"}, {two, client.Replace, "two"}, {one, "", "one"}} {
		_, err := c.Insert(ctx, "d", step.chunks, &client.InsertOptions{OnConflict: step.on})
		if refused := errors.Is(err, client.ErrConflict); refused != (step.on == client.Refuse) || err != nil && !refused {
			t.Errorf("Insert with OnConflict %q: %v", step.on, err)
		}
		if got, err := c.GetByKey(ctx, "d", "k"); err != nil || got.Text != step.want {
			t.Errorf("after OnConflict %q the text is %q, %v; want %q", step.on, got.Text, err, step.want)
		}
	}
}

func TestCreateWithEverything(t *testing.T) {
	c, ctx := connect(t), t.Context()
	want := client.Settings{
		Dims: 3, Metric: "cosine", Engine: "hnsw", M: 8, EfConstruction: 64, EfSearch: 32, Storage: "f32",
		TTL: time.Hour, Metadata: client.Meta(json.RawMessage(`{"model":"x"}`)),
	}
	d, err := c.Create(ctx, "d", &want)
	if diff := cmp.Diff(want, d.Settings); err != nil || diff != "" {
		t.Errorf("Create: %v (-want +got):\n%s", err, diff)
	}
}
