package httpapi_test

import (
	"strings"
	"testing"
)

// sparseClient has a database s with three chunks, two of which have the sparse vector bm25.
func sparseClient(t *testing.T) client {
	t.Helper()
	c := newClient(t, options{})
	if got := c.do("PUT", "/v1/databases/s", `{"metric":"ip","sparse":{"bm25":{},"text":{"modifier":"idf"}}}`); got.status != 201 || !strings.Contains(got.body, `"sparse":{"bm25":{"modifier":"none"},"text":{"modifier":"idf"}}`) {
		t.Fatalf("PUT = %d %s; want both declared", got.status, got.body)
	}
	c.want("POST", "/v1/databases/s/chunks", `{"chunks":[
		{"embedding":[1,0],"text":"one","sparse":{"bm25":{"indices":[4294967295,7],"values":[0.5,2]},"text":{"indices":[1],"values":[1]}}},
		{"embedding":[0,1],"text":"two","sparse":{"bm25":{"indices":[],"values":[]}}},
		{"embedding":[3,0],"text":"three","sparse":{"bm25":{"indices":[7],"values":[1]}}},
		{"embedding":[0,9],"text":"four","sparse":null}]}`, 200, `{"inserted_ids":[1,2,3,4]}`)
	return c
}

func TestSparseVectors(t *testing.T) {
	c := sparseClient(t)
	for query, want := range map[string]string{
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]}}`:                                                "1 3",
		`{"sparse":{"name":"bm25","indices":[4294967295,7],"values":[-9,1]}}`:                                  "3 1",
		`{"sparse":{"name":"bm25","indices":[8],"values":[1]}}`:                                                "",
		`{"sparse":{"name":"bm25","indices":[],"values":[]}}`:                                                  "",
		`{"sparse":{"name":"text","indices":[1],"values":[1]}}`:                                                "1",
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]},"k":1,"offset":1}`:                               "3",
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]},"min_score":1.5}`:                                "1",
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]},"filter":{"$text":"three"}}`:                     "3",
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]},"embedding":[1,0],"k":2}`:                        "1 3",
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]},"embedding":[0,1],"fusion":{"sparse_weight":5}}`: "1 3 4 2",
	} {
		c.wantIDs("POST", "/v1/databases/s/search", `{"queries":[`+query+`],"include":[]}`, want)
	}
	got := c.do("POST", "/v1/databases/s/search", `{"queries":[{"sparse":{"name":"bm25","indices":[7,8],"values":[1,1]}},{"sparse":{"name":"bm25","indices":[7],"values":[1]},"embedding":[0,1],"k":1}],"include":["sparse"],"explain":true}`)
	for _, part := range []string{
		`{"chunk_id":1,"key":null,"score":2,"distance":null,"scores":{"vector":null,"text":null,"sparse":2},"sparse":{"bm25":{"indices":[7,4294967295],"values":[2,0.5]},"text":{"indices":[1],"values":[1]}}}`,
		`"sparse":{"name":"bm25","entries":2,"visited":2,"found":2,"ranks":[{"vector":null,"text":null,"sparse":1},{"vector":null,"text":null,"sparse":2}],"fusion":null}`,
		`"fusion":{"method":"rrf","vector_weight":1,"text_weight":1,"sparse_weight":1}`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("answer %s lacks %s", got.body, part)
		}
	}
	for path, want := range map[string]string{
		"/v1/databases/s/chunks/1?include=sparse": `{"chunk_id":1,"key":null,"sparse":{"bm25":{"indices":[7,4294967295],"values":[2,0.5]},"text":{"indices":[1],"values":[1]}},"expires_at":null}`,
		"/v1/databases/s/chunks/2?include=sparse": `{"chunk_id":2,"key":null,"sparse":{"bm25":{"indices":[],"values":[]}},"expires_at":null}`,
		"/v1/databases/s/chunks/4?include=sparse": `{"chunk_id":4,"key":null,"sparse":null,"expires_at":null}`,
	} {
		c.want("GET", path, "", 200, want)
	}
}

func TestGroupsBySparseVector(t *testing.T) {
	c := sparseClient(t)
	c.want("POST", "/v1/databases/s/chunks", `{"chunks":[
		{"embedding":[1,0],"metadata":{"n":1},"sparse":{"bm25":{"indices":[7],"values":[9]}}},
		{"embedding":[1,0],"metadata":{"n":2},"sparse":{"bm25":{"indices":[7],"values":[8]}}},
		{"embedding":[1,0],"metadata":{"n":1},"sparse":{"bm25":{"indices":[7],"values":[7]}}}]}`, 200, `{"inserted_ids":[5,6,7]}`)
	for query, want := range map[string]string{
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]}}`:                   `{"value":1,"hits":[{"chunk_id":5,"key":null,"score":9,`,
		`{"sparse":{"name":"bm25","indices":[7],"values":[1]},"embedding":[0,1]}`: `{"value":1,"hits":[{"chunk_id":5,`,
	} {
		got := c.do("POST", "/v1/databases/s/groups", `{"query":`+query+`,"by":"n","include":[]}`)
		if got.status != 200 || !strings.Contains(got.body, want) || strings.Count(got.body, `"value"`) != 2 || strings.Count(got.body, "chunk_id") != 3 {
			t.Errorf("groups by %s = %d %s; want two, the first with %s", query, got.status, got.body, want)
		}
	}
}

func TestSparseSettingsCanBeChanged(t *testing.T) {
	c := sparseClient(t)
	for body, want := range map[string]string{
		`{"sparse":null,"ef_search":7}`:                                             `"sparse":{"bm25":{"modifier":"none"},"text":{"modifier":"idf"}}`,
		`{"sparse":{"bm25":{"modifier":"idf"},"text":{"modifier":null},"more":{}}}`: `"sparse":{"bm25":{"modifier":"idf"},"more":{"modifier":"none"},"text":{"modifier":"none"}}`,
	} {
		c := sparseClient(t)
		if got := c.do("PATCH", "/v1/databases/s", body); got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("PATCH %s = %d %s; want %s", body, got.status, got.body, want)
		}
	}
	c.wantError("PATCH", "/v1/databases/s", `{"sparse":{"bm25":{}}}`, 400, "invalid_request", `the sparse vector "text" cannot be taken out of the settings, for chunks may have it: name it too`)
	c.wantError("PUT", "/v1/databases/s", `{"sparse":{"bm25":{}}}`, 409, "conflict", "Database 's' exists with other settings: sparse is bm25 (none), text (idf) and not bm25 (none); change them, drop it first, or use it as it is")
}

func TestBadSparseVectorsAreRefused(t *testing.T) {
	c := sparseClient(t)
	many := strings.TrimSuffix(strings.Repeat("1,", 65537), ",")
	for chunk, want := range map[string]string{
		`{"bm25":{"indices":[1]}}`:                         "field values is missing",
		`{"bm25":{"indices":[1],"values":[1],"x":1}}`:      `chunks[0].sparse.bm25: unknown field "x": known are indices, values`,
		`{"bm25":{"indices":[1],"values":[1,2]}}`:          "a sparse vector has 1 indices and 2 values: there must be as many (sparse bm25) (chunks[0])",
		`{"bm25":{"indices":[1,1],"values":[1,2]}}`:        "a sparse vector has the index 1 twice",
		`{"bm25":{"indices":[-1],"values":[1]}}`:           "chunks[0].sparse.bm25.indices[0]: must be between 0 and 4294967295",
		`{"bm25":{"indices":[4294967296],"values":[1]}}`:   "chunks[0].sparse.bm25.indices[0]: must be between 0 and 4294967295",
		`{"bm25":{"indices":[1.5],"values":[1]}}`:          "expected an integer",
		`{"bm25":{"indices":["1"],"values":[1]}}`:          "expected an integer",
		`{"bm25":{"indices":[1],"values":[1e99]}}`:         "chunks[0].sparse.bm25.values[0]: ",
		`{"bm25":{"indices":[1],"values":[null]}}`:         "chunks[0].sparse.bm25.values[0]: ",
		`{"bm25":{"indices":[` + many + `],"values":[1]}}`: "there are more than 65536",
		`{"bm25":[1]}`:                           "chunks[0].sparse.bm25: expected an object",
		`{"bm25":null}`:                          "chunks[0].sparse.bm25: expected an object",
		`[]`:                                     "chunks[0].sparse: expected an object",
		`{"other":{"indices":[1],"values":[1]}}`: `unknown sparse vector "other": the database declares bm25 (none), text (idf) (chunks[0])`,
		`{"bm25":{"indices":[],"values":[]},"bm25":{"indices":[]}}`: "chunks[0].sparse.bm25: comes twice",
	} {
		got := c.do("POST", "/v1/databases/s/chunks", `{"chunks":[{"embedding":[1,0],"sparse":`+chunk+`},{"embedding":[1,0]}]}`)
		if got.status < 400 || got.status >= 500 || !strings.Contains(got.body, strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("insert of %.80s = %d %s; want %s", chunk, got.status, got.body, want)
		}
	}
	for query, want := range map[string]string{
		`{"sparse":{"indices":[1],"values":[1]}}`:                                                                                "field name is missing",
		`{"sparse":{"name":"bm25","indices":[1]}}`:                                                                               "field values is missing",
		`{"sparse":{"name":"","indices":[1],"values":[1]}}`:                                                                      "queries[0].sparse.name: cannot be empty",
		`{"sparse":{"name":"other","indices":[1],"values":[1]}}`:                                                                 `unknown sparse vector "other": the database declares bm25 (none), text (idf) (queries[0])`,
		`{"sparse":{"name":"bm25","indices":[1,1],"values":[1,1]}}`:                                                              "has the index 1 twice (queries[0])",
		`{"sparse":{"name":"bm25","indices":[1],"values":[1]},"embedding":[1,0],"fusion":{"sparse_weight":-1}}`:                  "must be at least 0",
		`{"sparse":{"name":"bm25","indices":[1],"values":[1]},"embedding":[1,0],"fusion":{"sparse_weight":0,"vector_weight":0}}`: "fusion: all lists of the query have the weight 0 (queries[0])",
	} {
		got := c.do("POST", "/v1/databases/s/search", `{"queries":[`+query+`]}`)
		if got.status != 400 || !strings.Contains(got.body, strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("search for %s = %d %s; want %s", query, got.status, got.body, want)
		}
	}
	for body, want := range map[string]string{
		`{"sparse":{"a":{"modifier":"tf"}}}`:                 "sparse.a.modifier: must be one of none, idf",
		`{"sparse":{"":{}}}`:                                 "the name of a sparse vector cannot be empty",
		`{"sparse":{"a":{},"a":{}}}`:                         "sparse.a: comes twice",
		`{"sparse":["a"]}`:                                   "sparse: expected an object",
		`{"sparse":{"a":{"x":1}}}`:                           "unknown field",
		`{"sparse":{"` + strings.Repeat("x", 129) + `":{}}}`: "has 129 bytes, at most 128 are allowed",
	} {
		if got := c.do("PUT", "/v1/databases/new", body); got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("PUT %.80s = %d %s; want %s", body, got.status, got.body, want)
		}
	}
	if got := c.do("GET", "/v1/databases/s", ""); !strings.Contains(got.body, `"chunks":4,`) {
		t.Errorf("after bad requests: %s; want 4 chunks as before", got.body)
	}
	c.wantError("GET", "/v1/databases/new", "", 404, "not_found", "Database 'new' not found")
}
