package httpapi_test

import (
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/ports/repotest"
)

// media is a body in the contract: of a request, or of an answer.
type media struct {
	Content map[string]struct {
		Example  json.RawMessage `json:"example"`
		Examples map[string]struct {
			Value json.RawMessage `json:"value"`
		} `json:"examples"`
	} `json:"content"`
}

// examples returns the examples of JSON in m by name; one without a name has "".
func (m media) examples() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	body := m.Content["application/json"]
	for name, ex := range body.Examples {
		out[name] = ex.Value
	}
	if body.Example != nil {
		out[""] = body.Example
	}
	return out
}

// operation is what the contract shows of an operation.
type operation struct {
	ID          string           `json:"operationId"`
	RequestBody media            `json:"requestBody"`
	Responses   map[string]media `json:"responses"`
}

// answers returns the examples of its good answers. One called answer has no name: RapiDoc
// stumbles over an example without one that has nulls in it.
func (o operation) answers() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for status, m := range o.Responses {
		if status < "300" {
			maps.Copy(all, m.examples())
		}
	}
	if only, ok := all["answer"]; ok {
		delete(all, "answer")
		all[""] = only
	}
	return all
}

// TestExamplesWork sends every example of the contract, and a request of each operation
// without a body, to a server that has what they name. The answer is the one in the
// contract: that of the same name, or the one without a name.
func TestExamplesWork(t *testing.T) {
	doc := readContract(t, newClient(t, options{}))
	for path, item := range doc.Paths {
		for method, raw := range item {
			if !slices.Contains(methods, method) {
				continue
			}
			var op operation
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			requests := op.RequestBody.examples()
			if len(requests) == 0 {
				requests[""] = nil
			}
			answers := op.answers()
			for name, body := range requests {
				t.Run(op.ID+" "+name, func(t *testing.T) {
					sendExample(t, op.ID, strings.ToUpper(method), path, string(body), exampleOf(answers, name))
				})
			}
			for name := range answers {
				if _, asked := requests[name]; name != "" && !asked {
					t.Errorf("%s: there is no request for the answer called %s", op.ID, name)
				}
			}
		}
	}
}

func exampleOf(answers map[string]json.RawMessage, name string) json.RawMessage {
	if a, ok := answers[name]; ok {
		return a
	}
	return answers[""]
}

// sendExample sends an example to a server of its own and compares the answer.
func sendExample(t *testing.T, id, method, path, body string, want json.RawMessage) {
	words := compose.About().FullText
	set := compose.Config{Path: filepath.Join(t.TempDir(), "memista.db")}
	if !words && strings.Contains(body, `"text":`) && id == "search" {
		set = compose.Config{Repository: repotest.NewMemory()}
		want = nil // it ranks in its own way
	}
	set.Embedders, _ = withTwoDims()
	made, err := compose.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = made.Service.Close() }()
	c := client{t: t, handler: newHandler(made.Service, options{Book: &shelf{}, Version: httpapi.Version{
		Version: "v1", Commit: "c", Engines: []string{"hnsw"}, SIMD: "s", SQLite: httpapi.SQLite{Driver: "d", Version: "3", FullText: true},
		Embedders: []string{"static"}, Capabilities: []string{"atomic_batches", "compare_and_set", "exact", "explain"},
	}})}
	if !slices.Contains([]string{"insertOriginal", "insert", "createDatabase"}, id) {
		full, declared, chunks := strconv.FormatBool(words || set.Repository != nil), "", exampleSparse
		switch {
		case strings.Contains(body, `"sparse":{`):
			declared = `,"sparse":{"bm25":{}}`
		case strings.Contains(body, `"using":`):
			declared, chunks = `,"vectors":{"title":{"dims":2,"metric":"l2"}}`, exampleVectors
		}
		c.do("PUT", "/v1/databases/my_app", `{"dimensions":2,"metric":"ip","full_text":`+full+declared+`}`)
		c.want("POST", "/v1/insert", exampleChunks, 200, `{"inserted_ids":[1,2]}`)
		if declared != "" {
			c.want("POST", "/v1/databases/my_app/chunks", chunks, 200, `{"inserted_ids":[3]}`)
		}
	}
	if id == "database" { // in memory once it was searched
		c.do("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,1]],"num_results":1}`)
	}
	if id == "aliases" || id == "names" {
		c.want("POST", "/v1/aliases", `{"actions":[{"action":"create","alias":"current","database":"my_app"}]}`, 200, `{"done":1}`)
	}
	if id == "reportImport" {
		c.do("POST", "/v1/databases/my_app/imports", "")
	} else if strings.HasPrefix(path, "/v1/jobs") {
		job, err := made.Service.StartRebuild(t.Context(), "my_app")
		if err == nil {
			_, err = made.Service.WaitJob(t.Context(), job.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := strings.NewReplacer("{id}", "my_app", "{chunk_id}", "1", "{key_id}", "abcdefgh", "{key}", url.PathEscape("doc-1/2"), "{job}", "1", "{name}", "swagger-ui.css").Replace(path)
	if id == "backup" {
		return // a file, and not JSON; it has a test of its own
	}
	got := c.do(method, p, body)
	isJSON := strings.HasPrefix(got.header.Get("Content-Type"), "application/json") && id != "openapi" && method != "HEAD"
	if got.status >= 300 {
		t.Fatalf("%s %s %s = %d %s", method, p, body, got.status, got.body)
	}
	if body != "" {
		c.checkRequest(method, p, body)
	}
	if want == nil {
		if isJSON && set.Repository == nil {
			t.Errorf("%s %s %s: the contract does not show the answer: %s", method, p, body, got.body)
		}
		return
	}
	if diff := cmp.Diff(steady(t, string(want), words), steady(t, got.body, words), cmp.Comparer(closeEnough)); diff != "" {
		t.Errorf("%s %s %s (-contract +server):\n%s\nanswer: %s", method, p, body, diff, got.body)
	}
}

// exampleChunks are the first example of an insert, with metadata that filters of other
// examples select.
const exampleChunks = `{"database_id":"my_app","chunks":[
	{"embedding":[0.1,0.2],"text":"First chunk","metadata":"{\"source\": \"readme\"}"},
	{"embedding":[0.3,0.1],"text":"Second chunk","metadata":{"source":"readme","page":3},"key":"doc-1/2"}]}`

// exampleSparse is one more where the example is about sparse vectors.
const exampleSparse = `{"chunks":[{"embedding":[0,0.1],"text":"Third chunk","sparse":{"bm25":{"indices":[300,17],"values":[1,3]}}}]}`

// exampleVectors is one more where the example is about named vectors.
const exampleVectors = `{"chunks":[{"embedding":[0,0.1],"text":"Third chunk","vectors":{"title":[1,0]}}]}`

// unsteady are members whose values differ from run to run, or from machine to machine.
var unsteady = []string{
	"created_at", "started_at", "ended_at", "took_ms", "p50_us", "p99_us", "times_us", "per_second", "progress_percent", "done", "state",
	"next", "simd", "version", "commit", "engines", "driver", "bytes", "index_bytes",
}

// steady parses JSON and leaves only the kind of what is unsteady in it.
func steady(t *testing.T, text string, words bool) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for name, e := range v {
				if slices.Contains(unsteady, name) || name == "full_text" && !words {
					v[name] = "…"
					continue
				}
				walk(e)
			}
		}
	}
	walk(v)
	return v
}

// closeEnough compares numbers as scores are: their last digits depend on the machine.
func closeEnough(a, b float64) bool { return math.Abs(a-b) <= 1e-5*max(1, math.Abs(a)) }
