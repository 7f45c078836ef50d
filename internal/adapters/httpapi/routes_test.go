package httpapi_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
)

const twoChunks = `{"database_id":"my_app","chunks":[
	{"embedding":[1,0],"text":"First chunk","metadata":"{\"source\": \"readme\"}"},
	{"embedding":[0.5,0.5],"text":"Second \u2028 chunk","metadata":{"a" : 1},"key":"k/2"}]}`

func TestOriginalRoutes(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0],[0,1]],"num_results":1}`, 200,
		`[[{"chunk_id":1,"key":null,"text":"First chunk","metadata":"{\"source\": \"readme\"}","score":1,"distance":0}],`+
			`[{"chunk_id":2,"key":"k/2","text":"Second \u2028 chunk","metadata":{"a":1},"score":0.5,"distance":0.5}]]`)
	for range 2 {
		c.want("DELETE", "/v1/drop", `{"database_id":"my_app"}`, 200, `{"status":"success","message":"Table and index dropped successfully"}`)
	}
	c.wantError("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0]],"num_results":5}`, 404, "not_found", "Database 'my_app' not found")
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
}

func TestDefaultsOfAnOriginalSearch(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", `{"database_id":"a","chunks":[`+strings.Repeat(`{"embedding":[1]},`, 11)+`{"embedding":[1]}]}`, 200,
		`{"inserted_ids":[1,2,3,4,5,6,7,8,9,10,11,12]}`)
	for _, body := range []string{`{"database_id":"a","embeddings":[[1]]}`, `{"database_id":"a","embeddings":[[1]],"num_results":null}`} {
		if got := c.do("POST", "/v1/search", body); got.status != 200 || strings.Count(got.body, "chunk_id") != 10 {
			t.Errorf("POST /v1/search %s = %d %s; want 10 hits", body, got.status, got.body)
		}
	}
}

// The original memista measures by inner product; all else makes databases with the cosine.
func TestMetricsOfNewDatabases(t *testing.T) {
	c := newClient(t, options{})
	c.do("POST", "/v1/insert", `{"database_id":"original","chunks":[{"embedding":[1,2]}]}`)
	c.do("POST", "/v1/databases/filled/chunks", `{"chunks":[{"embedding":[1,2]}]}`)
	c.do("PUT", "/v1/databases/made", `{}`)
	for id, metric := range map[string]string{"original": "ip", "filled": "cosine", "made": "cosine"} {
		if got := c.do("GET", "/v1/databases/"+id, ""); !strings.Contains(got.body, `"metric":"`+metric+`"`) {
			t.Errorf("GET %s = %s; want the metric %s", id, got.body, metric)
		}
	}
	c.do("POST", "/v1/insert", `{"database_id":"made","chunks":[{"embedding":[1,2]}]}`)
	if got := c.do("GET", "/v1/databases/made", ""); !strings.Contains(got.body, `"metric":"cosine"`) {
		t.Errorf("after an insert by the original route: %s; want the metric as it was", got.body)
	}
}

func TestSearchOptions(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	for options, want := range map[string]string{
		`"include":[]`: `[[{"chunk_id":1,"key":null,"score":1,"distance":0},{"chunk_id":2,"key":"k/2","score":0.5,"distance":0.5}]]`,
		`"include":["embedding"],"min_score":0.6`:    `[[{"chunk_id":1,"key":null,"score":1,"distance":0,"embedding":[1,0]}]]`,
		`"include":["metadata"],"min_score":1`:       `[[{"chunk_id":1,"key":null,"metadata":"{\"source\": \"readme\"}","score":1,"distance":0}]]`,
		`"exact":true,"ef":10,"min_score":1.5`:       `[[]]`,
		`"include":["text"],"min_score":1,"ef":null`: `[[{"chunk_id":1,"key":null,"text":"First chunk","score":1,"distance":0}]]`,
	} {
		c.want("POST", "/v1/search", `{"num_results":5,"embeddings":[[1,0]],"database_id":"my_app",`+options+`}`, 200, want)
	}
}

func TestOriginalScores(t *testing.T) {
	c := newClient(t, options{OriginalScores: true})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[0.25,0]],"num_results":1,"include":[]}`, 200,
		`[[{"chunk_id":1,"key":null,"score":0.75,"distance":0.75}]]`)
}

func TestMetadataComesBackAsSent(t *testing.T) {
	c := newClient(t, options{})
	for i, m := range []struct{ sent, back string }{
		{`null`, `null`},
		{`""`, `""`},
		{`"not JSON"`, `"not JSON"`},
		{`"{\"a\":1}"`, `"{\"a\":1}"`},
		{`{}`, `{}`},
		{`{"a": [1, 2.50, "x y"], "b":{"c":null}}`, `{"a":[1,2.50,"x y"],"b":{"c":null}}`},
		{`{"\u0061":"\u2028é"}`, `{"\u0061":"\u2028é"}`},
		{`{"big":123456789012345678901234567890}`, `{"big":123456789012345678901234567890}`},
	} {
		c.want("POST", "/v1/insert", `{"database_id":"m","chunks":[{"embedding":[1],"metadata":`+m.sent+`}]}`, 200, fmt.Sprintf(`{"inserted_ids":[%d]}`, i+1))
		c.want("GET", fmt.Sprintf("/v1/databases/m/chunks/%d?include=metadata", i+1), "", 200, fmt.Sprintf(`{"chunk_id":%d,"key":null,"metadata":%s,"expires_at":null}`, i+1, m.back))
	}
}

func TestKeyReplacesItsChunk(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("POST", "/v1/insert", `{"database_id":"my_app","chunks":[{"embedding":[3,4],"key":"k/2"},{"embedding":[5,6],"key":null,"text":null}]}`, 200, `{"inserted_ids":[2,3]}`)
	c.want("GET", "/v1/databases/my_app/chunks/2?include=text,metadata,embedding", "", 200, `{"chunk_id":2,"key":"k/2","text":"","metadata":null,"embedding":[3,4],"expires_at":null}`)
}

func TestDatabases(t *testing.T) {
	c := newClient(t, options{})
	c.want("GET", "/v1/databases", "", 200, `{"databases":[]}`)
	made := c.do("PUT", "/v1/databases/a.b-C", `{"dimensions":3,"metric":"cosine","m":8,"ef_construction":64,"ef_search":32,"storage":"f32","ttl_seconds":60,"metadata":{"model" : "x"}}`)
	if want := `{"id":"a.b-C","dimensions":3,"metric":"cosine","engine":null,"m":8,"ef_construction":64,"ef_search":32,"storage":"f32","ttl_seconds":60,"full_text":false,"metadata":{"model":"x"},"embedder":null,"optional_embeddings":false,"sparse":null,"vectors":null,"chunks":0,`; made.status != 201 || !strings.HasPrefix(made.body, want) {
		t.Errorf("PUT = %d %s; want 201 %s…", made.status, made.body, want)
	}
	again := c.do("PUT", "/v1/databases/a%2Eb%2dC", `{"metric":"cosine","m":null}`)
	if diff := cmp.Diff(made.body, again.body); again.status != 200 || diff != "" {
		t.Errorf("second PUT = %d, (-first +second):\n%s", again.status, diff)
	}
	if got := c.do("PUT", "/v1/databases/empty", ""); got.status != 201 {
		t.Errorf("PUT without a body = %d %s", got.status, got.body)
	}
	if got := c.do("PUT", "/v1/databases/a.b-C", `{"metric":"l2"}`); got.status != 409 {
		t.Errorf("PUT with another metric = %d %s; want 409", got.status, got.body)
	}
	if got := c.do("PUT", "/v1/databases/A.B-c", ``); got.status != 409 {
		t.Errorf("PUT of an id that differs in case = %d %s; want 409", got.status, got.body)
	}
	if got := c.do("PUT", "/v1/databases/other", `{"engine":"no-such"}`); got.status != 501 {
		t.Errorf("PUT with an unknown engine = %d %s; want 501", got.status, got.body)
	}
	list := c.do("GET", "/v1/databases", "")
	if got := strings.Count(list.body, `"id":`); got != 2 || !strings.HasPrefix(list.body, `{"databases":[`+made.body+`,`) {
		t.Errorf("list = %s; want a.b-C and empty", list.body)
	}
	c.want("DELETE", "/v1/databases/empty", "", 200, `{"dropped":true}`)
	c.want("DELETE", "/v1/databases/empty", "", 200, `{"dropped":false}`)
	c.wantError("GET", "/v1/databases/empty", "", 404, "not_found", "Database 'empty' not found")
}

func TestStatistics(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0]],"num_results":1,"include":[]}`, 200, `[[{"chunk_id":1,"key":null,"score":1,"distance":0}]]`)
	got := c.do("GET", "/v1/databases/my_app", "")
	for _, part := range []string{`"dimensions":2`, `"metric":"ip"`, `"chunks":2`, `"plan":"flat"`, `"tail":{"vectors":2,`, `,"sequence":2},"graph":null`, `"disk":{"embedding_bytes":16,"index_bytes":0}`} {
		if !strings.Contains(got.body, part) {
			t.Errorf("statistics %s lack %s", got.body, part)
		}
	}
}

func TestChunks(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("GET", "/v1/databases/my_app/chunks/1", "", 200, `{"chunk_id":1,"key":null,"text":"First chunk","metadata":"{\"source\": \"readme\"}","expires_at":null}`)
	c.want("GET", "/v1/databases/my%5Fapp/chunks/2?include=embedding", "", 200, `{"chunk_id":2,"key":"k/2","embedding":[0.5,0.5],"expires_at":null}`)
	c.want("GET", "/v1/databases/my_app/chunks/2?include=", "", 200, `{"chunk_id":2,"key":"k/2","expires_at":null}`)
	c.want("DELETE", "/v1/databases/my_app/chunks/1", "", 200, `{"deleted":1}`)
	c.wantError("DELETE", "/v1/databases/my_app/chunks/1", "", 404, "not_found", "Chunk 1 not found")
	c.wantError("GET", "/v1/databases/my_app/chunks/1", "", 404, "not_found", "Chunk 1 not found")
	c.wantError("GET", "/v1/databases/none/chunks/1", "", 404, "not_found", "Database 'none' not found")
	c.wantError("DELETE", "/v1/databases/none/chunks/1", "", 404, "not_found", "Database 'none' not found")
	for _, id := range []string{"0", "-1", "x", "1.0", "99999999999999999999", "%31%00", "1+1"} {
		c.wantError("GET", "/v1/databases/my_app/chunks/"+id, "", 400, "invalid_request", "chunk_id in the path must be an integer from 1 on")
	}
	c.wantError("GET", "/v1/databases/my_app/chunks/2?include=vectors", "", 400, "invalid_request", "include takes text, metadata, embedding and sparse, nothing else")
	c.wantError("GET", "/v1/databases/my_app/chunks/2?includes=text", "", 400, "invalid_request", `unknown query parameter "includes": this route knows include, encoding`)
	c.wantError("GET", "/v1/databases/my_app/chunks/2?encoding=hex", "", 400, "invalid_request", "encoding must be one of array, base64")
	c.wantError("GET", "/v1/jobs?limit=1", "", 400, "invalid_request", `unknown query parameter "limit": this route knows none`)
}

// An embedding program may use gin itself: nothing is printed, and its mode stays.
func TestGinIsLeftAlone(t *testing.T) {
	var out bytes.Buffer
	mode, writer := gin.Mode(), gin.DefaultWriter
	defer func() { gin.SetMode(mode); gin.DefaultWriter = writer }()
	gin.SetMode(gin.DebugMode)
	gin.DefaultWriter = &out
	newClient(t, options{}).want("GET", "/healthz", "", 200, `{"status":"ok"}`)
	if gin.Mode() != gin.DebugMode || out.Len() > 0 {
		t.Errorf("mode is %s, output %q; want debug and nothing", gin.Mode(), out.String())
	}
}
