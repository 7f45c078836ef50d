package transfer_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// fakeQdrant is a Qdrant server with the collection points, and one with a name that no
// database can have.
type fakeQdrant struct {
	*httptest.Server
	points  int
	dims    int
	metric  string
	key     string       // that is wanted; "": none
	busy    atomic.Int64 // answers that it is to give yet that it starts
	broken  atomic.Bool  // it answers no pages at all
	breakAt atomic.Int64 // the id from which on it answers no pages; 0: none
}

func newQdrant(t *testing.T, points int) *fakeQdrant {
	t.Helper()
	q := &fakeQdrant{points: points, dims: 2, metric: "Euclid"}
	q.Server = httptest.NewServer(q)
	t.Cleanup(q.Close)
	return q
}

func (q *fakeQdrant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("api-key") != q.key {
		http.Error(w, "Invalid API key or JWT", http.StatusUnauthorized)
		return
	}
	if q.busy.Add(-1) >= 0 {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	result := func(format string, args ...any) {
		fmt.Fprintf(w, `{"result":`+format+`,"status":"ok","time":0}`, args...)
	}
	for _, name := range []string{"points", "my docs"} {
		switch r.URL.Path {
		case "/collections/" + name:
			result(`{"config":{"params":{"vectors":{"size":%d,"distance":%q},"sparse_vectors":{"bm25":{}}}}}`, q.dims, q.metric)
			return
		case "/collections/" + name + "/points/count":
			result(`{"count":%d}`, q.points)
			return
		case "/collections/" + name + "/points/scroll":
			q.scroll(w, r)
			return
		}
	}
	if r.URL.Path == "/collections" {
		result(`{"collections":[{"name":"my docs"},{"name":"points"}]}`)
		return
	}
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"status":{"error":"Not found: Collection doesn't exist!"}}`)
}

func (q *fakeQdrant) scroll(w http.ResponseWriter, r *http.Request) {
	var body struct{ Limit, Offset int }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if at := int(q.breakAt.Load()); q.broken.Load() || at > 0 && body.Offset >= at {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"status":{"error":"broken here"}}`)
		return
	}
	var points []string
	next := "null"
	for id := max(body.Offset, 1); id <= q.points; id++ {
		if len(points) == body.Limit {
			next = fmt.Sprint(id)
			break
		}
		vector := fmt.Sprintf("[%d,1]", id)
		if id%10 == 0 {
			vector = "{}" // it has none
		}
		points = append(points, fmt.Sprintf(`{"id":%d,"payload":{"page_content":"text %d","metadata":{"n":%d}},"vector":%s}`, id, id, id, vector))
	}
	fmt.Fprintf(w, `{"result":{"points":[%s],"next_page_offset":%s}}`, strings.Join(points, ","), next)
}

func TestImportFromQdrant(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		q := newQdrant(t, 25)
		run := func(args ...string) []string { return append(args, where...) }
		if out := s.OK(run("import", "--from", "qdrant", q.URL+"/points")...); out != "points: 25 rows stored\n" {
			t.Errorf("import printed %q", out)
		}
		if out := s.OK(run("get", "points", "--key", "7")...); out != `{"chunk_id":7,"key":"7","text":"text 7","metadata":{"page_content":"text 7","metadata":{"n":7}}}`+"\n" {
			t.Errorf("get printed %q", out)
		}
		if out := s.OK(run("databases", "--json")...); !strings.Contains(out, `"metric":"l2"`) || !strings.Contains(out, `"chunks":25`) || !strings.Contains(out, `"dimensions":2`) {
			t.Errorf("databases printed %q; want the metric of Euclid and 25 chunks", out)
		}
		s.OK(run("search", "points", "--sparse", `{"name":"bm25","indices":[1],"values":[1]}`)...) // which the collection declares
		if out := s.OK(run("get", "points", "--key", "10", "--embedding")...); strings.Contains(out, "embedding") || !strings.Contains(out, "text 10") {
			t.Errorf("get printed %q; want a chunk without an embedding", out)
		}
		code, out, errOut := s.Run(run("import", "twice", "--from", "qdrant", q.URL+"/collections/my%20docs")...)
		if code != cli.OK || out != "my docs: 25 rows stored\n" || strings.Contains(errOut, "left out") {
			t.Errorf("import = %d, %q, %q", code, out, errOut)
		}
		s.OK(run("import", "twice", "--from", "qdrant", q.URL, "--collection", "points")...)
		if out := s.OK(run("count", "twice")...); out != "25\n" {
			t.Errorf("count printed %q; want each point once", out)
		}
	})
}

func TestImportFromQdrantGoesOn(t *testing.T) {
	s := clitest.New(t)
	q := newQdrant(t, 2500) // three pages
	q.breakAt.Store(2000)
	s.Fails(cli.Failed, "points: row 2001: ", "import", "--from", "qdrant", q.URL+"/points", "--batch", "300")
	s.Fails(cli.Failed, "broken here", "import", "--from", "qdrant", q.URL+"/points", "--batch", "300", "--restart")
	q.breakAt.Store(0)
	code, out, errOut := s.Run("import", "--from", "qdrant", q.URL+"/points", "--batch", "300")
	if code != cli.OK || !strings.Contains(errOut, "going on after row ") || strings.Contains(out, "2500 rows") {
		t.Errorf("the second import = %d, %q, %q; want that it goes on", code, out, errOut)
	}
	if out := s.OK("count", "points"); out != "2500\n" {
		t.Errorf("count printed %q; want each point once", out)
	}
	if out := s.OK("import", "--from", "qdrant", q.URL+"/points"); out != "points: 2500 rows stored\n" {
		t.Errorf("the import after it printed %q; want that it begins again", out)
	}
}

// TestImportAmongPoints is about a database that was made through the API of Qdrant.
func TestImportAmongPoints(t *testing.T) {
	s := clitest.New(t)
	q := newQdrant(t, 3)
	s.OK("import", "points", s.File("rows.jsonl", `{"key":"u:00000000000000000002","embedding":[1,2]}`+"\n"), "--metric", "l2", "--sparse", "bm25")
	s.OK("import", "--from", "qdrant", q.URL+"/points")
	if out := s.OK("list", "points"); strings.Count(out, "\n") != 3 || !strings.Contains(out, `{"chunk_id":1,"key":"u:00000000000000000002","text":"text 2"`) || !strings.Contains(out, `"key":"u:00000000000000000003"`) {
		t.Errorf("list printed %s; want the keys of points, and 2 once", out)
	}
}

func TestImportAllFromQdrant(t *testing.T) {
	s := clitest.New(t)
	q := newQdrant(t, 3)
	code, out, errOut := s.Run("import", "--from", "qdrant", q.URL, "--all")
	if code != cli.Failed || out != "points: 3 rows stored\n" || !strings.Contains(errOut, "left out, for memista has no such ids: my docs; import each with --collection NAME into a DATABASE") {
		t.Errorf("import --all = %d, %q, %q", code, out, errOut)
	}
}

func TestImportFromQdrantThatCannotBe(t *testing.T) {
	s := clitest.New(t)
	q := newQdrant(t, 3)
	from := func(args ...string) []string { return append([]string{"import", "--from", "qdrant"}, args...) }
	s.Fails(cli.Usage, "several collections: name one with --collection, or import them with --all: my docs, points", from(q.URL)...)
	s.Fails(cli.Usage, "my docs cannot be the name of a database, give one", from(q.URL, "--collection", "my docs")...)
	s.Fails(cli.Failed, "404 Not Found: Not found: Collection doesn't exist!", from(q.URL+"/none")...)
	s.Fails(cli.Failed, `no vector "title"`, from(q.URL+"/points", "--vector", "title")...)
	s.Fails(cli.Usage, "SOURCE must be the address of a server", from("127.0.0.1:6333")...)
	s.Fails(cli.Usage, "must end with its path", from(q.URL+"/points?key=x")...)
	s.Fails(cli.Usage, "--all imports each collection", from("a", q.URL, "--all")...)
	s.Fails(cli.Usage, "either --collection or --all", from(q.URL, "--all", "--collection", "x")...)
	s.Fails(cli.Usage, `unknown kind of store "pinecone": --from takes chroma, chromem, qdrant, sqlite-vec`, "import", "--from", "pinecone", q.URL)
	s.Fails(cli.Usage, "are for --from", "import", "d", "x.jsonl", "--all")
	s.Fails(cli.Usage, "--chroma-tenant", from(q.URL, "--chroma-tenant", "x")...)
	s.Fails(cli.Usage, "--vector is for", "import", "--from", "chroma", q.URL, "--vector", "x")
	s.Fails(cli.Usage, "--text-field is for", "import", "--from", "chromem", "x", "--text-field", "x")
	s.Fails(cli.Usage, "--text and --key-prefix", from(q.URL, "--text", "x")...)
	s.Fails(cli.Usage, "either --from or --from-memista", from(q.URL, "--from-memista", "x")...)
	s.Fails(cli.Usage, "received 0", from()...)
	q.metric = "Manhattan"
	s.Fails(cli.Usage, "points measures by Manhattan, which memista does not: choose another with --metric", from(q.URL+"/points")...)
	q.metric = "Euclid"
	if _, err := os.Stat(os.Getenv("DATABASE_PATH")); err == nil {
		t.Error("one of them made the data file")
	}
	s.OK("create", "points", "--metric", "cosine", "--sparse", "bm25")
	s.Fails(cli.Failed, "'points' measures by cosine, and points by l2", from(q.URL+"/points")...)
	s.OK(from(q.URL+"/points", "--metric", "cosine")...)
	q.dims = 3
	s.Fails(cli.Failed, "has embeddings of 2 numbers, and points of 3", from(q.URL+"/points", "--metric", "cosine")...)
	q.dims = 2
	q.key = "geheim-geheim"
	s.Fails(cli.Failed, "401 Unauthorized: Invalid API key or JWT (the key is taken from MEMISTA_IMPORT_KEY)", from(q.URL+"/points")...)
	t.Setenv("MEMISTA_IMPORT_KEY", "falsch-falsch")
	_, _, errOut := s.Run(from(q.URL + "/points")...)
	if strings.Contains(errOut, "falsch") {
		t.Errorf("the key is in %q", errOut)
	}
	t.Setenv("MEMISTA_IMPORT_KEY", q.key)
	s.OK(from("fresh", q.URL+"/points")...)
}

func TestImportFromChromem(t *testing.T) {
	type document struct {
		ID        string
		Metadata  map[string]string
		Embedding []float32
		Content   string
	}
	type collection struct {
		Name      string
		Documents map[string]*document
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(struct{ Collections map[string]*collection }{map[string]*collection{
		"cats": {"cats", map[string]*document{"c": {"c", map[string]string{"age": "3"}, []float32{1, 0}, "a cat"}}},
		"dogs": {"dogs", map[string]*document{"d": {"d", nil, []float32{0, 1}, "a dog"}, "e": {"e", nil, []float32{1, 1}, "a puppy"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := clitest.New(t)
	file := s.File("chromem-go.gob", b.String())
	s.Fails(cli.Usage, "several collections", "import", "--from", "chromem", file)
	out := s.OK("import", "--from", "chromem", file, "--all")
	if !strings.Contains(out, "cats: 1 rows stored\n") || !strings.Contains(out, "dogs: 2 rows stored\n") {
		t.Errorf("import printed %q", out)
	}
	if out := s.OK("get", "cats", "--key", "c", "--embedding"); out != `{"chunk_id":1,"key":"c","text":"a cat","metadata":{"age":"3"},"embedding":[1,0]}`+"\n" {
		t.Errorf("get printed %q", out)
	}
	s.Fails(cli.Failed, "if it is an encrypted one, the key is taken from MEMISTA_IMPORT_KEY", "import", "--from", "chromem", s.File("x.enc", strings.Repeat("\xff", 100)))
	s.Fails(cli.Failed, "no such file", "import", "--from", "chromem", "none.gob")
}

func TestImportFromSQLiteVec(t *testing.T) {
	golden, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "internal", "adapters", "importfile", "sqlitevec", "testdata", "v0.1.6.db"))
	if err != nil {
		t.Fatal(err)
	}
	s := clitest.New(t)
	if out := s.OK("import", "vecs", "--from", "sqlite-vec", golden, "--collection", "docs", "--vector", "embedding"); out != "docs: 23 rows stored\n" {
		t.Errorf("import printed %q", out)
	}
	if out := s.OK("search", "vecs", "--key", "doc-5", "-k1", "--json"); !strings.Contains(out, `"text":"text `) {
		t.Errorf("search printed %q", out)
	}
	if out := s.OK("list", "vecs", "--filter", `{"pages":{"$gte":2300},"published":true}`); strings.Count(out, "\n") != 1 || !strings.Contains(out, `"key":"doc-23","text":"text 23"`) {
		t.Errorf("list printed %q; want doc-23", out)
	}
	s.Fails(cli.Failed, "there is no table", "import", "--from", "sqlite-vec", golden, "--collection", "none")
	s.Fails(cli.Failed, "choose one", "import", "--from", "sqlite-vec", golden, "--collection", "docs")
}
