package httpapi_test

import (
	"strings"
	"testing"
)

// Every refusal stores nothing: the database that all of these name must not exist
// afterwards, or be as it was.
func TestRefusals(t *testing.T) {
	c := newClient(t, options{})
	const invalid = "invalid_request"
	chunk := func(rest string) string { return `{"database_id":"x","chunks":[{"embedding":[1,2]},{` + rest + `}]}` }
	search := func(rest string) string {
		return `{"database_id":"x","embeddings":[[1,2]],"num_results":1,` + rest + `}`
	}
	for _, r := range []struct {
		method, path, body string
		status             int
		code, text         string
	}{
		{"POST", "/v1/insert", ``, 400, invalid, "the JSON ends where an object was expected (at byte 0)"},
		{"POST", "/v1/insert", `[]`, 400, invalid, "expected an object, found an array (at byte 0)"},
		{"POST", "/v1/insert", `{"chunks":[{"embedding":[1]}]}`, 400, invalid, "field database_id is missing"},
		{"POST", "/v1/insert", `{"database_id":"x"}`, 400, invalid, "field chunks is missing"},
		{"POST", "/v1/insert", `{"database_id":"x","chunks":[]}`, 400, invalid, "Chunks array cannot be empty"},
		{"POST", "/v1/insert", `{"database_id":"x","chunks":null}`, 400, invalid, "chunks: expected an array, found null (at byte 28)"},
		{"POST", "/v1/insert", `{"database_id":null,"chunks":[]}`, 400, invalid, "database_id: expected a string, found null (at byte 15)"},
		{"POST", "/v1/insert", `{"database_id":"","chunks":[{"embedding":[1]}]}`, 400, invalid, "database_id cannot be empty"},
		{"POST", "/v1/insert", `{"database_id":"a/b","chunks":[{"embedding":[1]}]}`, 400, invalid, "database_id may contain only A-Z a-z 0-9 _ - . (byte 1 is another)"},
		{"POST", "/v1/insert", `{"database_id":"x","chunks":[{"embedding":[1]}]} x`, 400, invalid, "unexpected data after the end of the JSON value (at byte 49)"},
		{"POST", "/v1/insert", chunk(`"text":"t"`), 400, invalid, "embedding cannot be empty: there is no embedder to make one of the text (chunks[1])"},
		{"POST", "/v1/insert", chunk(`"embedding":null`), 400, invalid, "embedding cannot be empty (chunks[1])"},
		{"POST", "/v1/insert", chunk(`"embedding":[]`), 400, invalid, "embedding cannot be empty (chunks[1])"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,"2"]`), 400, invalid, "chunks[1].embedding[1]: expected a number, found a string (at byte 65)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,[2]]`), 400, invalid, "chunks[1].embedding[1]: expected a number, found an array (at byte 65)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,null]`), 400, invalid, "chunks[1].embedding[1]: expected a number, found null (at byte 65)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,NaN]`), 400, invalid, "chunks[1].embedding[1]: expected a number, found 'N' (at byte 65)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"expires_utc":5`), 400, invalid, `chunks[1]: unknown field "expires_utc": known are embedding, text, metadata, key, ttl_seconds, sparse, vectors (at byte 68)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"ttl_seconds":0`), 400, invalid, `chunks[1].ttl_seconds: must be between 1 and 3153600000: leave it out for the default (at byte 83)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"ttl_seconds":-1`), 400, invalid, `chunks[1].ttl_seconds: must be between 1 and 3153600000: leave it out for the default (at byte 84)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"ttl_seconds":3153600001`), 400, invalid, `chunks[1].ttl_seconds: must be between 1 and 3153600000: leave it out for the default (at byte 92)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"ttl_seconds":1.5`), 400, invalid, `chunks[1].ttl_seconds: expected an integer, found 1.5 (at byte 82)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"ttl_seconds":"1h"`), 400, invalid, `chunks[1].ttl_seconds: expected an integer, found a string (at byte 82)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"text":5`), 400, invalid, "chunks[1].text: expected a string, found a number (at byte 75)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"metadata":[1]`), 400, invalid, "chunks[1].metadata: metadata must be a JSON object, a string or null (at byte 79)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"metadata":{"a":1,"a":2}`), 400, invalid, `chunks[1].metadata: field "a" occurs twice (at byte 86)`},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"metadata":` + strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200)), 400, invalid, "chunks[1].metadata: nested deeper than 100 levels (at byte 564)"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2],"key":""`), 400, invalid, "chunks[1].key: a key cannot be empty: leave it out or send null for none (at byte 76)"},
		{"POST", "/v1/insert", `{"database_id":"x","chunks":[{"embedding":[1],"key":"a"},{"embedding":[1],"key":"a"}]}`, 400, invalid, "key is the same as that of chunks[0] (chunks[1])"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,2,3]`), 422, "dimension_mismatch", "Embedding dimension mismatch: expected 2, got 3 (chunks[1])"},
		{"POST", "/v1/insert", chunk(`"embedding":[1,1e39]`), 422, "not_finite", "chunks[1].embedding[1]: number is out of the range of float32 (at byte 65)"},
		{"POST", "/v1/insert", chunk(`"embedding":[3e38,3e38]`), 422, "not_finite", "embedding is too long: its length is 4.24e+38 and may be 9.22e+18 at most, or distances would not fit into float32 (chunks[1])"},

		{"POST", "/v1/search", `{"embeddings":[[1,2]],"num_results":1}`, 400, invalid, "field database_id is missing"},
		{"POST", "/v1/search", `{"database_id":"x","num_results":1}`, 400, invalid, "field embeddings is missing"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[],"num_results":1}`, 400, invalid, "Embeddings array cannot be empty"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[[]],"num_results":1}`, 400, invalid, "embedding cannot be empty (embeddings[0])"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[1,2],"num_results":1}`, 400, invalid, "embeddings[0]: expected an array of numbers, found a number (at byte 33)"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[[1,2]],"num_results":0}`, 400, invalid, "num_results must be between 1 and 10000, got 0"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[[1,2]],"num_results":10001}`, 400, invalid, "num_results must be between 1 and 10000, got 10001"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[[1,2]],"num_results":-1}`, 400, invalid, "num_results must be between 1 and 10000, got -1"},
		{"POST", "/v1/search", `{"database_id":"x","embeddings":[[1,2]],"num_results":1.5}`, 400, invalid, "num_results: expected an integer, found 1.5 (at byte 54)"},
		{"POST", "/v1/search", search(`"filters":{}`), 400, invalid, `unknown field "filters": known are database_id, embeddings, num_results, filter, min_score, exact, ef, include, encoding, texts (at byte 56)`},
		{"POST", "/v1/search", search(`"num_results":2`), 400, invalid, `field "num_results" occurs twice (at byte 56)`},
		{"POST", "/v1/search", search(`"ef":-1`), 400, invalid, "ef must be between 1 and 100000, got -1"},
		{"POST", "/v1/search", search(`"exact":1`), 400, invalid, "exact: expected true or false, found a number (at byte 64)"},
		{"POST", "/v1/search", search(`"min_score":1e39`), 422, "not_finite", "min_score: number is out of the range of float32 (at byte 68)"},
		{"POST", "/v1/search", search(`"include":["id"]`), 400, invalid, "include[0]: include takes text, metadata, embedding and sparse, nothing else (at byte 71)"},
		{"POST", "/v1/search", search(`"ef":1`), 404, "not_found", "Database 'x' not found"},

		{"DELETE", "/v1/drop", `{}`, 400, invalid, "field database_id is missing"},
		{"DELETE", "/v1/drop", `{"database_id":".."}`, 400, invalid, "database_id cannot start with a dot"},
		{"DELETE", "/v1/databases/..", ``, 400, invalid, "database_id cannot start with a dot"},
		{"PUT", "/v1/databases/x", `{"dimensions":0}`, 400, invalid, "dimensions: must be at least 1: leave it out for the default (at byte 15)"},
		{"PUT", "/v1/databases/x", `{"dimensions":65537}`, 400, invalid, "dimensions must be between 1 and 65536, got 65537"},
		{"PUT", "/v1/databases/x", `{"metric":"dot"}`, 400, invalid, "metric: must be one of ip, cosine, l2 (at byte 15)"},
		{"PUT", "/v1/databases/x", `{"engine":""}`, 400, invalid, "engine: cannot be empty: leave it out for the default (at byte 12)"},
		{"PUT", "/v1/databases/x", `{"storage":"b1"}`, 400, invalid, "storage: must be one of f32, bf16, f16, i8 (at byte 15)"},
		{"PUT", "/v1/databases/x", `{"m":2.0}`, 400, invalid, "m: expected an integer, found 2.0 (at byte 5)"},
		{"PUT", "/v1/databases/x", `{"m":1}`, 400, invalid, "m must be between 2 and 256, got 1"},
		{"PUT", "/v1/databases/x", `{"ef_construction":10001}`, 400, invalid, "ef_construction must be between 1 and 10000, got 10001"},
		{"PUT", "/v1/databases/x", `{"ef_search":100001}`, 400, invalid, "ef_search must be between 1 and 100000, got 100001"},
		{"PUT", "/v1/databases/x", `{"engine":"flat","m":8}`, 400, invalid, `m, ef_construction and ef_search are those of a graph, which engine "flat" does not make`},
		{"PUT", "/v1/databases/x", `{"engine":"flat","storage":"i8"}`, 501, "unsupported", `the flat engine stores f32, not "i8"`},
		{"PUT", "/v1/databases/x", `{"ttl_seconds":0}`, 400, invalid, "ttl_seconds: must be between 1 and 3153600000: leave it out for the default (at byte 16)"},
		{"PUT", "/v1/databases/x", `{"ttl_seconds":99999999999}`, 400, invalid, "ttl_seconds: must be between 1 and 3153600000: leave it out for the default (at byte 26)"},
		{"PUT", "/v1/databases/x", `{"metadata":"text"}`, 400, invalid, "metadata: metadata of a database must be a JSON object (at byte 12)"},
		{"PUT", "/v1/databases/x", `{"metadata":{"a":"` + strings.Repeat("a", 64<<10) + `"}}`, 413, "too_large", "metadata of a database has 65544 bytes, at most 65536 are allowed"},
		{"PUT", "/v1/databases/x", `{"ttl":1}`, 400, invalid, `unknown field "ttl": known are dimensions, metric, engine, m, ef_construction, ef_search, storage, ttl_seconds, full_text, metadata, embedder, optional_embeddings, sparse, vectors, target_recall (at byte 1)`},
		{"PUT", "/v1/databases/a%20b", ``, 400, invalid, "database_id may contain only A-Z a-z 0-9 _ - . (byte 1 is another)"},
		{"PUT", "/v1/databases/a+b", ``, 400, invalid, "database_id may contain only A-Z a-z 0-9 _ - . (byte 1 is another)"},

		{"GET", "/nowhere", ``, 404, "route_not_found", "no such route: GET /openapi.json lists them"},
		{"GET", "/v1/databases/", ``, 404, "route_not_found", "no such route: GET /openapi.json lists them"},
		{"POST", "/v1//insert", ``, 404, "route_not_found", "no such route: GET /openapi.json lists them"},
		{"POST", "/V1/insert", ``, 404, "route_not_found", "no such route: GET /openapi.json lists them"},
		{"GET", "/v1/insert", ``, 405, "method_not_allowed", "method not allowed on this route: see the Allow header"},
		{"OPTIONS", "/v1/databases/x", ``, 405, "method_not_allowed", "method not allowed on this route: see the Allow header"},
	} {
		c.wantError(r.method, r.path, r.body, r.status, r.code, r.text)
	}
	c.want("GET", "/v1/databases", "", 200, `{"databases":[]}`)
}

func TestZeroVectorUnderCosine(t *testing.T) {
	c := newClient(t, options{})
	if got := c.do("PUT", "/v1/databases/c", `{"metric":"cosine"}`); got.status != 201 {
		t.Fatal(got)
	}
	const text = "embedding has length zero, which has no direction under the cosine metric"
	c.wantError("POST", "/v1/insert", `{"database_id":"c","chunks":[{"embedding":[1,2]},{"embedding":[0,-0]}]}`, 422, "zero_vector", text+" (chunks[1])")
	c.want("POST", "/v1/insert", `{"database_id":"c","chunks":[{"embedding":[1,2]}]}`, 200, `{"inserted_ids":[1]}`)
	c.wantError("POST", "/v1/search", `{"database_id":"c","embeddings":[[0,0]],"num_results":1}`, 422, "zero_vector", text+" (embeddings[0])")
}

func TestWrongMethodSaysWhatIsAllowed(t *testing.T) {
	c := newClient(t, options{})
	allow := c.do("POST", "/v1/databases/x", "").header.Get("Allow")
	for _, m := range []string{"PUT", "GET", "DELETE"} {
		if !strings.Contains(allow, m) {
			t.Errorf("Allow = %q; want %s in it", allow, m)
		}
	}
}

func TestAfterClose(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{})}
	if err := svc.Close(); err != nil {
		t.Fatal(err)
	}
	got := c.do("POST", "/v1/insert", twoChunks)
	if got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("insert after Close = %d %v; want 503 with Retry-After", got.status, got.header)
	}
}
