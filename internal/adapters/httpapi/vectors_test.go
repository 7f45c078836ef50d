package httpapi_test

import (
	"strings"
	"testing"
)

// vectorsClient has a database v with chunks, some of which have the vectors title and body.
func vectorsClient(t *testing.T) client {
	t.Helper()
	c := newClient(t, options{})
	got := c.do("PUT", "/v1/databases/v", `{"metric":"ip","optional_embeddings":true,"vectors":{"title":{"dims":2,"metric":"l2"},"body":{"dims":3}}}`)
	if got.status != 201 || !strings.Contains(got.body, `"vectors":{"body":{"dims":3,"metric":"cosine"},"title":{"dims":2,"metric":"l2"}}`) {
		t.Fatalf("PUT = %d %s; want both declared", got.status, got.body)
	}
	c.want("POST", "/v1/databases/v/chunks", `{"chunks":[
		{"embedding":[1,0],"text":"one","metadata":{"g":"x"},"vectors":{"title":[0,0],"body":[1,0,0]}},
		{"text":"two","metadata":{"g":"y"},"vectors":{"title":"AACAPwAAAAA="}},
		{"embedding":[3,0],"text":"three","metadata":{"g":"x"},"vectors":{"title":[3,0]}},
		{"embedding":[0,9],"text":"four","vectors":null}]}`, 200, `{"inserted_ids":[1,2,3,4]}`)
	return c
}

func TestNamedVectors(t *testing.T) {
	c := vectorsClient(t)
	for query, want := range map[string]string{
		`{"using":"title","embedding":[1,0]}`:                             "2 1 3",
		`{"using":"title","embedding":[1,0],"k":1,"offset":1}`:            "1",
		`{"using":"title","embedding":[1,0],"exact":true,"ef":9}`:         "2 1 3",
		`{"using":"title","embedding":[1,0],"filter":{"g":"x"}}`:          "1 3",
		`{"using":"title","embedding":[1,0],"min_score":0.4}`:             "2 1",
		`{"using":"title","embedding":[1,0],"mmr":{"diversity":1},"k":2}`: "2 3",
		`{"using":"title","chunk_id":3}`:                                  "2 1",
		`{"using":"body","embedding":[0,1,0]}`:                            "1",
		`{"using":null,"embedding":[1,0]}`:                                "3 1 4",
	} {
		c.wantIDs("POST", "/v1/databases/v/search", `{"queries":[`+query+`],"include":[]}`, want)
	}
	got := c.do("POST", "/v1/databases/v/search", `{"queries":[{"using":"title","embedding":[0,0],"k":1}],"include":["embedding"],"explain":true}`)
	for _, part := range []string{
		`{"chunk_id":1,"key":null,"score":1,"distance":0,"embedding":[1,0],"vectors":{"body":[1,0,0],"title":[0,0]}}`, `"plan":"flat"`, `"vectors":3`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("answer %s lacks %s", got.body, part)
		}
	}
	if got := c.do("POST", "/v1/databases/v/groups", `{"query":{"using":"title","embedding":[3,0]},"by":"g","group_size":1,"include":[]}`); !strings.Contains(got.body,
		`{"groups":[{"value":"x","hits":[{"chunk_id":3,"key":null,"score":1,"distance":0}]},{"value":"y","hits":[{"chunk_id":2,"key":null,"score":0.2,"distance":4}]}],`) {
		t.Errorf("groups = %s", got.body)
	}
	for path, want := range map[string]string{
		"/v1/databases/v/chunks/2?include=embedding":                 `{"chunk_id":2,"key":null,"embedding":null,"vectors":{"title":[1,0]},"expires_at":null}`,
		"/v1/databases/v/chunks/2?include=embedding&encoding=base64": `{"chunk_id":2,"key":null,"embedding":null,"vectors":{"title":"AACAPwAAAAA="},"expires_at":null}`,
		"/v1/databases/v/chunks/4?include=embedding":                 `{"chunk_id":4,"key":null,"embedding":[0,9],"expires_at":null}`,
		"/v1/databases/v/chunks/1?include=text":                      `{"chunk_id":1,"key":null,"text":"one","expires_at":null}`,
	} {
		c.want("GET", path, "", 200, want)
	}
}

func TestPatchOfVectors(t *testing.T) {
	c := vectorsClient(t)
	if got := c.do("PATCH", "/v1/databases/v", `{"sparse":{"bm25":{}}}`); got.status != 200 {
		t.Fatalf("PATCH = %d %s", got.status, got.body)
	}
	const chunk = "/v1/databases/v/chunks/1?include=embedding,sparse"
	c.want("PATCH", chunk, `{"vectors":{"title":[5,5],"body":null},"sparse":{"bm25":{"indices":[9,2],"values":[1,3]}}}`, 200,
		`{"chunk_id":1,"key":null,"embedding":[1,0],"sparse":{"bm25":{"indices":[2,9],"values":[3,1]}},"vectors":{"title":[5,5]},"expires_at":null}`)
	c.wantIDs("POST", "/v1/databases/v/search", `{"queries":[{"using":"title","embedding":[5,5],"k":1}],"include":[]}`, "1")
	c.wantIDs("POST", "/v1/databases/v/search", `{"queries":[{"using":"body","embedding":[1,0,0]}],"include":[]}`, "")
	c.want("PATCH", chunk, `{"vectors":{"title":null},"sparse":{"bm25":null}}`, 200, `{"chunk_id":1,"key":null,"embedding":[1,0],"sparse":null,"expires_at":null}`)
	for body, want := range map[string]string{
		`{"vectors":{"title":[1]}}`:                       `Embedding dimension mismatch: expected 2, got 1 (vectors title)`,
		`{"vectors":{"other":[1]}}`:                       `unknown vector \"other\": the database declares body (3, cosine), title (2, l2)`,
		`{"vectors":{"title":[1,2],"title":[1,2]}}`:       `vectors.title: comes twice`,
		`{"sparse":{"bm25":{"indices":[1]}}}`:             `field values is missing`,
		`{"sparse":{"bm25":{"indices":[1],"values":[]}}}`: `a sparse vector has 1 indices and 0 values: there must be as many (sparse bm25)`,
	} {
		if got := c.do("PATCH", chunk, body); got.status != 400 && got.status != 422 || !strings.Contains(got.body, want) {
			t.Errorf("PATCH %s = %d %s; want it refused with %s", body, got.status, got.body, want)
		}
	}
}

func TestNamedVectorsAreRefused(t *testing.T) {
	c := vectorsClient(t)
	for _, r := range []struct{ method, path, body, want string }{
		{"PUT", "/v1/databases/w", `{"vectors":{"":{"dims":2}}}`, "the name of a vector cannot be empty"},
		{"PUT", "/v1/databases/w", `{"vectors":{"a":{}}}`, "dims"},
		{"PUT", "/v1/databases/w", `{"vectors":{"a":{"dims":0}}}`, "must be"},
		{"PUT", "/v1/databases/w", `{"vectors":{"a":{"dims":99999}}}`, "must be between 1 and"},
		{"PUT", "/v1/databases/w", `{"vectors":{"a":{"dims":2,"metric":"far"}}}`, "unknown metric"},
		{"PUT", "/v1/databases/w", `{"vectors":{"a":{"dims":2},"a":{"dims":2}}}`, "declared twice"},
		{"PATCH", "/v1/databases/v", `{"vectors":{"title":{"dims":3}}}`, "stay as they are"},
		{"POST", "/v1/databases/v/chunks", `{"chunks":[{"text":"a"},{"text":"x","vectors":{"title":[1]}}]}`, "expected 2, got 1"},
		{"POST", "/v1/databases/v/chunks", `{"chunks":[{"text":"x","vectors":{"title":null}}]}`, "vectors.title"},
		{"POST", "/v1/databases/v/chunks", `{"chunks":[{"text":"x","vectors":{"body":[1e39,0,0]}}]}`, "body"},
		{"POST", "/v1/databases/v/chunks", `{"chunks":[{"text":"x","vectors":{"other":[1]}}]}`, "unknown vector"},
		{"POST", "/v1/databases/v/search", `{"queries":[{"using":"other","embedding":[1]}]}`, "unknown vector"},
		{"POST", "/v1/databases/v/search", `{"queries":[{"using":"","embedding":[1]}]}`, "cannot be empty"},
		{"POST", "/v1/databases/v/search", `{"queries":[{"using":"title","text":"x"}]}`, "is for a query with an embedding"},
		{"POST", "/v1/databases/v/search", `{"queries":[{"using":"title","near_text":"x"}]}`, "is not for a near_text"},
		{"POST", "/v1/databases/v/search", `{"queries":[{"using":"body","chunk_id":2}]}`, "no embedding"},
		{"POST", "/v1/databases/v/search", `{"queries":[{"using":"title","embedding":[1,2,3]}]}`, "expected 2, got 3"},
	} {
		if got := c.do(r.method, r.path, r.body); got.status != 400 && got.status != 422 || !strings.Contains(got.body, r.want) {
			t.Errorf("%s %s %s = %d %s; want it refused with %q", r.method, r.path, r.body, got.status, got.body, r.want)
		}
	}
	c.want("POST", "/v1/databases/v/count", `{}`, 200, `{"count":4}`)
}
