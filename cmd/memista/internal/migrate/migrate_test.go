package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/server"
)

var everything = []memista.Part{memista.PartText, memista.PartMetadata, memista.PartEmbedding, memista.PartSparse}

// place is a server of a test, with the file behind it.
type place struct {
	url string
	db  *memista.DB
	on  atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // may answer a request itself
}

func newPlace(t *testing.T) *place {
	t.Helper()
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &place{db: db}
	h := server.New(db, nil)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if on := p.on.Load(); on != nil && (*on)(w, r) {
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		web.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	p.url = web.URL
	return p
}

// all returns all chunks of a database, whole.
func all(t *testing.T, s memista.Service, id string) []memista.Chunk {
	t.Helper()
	var list []memista.Chunk
	o := memista.ListOptions{Limit: 1000, Include: everything}
	for {
		page, err := s.List(context.Background(), id, &o)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Chunks...)
		if page.Next == 0 {
			return list
		}
		o.After = page.Next
	}
}

// same compares a database in two stores, row by row.
func same(t *testing.T, want, got memista.Service, id string) {
	t.Helper()
	if diff := cmp.Diff(all(t, want, id), all(t, got, id), cmp.Comparer(memista.Metadata.Equal)); diff != "" {
		t.Fatalf("%s (-source +target):\n%.2000s", id, diff)
	}
}

// vector returns a random one.
func vector(rng *rand.Rand) []float32 {
	v := make([]float32, 8)
	for i := range v {
		v[i] = rng.Float32() - 0.5
	}
	return v
}

// fill makes database id with n chunks of every kind.
func fill(t *testing.T, s memista.Service, id string, n int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	full := memista.Tokenizer("")
	if clitest.Build.FullText {
		full = memista.English
	}
	set := memista.Settings{
		Metric: memista.L2, TTL: 1000 * time.Hour, FullText: full, OptionalEmbeddings: true,
		Sparse:   map[string]memista.SparseSettings{"s": {Modifier: memista.SparseIDF}},
		Vectors:  map[string]memista.VectorSettings{"title": {Dims: 2, Metric: memista.L2}},
		Metadata: memista.Meta(map[string]any{"about": "test"}),
	}
	if _, err := s.Create(t.Context(), id, &set); err != nil {
		t.Fatal(err)
	}
	chunks := make([]memista.Chunk, n)
	for i := range chunks {
		c := memista.Chunk{Text: fmt.Sprintf("text number %d <&>", i), Embedding: vector(rng)}
		switch i % 4 {
		case 0:
			c.Key = fmt.Sprint("key ", i)
		case 1:
			c.Metadata = memista.Meta(map[string]any{"n": i, "deep": []any{nil, 1.50, "x"}})
		case 2:
			c.Metadata = memista.Meta("a string")
			c.Vectors = map[string][]float32{"title": {float32(i), 1}}
			c.Sparse = map[string]memista.SparseVector{"s": {Indices: []uint32{1, uint32(i) + 2}, Values: []float32{0.5, 2}}}
		case 3:
			c.TTL = time.Duration(1+i) * time.Hour
			if i%8 == 3 {
				c.Embedding = nil
			}
		}
		chunks[i] = c
	}
	if _, err := s.Insert(t.Context(), id, chunks, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(t.Context(), id, 5, int64(n)); err != nil { // the last id is never used again
		t.Fatal(err)
	}
}

// TestMigrate moves a database with all that belongs to it, from a file and from a server, to a
// server and to a file.
func TestMigrate(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		run := func(args ...string) []string { return append(args, where...) }
		to := newPlace(t)
		s.ImportAnimals(where)
		s.OK(run("aliases", "zoo=d")...)
		out := s.OK(run("migrate", "d", "--to", to.url, "--dry-run")...)
		if !strings.Contains(out, "d: 3 chunks, about ") || !strings.Contains(out, "nothing was moved") {
			t.Errorf("dry run says %q", out)
		}
		if list, err := to.db.Databases(t.Context()); err != nil || len(list) != 0 {
			t.Fatalf("after a dry run the target has %v, %v", list, err)
		}
		out = s.OK(run("migrate", "--all", "--to", to.url)...)
		for _, want := range []string{"d: 3 chunks copied", "0 of 3 sampled rows differ", "recall@10 of 2 sampled queries 1.000 at the source, 1.000 at the target", "moved to " + to.url} {
			if !strings.Contains(out, want) {
				t.Errorf("migrate says %q; want %q", out, want)
			}
		}
		if got, want := s.OK("list", "d", "--all", "--embedding", "--server", to.url), s.OK(run("list", "d", "--all", "--embedding")...); got != want {
			t.Errorf("the target has\n%s\nwant\n%s", got, want)
		}
		if got := s.OK("count", "zoo", "--server", to.url); strings.TrimSpace(got) != "3" {
			t.Errorf("count by the alias = %q; want 3", got)
		}
		s.Fails(cli.Failed, "has moved to "+to.url, run("insert", "d", "1")...)
		s.Fails(cli.Failed, "it has moved to "+to.url+" already", run("migrate", "d", "--to", "elsewhere.db")...)
		s.OK("migrate", "d", "--server", to.url, "--to", "back.db")
		if got, want := s.OK("list", "d", "--all", "--embedding", "--database-path", "back.db"), s.OK(run("list", "d", "--all", "--embedding")...); got != want {
			t.Errorf("back again it is\n%s\nwant\n%s", got, want)
		}
		s.OK("insert", "d", "5", "--database-path", "back.db")
	})
}

func TestWholeDatabases(t *testing.T) {
	from, to := newPlace(t), newPlace(t)
	s := clitest.New(t)
	fill(t, from.db, "d", 1000)
	s.OK("migrate", "d", "--server", from.url, "--to", to.url, "--batch", "77")
	same(t, from.db, to.db, "d")
	here, err := from.db.Describe(t.Context(), "d")
	if err != nil {
		t.Fatal(err)
	}
	there, err := to.db.Describe(t.Context(), "d")
	if diff := cmp.Diff(here.Settings, there.Settings, cmp.Comparer(memista.Metadata.Equal)); err != nil || diff != "" {
		t.Errorf("settings: %v (-source +target):\n%s", err, diff)
	}
	if ids, err := to.db.Insert(t.Context(), "d", []memista.Chunk{{Text: "new"}}, nil); err != nil || ids[0] != 1001 {
		t.Errorf("the next chunk is %v, %v; want 1001, for there was a 1000", ids, err)
	}
}

// writers change a database at random until stop is called, which returns what they stored last.
func writers(t *testing.T, s memista.Service, id string) (stop func() (acked int64)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var acked atomic.Int64
	for n := range 3 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(3, uint64(n)))
			for ctx.Err() == nil {
				var err error
				switch rng.IntN(4) {
				case 0:
					_, err = s.Delete(ctx, id, 1+rng.Int64N(1500))
				case 1:
					_, err = s.PatchWhere(ctx, id, memista.Eq(memista.FieldID, 1+rng.Int64N(1500)), memista.Patch{Metadata: memista.Meta(map[string]any{"patched": rng.IntN(9)})})
				default:
					_, err = s.Insert(ctx, id, []memista.Chunk{{Key: fmt.Sprint("key ", 4*rng.IntN(300)), Text: "again", Embedding: vector(rng)}, {Text: "more", Embedding: vector(rng)}}, nil)
				}
				if err == nil {
					acked.Add(1)
				} else if ctx.Err() == nil && !errors.Is(err, memista.ErrUnavailable) && !errors.Is(err, memista.ErrConflict) {
					t.Errorf("a writer is told %v", err)
				}
			}
		})
	}
	stop = func() int64 {
		cancel()
		wg.Wait()
		return acked.Load()
	}
	t.Cleanup(func() { stop() })
	return stop
}

// TestWritesGoOn moves a database that is written all the time: whatever was acknowledged at the
// source is at the target, and nothing else.
func TestWritesGoOn(t *testing.T) {
	from, to := newPlace(t), newPlace(t)
	s := clitest.New(t)
	fill(t, from.db, "d", 3000)
	c, err := client.New(from.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop := writers(t, c, "d")
	out := s.OK("migrate", "d", "--server", from.url, "--to", to.url, "--batch", "100", "--samples", "50")
	if acked := stop(); acked == 0 {
		t.Error("nothing was written meanwhile; the test says nothing")
	}
	same(t, from.db, to.db, "d")
	if strings.Contains(out, "; 0 changes since") {
		t.Errorf("migrate says %q; want changes", out)
	}
}

// TestStartsOver has the source forget its changes while the migration is stopped: what was
// deleted meanwhile goes at the target, too.
func TestStartsOver(t *testing.T) {
	from, to := newPlace(t), newPlace(t)
	s := clitest.New(t)
	fill(t, from.db, "d", 1000)
	// The target takes some pages, then no more: the migration fails.
	left := atomic.Int64{}
	left.Store(5)
	refuse := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/load") || left.Add(-1) >= 0 {
			return false
		}
		http.Error(w, "no", http.StatusForbidden)
		return true
	}
	to.on.Store(&refuse)
	s.Fails(cli.Failed, "403", "migrate", "d", "--server", from.url, "--to", to.url, "--batch", "100")
	if n, err := to.db.Count(t.Context(), "d", nil); err != nil || n == 0 || n >= 998 {
		t.Fatalf("the target has %d chunks, %v; want some", n, err)
	}
	if _, err := from.db.Delete(t.Context(), "d", 2, 3, 300, 990); err != nil {
		t.Fatal(err)
	}
	forget := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/changes") || !strings.Contains(r.URL.RawQuery, "after=") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusGone)
		fmt.Fprint(w, `{"error":"gone","code":"start_over","request_id":"x"}`)
		from.on.Store(nil)
		return true
	}
	to.on.Store(nil)
	from.on.Store(&forget)
	_, _, errOut := s.Run("migrate", "d", "--server", from.url, "--to", to.url, "--batch", "100")
	if !strings.Contains(errOut, "going on after") || !strings.Contains(errOut, "all chunks are copied again") {
		t.Errorf("migrate says %q", errOut)
	}
	same(t, from.db, to.db, "d")
	if _, err := from.db.Insert(t.Context(), "d", []memista.Chunk{{Text: "x"}}, nil); !errors.Is(err, memista.ErrConflict) {
		t.Errorf("Insert at the source = %v; want ErrConflict, for it has moved", err)
	}
}

// TestNothingMoves refuses to switch, and lets writers in again, where the target is not what
// the source is.
func TestNothingMoves(t *testing.T) {
	from, to := newPlace(t), newPlace(t)
	s := clitest.New(t)
	fill(t, from.db, "d", 300)
	run := func(args ...string) []string {
		return append([]string{"migrate", "d", "--server", from.url, "--to", to.url}, args...)
	}
	spoil := func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/hold") && r.Method == http.MethodPost && r.ContentLength > 2 { // somebody deletes a chunk there
			_, _ = to.db.Delete(context.Background(), "d", 7)
		}
		return false
	}
	from.on.Store(&spoil)
	s.Fails(cli.Failed, "nothing has moved", run()...)
	if _, err := from.db.Insert(t.Context(), "d", []memista.Chunk{{Text: "x"}}, nil); err != nil {
		t.Errorf("Insert after a migration that failed = %v", err)
	}
	from.on.Store(nil)
	s.Fails(cli.Failed, "it exists at "+from.url, "migrate", "d", "--server", to.url, "--to", from.url)
	for text, args := range map[string][]string{
		"--to is missing":    {"migrate", "d"},
		"name the databases": {"migrate", "--to", "x.db"},
		"--batch must be":    {"migrate", "d", "--to", "x.db", "--batch", "0"},
		"--samples must be":  {"migrate", "d", "--to", "x.db", "--samples", "0"},
		"--new-ids needs":    {"migrate", "d", "--to", "x.db", "--new-ids"},
		"--max-recall-drop":  {"migrate", "d", "--to", "x.db", "--max-recall-drop", "2"},
		"--to is the source": {"migrate", "d", "--server", from.url, "--to", from.url},
	} {
		s.Fails(cli.Usage, text, args...)
	}
	s.Fails(cli.Failed, "Database 'none' not found", "migrate", "none", "--server", from.url, "--to", to.url)
}

// TestNewIDs numbers the chunks of a source that cannot tell its changes anew.
func TestNewIDs(t *testing.T) {
	from, to := newPlace(t), newPlace(t)
	s := clitest.New(t)
	fill(t, from.db, "d", 500)
	cannot := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/changes") && !strings.HasSuffix(r.URL.Path, "/hold") {
			return false
		}
		w.WriteHeader(http.StatusNotImplemented)
		fmt.Fprint(w, `{"error":"it cannot","code":"unsupported","request_id":"x"}`)
		return true
	}
	from.on.Store(&cannot)
	s.Fails(cli.Failed, "say so with --offline", "migrate", "d", "--server", from.url, "--to", to.url)
	s.OK("migrate", "d", "--server", from.url, "--to", to.url, "--offline", "--new-ids", "--batch", "33")
	want, got := all(t, from.db, "d"), all(t, to.db, "d")
	for i := range want {
		want[i].ID = int64(i) + 1
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(memista.Metadata.Equal)); diff != "" {
		t.Errorf("the target (-want +got):\n%.1000s", diff)
	}
}
