package qdrantapi_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
)

// TestWords is what a client does that has Qdrant make sparse vectors of texts.
func TestWords(t *testing.T) {
	if !compose.About().FullText {
		t.Skip("this build has no full text")
	}
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/memories", `{"vectors":{"size":2,"distance":"Cosine"},"sparse_vectors":{"bm25":{"modifier":"idf"}}}`)
	info := c.ok("GET", "/collections/memories", "")
	if !strings.Contains(info, `"sparse_vectors":{"bm25":{"modifier":"idf"}}`) {
		t.Errorf("info = %s; want the sparse vectors as they were sent", info)
	}
	c.ok("PUT", "/collections/memories/points", `{"points":[
		{"id":1,"vector":{"":[1,0],"bm25":{"text":"the fox jumps \"over\" dogs*","model":"Qdrant/bm25"}},"payload":{"data":"x"}},
		{"id":2,"vector":{"":[0,1],"bm25":{"text":"cats sleep","model":"qdrant/BM25"}}}]}`)
	asked := `{"query":{"text":"\"FOX\" sleeping*","model":"Qdrant/bm25"},"using":"bm25","limit":5}`
	var found struct {
		Points []struct {
			ID    int
			Score float64
		}
	}
	if err := json.Unmarshal([]byte(c.ok("POST", "/collections/memories/points/query", asked)), &found); err != nil || len(found.Points) != 2 || found.Points[0].Score <= 0 {
		t.Errorf("query by words = %+v, %v; want both points", found, err)
	}
	// What is not about words leaves them alone.
	c.ok("POST", "/collections/memories/points/payload", `{"payload":{"data":"fox"},"points":[2]}`)
	c.ok("PUT", "/collections/memories/points/vectors", `{"points":[{"id":2,"vector":{"":[1,1]}}]}`)
	c.want("POST", "/collections/memories/points/query", `{"query":{"text":"cat","model":"bm25"},"using":"bm25","with_vector":true,"score_threshold":1000}`, `{"points":[]}`)
	if got := idsIn(t, c.ok("POST", "/collections/memories/points/query", `{"query":{"text":"fox","model":"bm25"},"using":"bm25"}`)); len(got) != 1 || got[0] != "1" {
		t.Errorf("points with fox = %v; want 1", got)
	}
	c.ok("PUT", "/collections/memories/points/vectors", `{"points":[{"id":2,"vector":{"bm25":{"text":"a red fox","model":"qdrant/bm25"}}}]}`)
	if got := idsIn(t, c.ok("POST", "/collections/memories/points/query", `{"prefetch":[{"query":{"text":"fox","model":"bm25"},"using":"bm25"},{"query":[1,0]}],"query":{"fusion":"rrf"}}`)); len(got) != 2 {
		t.Errorf("points fused = %v; want both", got)
	}
	c.ok("POST", "/collections/memories/points/vectors/delete", `{"vector":["bm25"],"points":[1,2]}`)
	c.want("POST", "/collections/memories/points/query", `{"query":{"text":"fox","model":"bm25"},"using":"bm25"}`, `{"points":[]}`)
	c.fails("POST", "/collections/memories/points/query", `{"query":[1,2],"using":"bm25"}`, 400, "Wrong input: `bm25` is a sparse vector: it is queried with indices and values, or with a text and the model qdrant/bm25")
}

// TestASparseVectorGoesWithoutTheText deletes a sparse vector of a point whose payload has a
// text: its words stay where they are looked for.
func TestASparseVectorGoesWithoutTheText(t *testing.T) {
	if !compose.About().FullText {
		t.Skip("this build has no full text")
	}
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Cosine"},"sparse_vectors":{"plain":{},"bm25":{"modifier":"idf"}}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":{"":[1,0],"plain":{"indices":[7],"values":[2]}},"payload":{"content":"a red fox"}}]}`)
	c.ok("POST", "/collections/docs/points/vectors/delete", `{"vector":["plain"],"points":[1]}`)
	c.want("POST", "/collections/docs/points/query", `{"query":{"indices":[7],"values":[1]},"using":"plain"}`, `{"points":[]}`)
	if got := idsIn(t, c.ok("POST", "/collections/docs/points/query", `{"query":{"text":"fox","model":"bm25"},"using":"bm25"}`)); len(got) != 1 {
		t.Errorf("points with fox = %v; want the one whose payload has it", got)
	}
}

// TestTextsOfPayloads checks by which words points are found through memista's own API.
func TestTextsOfPayloads(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/index", `{"field_name":"pages[].words","field_schema":"text"}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1],"payload":{"page_content":"langchain","other":"x"}},
		{"id":2,"vector":[1],"payload":{"content":"first","text":"last"}},{"id":3,"vector":[1],"payload":{"text":5,"document":"doc"}},
		{"id":4,"vector":[1],"payload":{"content":"not this","pages":[{"words":"one"},{"words":["two","three"]}]}}]}`)
	for key, want := range map[string]string{"1": "langchain", "2": "first", "3": "doc", "4": "one\ntwo\nthree\n"} {
		rec := c.send("GET", "/v1/databases/docs/keys/u:0000000000000000000"+key, "")
		var chunk struct{ Text string }
		if err := json.Unmarshal(rec.Body.Bytes(), &chunk); err != nil || chunk.Text != want {
			t.Errorf("point %s = %s, %v; want the text %q", key, rec.Body, err, want)
		}
	}
}

// TestVectorsOfZeros stores and asks vectors that have no direction.
func TestVectorsOfZeros(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/zero", `{"vectors":{"size":1,"distance":"Cosine"}}`)
	c.ok("PUT", "/collections/zero/points", `{"points":[{"id":1,"vector":[0],"payload":{"a":1}},{"id":2,"vector":[3]}]}`)
	c.want("POST", "/collections/zero/points", `{"ids":[1],"with_vector":true}`, `[{"id":1,"payload":{"a":1},"vector":[0]}]`)
	c.want("POST", "/collections/zero/points/query", `{"query":[1]}`, `{"points":[{"id":2,"version":2,"score":1}]}`)
	c.want("POST", "/collections/zero/points/query", `{"query":[0]}`, `{"points":[{"id":1,"version":1,"score":0},{"id":2,"version":2,"score":0}]}`)
	c.want("POST", "/collections/zero/points/scroll", `{"with_payload":false}`, `{"points":[{"id":1},{"id":2}],"next_page_offset":null}`)
}

// TestDatabasesOfMemista reads and writes through both APIs what memista's own has made.
func TestDatabasesOfMemista(t *testing.T) {
	c := newClient(t, web.Options{})
	if rec := c.send("POST", "/v1/databases/notes/chunks", `{"chunks":[{"embedding":[1,0],"text":"one","metadata":{"n":1}},{"embedding":[0,1],"text":"two","key":"k"},{"embedding":[1,1],"key":"7","metadata":"words"}]}`); rec.Code != 200 {
		t.Fatal(rec.Code, rec.Body)
	}
	c.want("GET", "/collections", "", `{"collections":[{"name":"notes"}]}`)
	if info := c.ok("GET", "/collections/notes", ""); !strings.Contains(info, `"vectors":{"size":2,"distance":"Cosine"}`) || !strings.Contains(info, `"points_count":3`) {
		t.Errorf("info = %s; want size, distance and count", info)
	}
	c.want("POST", "/collections/notes/points/scroll", `{"limit":1}`, `{"points":[{"id":1,"payload":{"n":1,"text":"one"}}],"next_page_offset":7}`)
	c.want("POST", "/collections/notes/points/scroll", `{"limit":1,"offset":7}`, `{"points":[{"id":7,"payload":{}}],"next_page_offset":"k"}`)
	c.want("POST", "/collections/notes/points/scroll", `{"limit":5,"offset":"k"}`, `{"points":[{"id":"k","payload":{"text":"two"}}],"next_page_offset":null}`)
	c.want("POST", "/collections/notes/points", `{"ids":[1,"k",7,3]}`, `[{"id":1,"payload":{"n":1,"text":"one"}},{"id":"k","payload":{"text":"two"}},{"id":7,"payload":{}}]`)

	// A point is written where it is, under its id or its key.
	c.ok("PUT", "/collections/notes/points", `{"points":[{"id":1,"vector":[1,0],"payload":{"text":"changed","n":2}},{"id":"k","vector":[0,1],"payload":{"m":3}},{"id":9,"vector":[1,0]}]}`)
	c.ok("POST", "/collections/notes/points/payload", `{"payload":{"text":"more","seen":true},"points":["k",1]}`)
	c.want("POST", "/collections/notes/points/count", "", `{"count":4}`)
	for path, want := range map[string]string{
		"chunks/1": `{"chunk_id":1,"key":null,"text":"more","metadata":{"n":2,"seen":true},"expires_at":null}`,
		"keys/k":   `{"chunk_id":2,"key":"k","text":"more","metadata":{"m":3,"seen":true},"expires_at":null}`,
		"keys/9":   `{"chunk_id":4,"key":"9","text":"","metadata":{},"expires_at":null}`,
	} {
		if got := strings.TrimSpace(c.send("GET", "/v1/databases/notes/"+path, "").Body.String()); got != want {
			t.Errorf("%s = %s; want %s", path, got, want)
		}
	}
	c.fails("POST", "/collections/notes/points/vectors/delete", `{"vector":[""],"points":[1]}`, 501, "this collection was not made by the API of Qdrant: its points cannot be without a vector")
	c.ok("POST", "/collections/notes/points/delete", `{"points":[1,"k"]}`)
	c.want("POST", "/collections/notes/points/scroll", `{"with_payload":false}`, `{"points":[{"id":7},{"id":9}],"next_page_offset":null}`)

	// What this API has made is a database.
	c.ok("PUT", "/collections/made", `{"vectors":{"size":2,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/made/points", `{"points":[{"id":5,"vector":[1,2],"payload":{"content":"words","n":1}}]}`)
	if got := c.send("POST", "/v1/search", `{"database_id":"made","embeddings":[[1,1]],"num_results":1}`).Body.String(); !strings.Contains(got, `"text":"words","metadata":{"content":"words","n":1}`) {
		t.Errorf("search through memista's own API = %s", got)
	}
	if rec := c.send("DELETE", "/v1/databases/made", ""); rec.Code != 200 {
		t.Error(rec.Code, rec.Body)
	}
	c.want("GET", "/collections", "", `{"collections":[{"name":"notes"}]}`)
	c.ok("PUT", "/collections/made", `{"vectors":{"size":3,"distance":"Dot"}}`)
}

// TestLimitsAreClamped asks for more than there is, and for more than an answer may have.
func TestLimitsAreClamped(t *testing.T) {
	c := newLimited(t, web.Options{}, app.Limits{Results: 50, Answer: 6000})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	var points []string
	for i := range 120 {
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":[%d],"payload":{"words":"%s"}}`, i, i, strings.Repeat("x", 50)))
	}
	c.ok("PUT", "/collections/docs/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	seen, pages := 0, 0
	for offset := "null"; ; pages++ {
		var page struct {
			Points []json.RawMessage
			Next   json.RawMessage `json:"next_page_offset"`
		}
		result := c.ok("POST", "/collections/docs/points/scroll", `{"limit":999999999,"offset":`+offset+`}`)
		if err := json.Unmarshal([]byte(result), &page); err != nil || len(page.Points) == 0 {
			t.Fatalf("page %d = %s, %v", pages, result, err)
		}
		seen += len(page.Points)
		if offset = string(page.Next); offset == "null" {
			break
		}
	}
	if seen != 120 || pages < 1 {
		t.Errorf("%d points on %d pages; want 120 on several", seen, pages+1)
	}
	if got := idsIn(t, c.ok("POST", "/collections/docs/points/scroll", `{"limit":999999999,"with_payload":false}`)); len(got) != 120 {
		t.Errorf("scroll = %d points; want all", len(got))
	}
	if got := idsIn(t, c.ok("POST", "/collections/docs/points/query", `{"query":[1],"limit":999999999}`)); len(got) != 120 {
		t.Errorf("query = %d points; want all", len(got))
	}
	c.want("POST", "/collections/docs/points/query", `{"query":[1],"limit":1,"offset":999999}`, `{"points":[]}`)
}

func TestGzip(t *testing.T) {
	c := newClient(t, web.Options{CompressAbove: 100})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/collections/docs", nil)
	req.Header.Set("Accept-Encoding", "gzip")
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	z, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	resultOf(t, plain)
}

// TestRootIsForPrograms gives browsers the page that is there, and programs the version.
func TestRootIsForPrograms(t *testing.T) {
	c := newClient(t, web.Options{})
	for accept, want := range map[string]string{"": "application/json", "*/*": "application/json", "application/json": "application/json", "text/html,application/xhtml+xml": "text/html"} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
		req.Header.Set("Accept", accept)
		rec := httptest.NewRecorder()
		c.handler.ServeHTTP(rec, req)
		if got := rec.Header().Get("Content-Type"); rec.Code != 200 || !strings.HasPrefix(got, want) {
			t.Errorf("GET / with Accept %q = %d %s; want %s", accept, rec.Code, got, want)
		}
	}
}

// TestDiversity asks for more, and further on, than can differ from each other.
func TestDiversity(t *testing.T) {
	c := newLimited(t, web.Options{}, app.Limits{Results: 20})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Cosine"}}`)
	var points []string
	for i := range 30 {
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":[1,%d]}`, i, i/2))
	}
	c.ok("PUT", "/collections/docs/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	for body, want := range map[string]int{
		`{"query":{"nearest":[1,0],"mmr":{"diversity":0.5}},"limit":999999999}`:            20,
		`{"query":{"nearest":[1,0],"mmr":{"diversity":0.5}},"limit":5,"offset":18}`:        2,
		`{"query":{"nearest":[1,0],"mmr":{"diversity":0.5}},"limit":5,"offset":40}`:        0,
		`{"query":{"nearest":[1,0],"mmr":{"candidates_limit":100000}},"limit":3}`:          3,
		`{"query":{"nearest":[1,0],"mmr":{}},"limit":20,"score_threshold":0.3}`:            8,
		`{"query":{"nearest":3,"mmr":{"diversity":1,"candidates_limit":4}},"limit":3}`:     3,
		`{"query":{"nearest":[0,0],"mmr":{"diversity":1,"candidates_limit":4}},"limit":3}`: 3,
	} {
		if got := idsIn(t, c.ok("POST", "/collections/docs/points/query", body)); len(got) != want {
			t.Errorf("%s = %d points; want %d", body, len(got), want)
		}
	}
}

// TestSparseVectors is what a client does that makes sparse vectors itself.
func TestSparseVectors(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"dense":{"size":2,"distance":"Cosine"}},"sparse_vectors":{"plain":{},"weighed":{"modifier":"idf","index":{"on_disk":true}}}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[
		{"id":1,"vector":{"dense":[1,0],"plain":{"indices":[7,3],"values":[2,0.5]}}},
		{"id":2,"vector":{"plain":{"indices":[3],"values":[4]},"weighed":{"indices":[1],"values":[1]}}},
		{"id":3,"vector":{"dense":[0,1]}}]}`)
	c.want("POST", "/collections/docs/points/query", `{"query":{"indices":[3,7,9],"values":[1,1,1]},"using":"plain"}`,
		`{"points":[{"id":2,"version":2,"score":4},{"id":1,"version":1,"score":2.5}]}`)
	c.want("POST", "/collections/docs/points/search", `{"vector":{"name":"plain","vector":{"indices":[7],"values":[1]}},"limit":5,"score_threshold":1}`, `[{"id":1,"version":1,"score":2}]`)
	c.want("POST", "/collections/docs/points/query", `{"query":1,"using":"plain"}`, `{"points":[{"id":2,"version":2,"score":2}]}`)
	c.want("POST", "/collections/docs/points/query", `{"query":3,"using":"plain"}`, `{"points":[]}`)
	c.want("POST", "/collections/docs/points/query", `{"query":{"indices":[],"values":[]},"using":"plain"}`, `{"points":[]}`)
	c.want("POST", "/collections/docs/points/query", `{"prefetch":[{"query":{"indices":[3],"values":[1]},"using":"plain"},{"query":[1,0],"using":"dense","limit":1}],"query":{"fusion":"rrf"}}`,
		`{"points":[{"id":1,"version":1,"score":0.8333333},{"id":2,"version":2,"score":0.5}]}`)
	c.want("POST", "/collections/docs/points", `{"ids":[1,2],"with_payload":false,"with_vector":true}`,
		`[{"id":1,"vector":{"dense":[1,0],"plain":{"indices":[3,7],"values":[0.5,2]}}},{"id":2,"vector":{"plain":{"indices":[3],"values":[4]},"weighed":{"indices":[1],"values":[1]}}}]`)
	c.want("POST", "/collections/docs/points", `{"ids":[2],"with_payload":false,"with_vector":["weighed"]}`, `[{"id":2,"vector":{"weighed":{"indices":[1],"values":[1]}}}]`)

	// What is changed about a point leaves its other vectors alone.
	c.ok("POST", "/collections/docs/points/payload", `{"payload":{"a":1},"points":[1,2]}`)
	c.ok("PUT", "/collections/docs/points/vectors", `{"points":[{"id":2,"vector":{"weighed":{"indices":[2],"values":[3]}}}]}`)
	c.ok("POST", "/collections/docs/points/vectors/delete", `{"vector":["plain"],"points":[1]}`)
	c.want("POST", "/collections/docs/points", `{"ids":[1,2],"with_vector":true}`,
		`[{"id":1,"payload":{"a":1},"vector":{"dense":[1,0]}},{"id":2,"payload":{"a":1},"vector":{"plain":{"indices":[3],"values":[4]},"weighed":{"indices":[2],"values":[3]}}}]`)
	c.want("POST", "/collections/docs/points/query", `{"query":{"indices":[3],"values":[1]},"using":"plain"}`, `{"points":[{"id":2,"version":6,"score":4}]}`)

	for body, want := range map[string]string{
		`{"points":[{"id":9,"vector":{"plain":{"indices":[1,1],"values":[1,2]}}}]}`: "Wrong input: a sparse vector has the index 1 twice",
		`{"points":[{"id":9,"vector":{"plain":{"indices":[1],"values":[1,2]}}}]}`:   "Validation error",
		`{"points":[{"id":9,"vector":{"plain":{"indices":[-1],"values":[1]}}}]}`:    "Format error",
		`{"points":[{"id":9,"vector":{"other":{"indices":[1],"values":[1]}}}]}`:     "Wrong input: Not existing vector name error: other",
		`{"points":[{"id":9,"vector":{"plain":[1,2]}}]}`:                            "Format error",
	} {
		if rec := c.send("PUT", "/collections/docs/points", body); rec.Code >= 500 || rec.Code < 400 || !strings.Contains(errorOf(t, rec), want) {
			t.Errorf("%s = %d %s; want %s", body, rec.Code, rec.Body, want)
		}
	}
	c.want("POST", "/collections/docs/points/count", "", `{"count":3}`)

	// Beside a dense vector without a name.
	c.ok("PUT", "/collections/mixed", `{"vectors":{"size":2,"distance":"Dot"},"sparse_vectors":{"s":{}}}`)
	c.ok("PUT", "/collections/mixed/points", `{"points":[{"id":1,"vector":{"":[1,2],"s":{"indices":[5],"values":[1]}}},{"id":2,"vector":[3,4]}]}`)
	c.want("POST", "/collections/mixed/points/scroll", `{"with_payload":false,"with_vector":true}`,
		`{"points":[{"id":1,"vector":{"":[1,2],"s":{"indices":[5],"values":[1]}}},{"id":2,"vector":[3,4]}],"next_page_offset":null}`)
	c.fails("PUT", "/collections/bad", `{"sparse_vectors":{"":{}}}`, 400, "Wrong input: "+nameless(t))
}

// nameless is what the core says of a sparse vector without a name.
func nameless(t *testing.T) string {
	t.Helper()
	_, err := domain.NewSparseNames(map[string]domain.SparseModifier{"": domain.SparseNone})
	if err == nil {
		t.Fatal("a sparse vector without a name is fine")
	}
	return err.Error()
}
