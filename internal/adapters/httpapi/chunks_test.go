package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

const manyKeys = "a/b c%d+é?#&日本語🙂.."

func keyPath(key string) string { return "/v1/databases/my_app/keys/" + url.PathEscape(key) }

func TestInsertInto(t *testing.T) {
	c := newClient(t, options{})
	const path = "/v1/databases/my_app/chunks"
	c.want("POST", path, `{"chunks":[{"embedding":[1,0],"text":"one","key":"a"},{"embedding":[0,1]}]}`, 200, `{"inserted_ids":[1,2]}`)
	c.want("POST", path, `{"on_conflict":"skip","chunks":[{"embedding":[5,5],"text":"other","key":"a"},{"embedding":[2,2],"key":"b"}]}`, 200, `{"inserted_ids":[1,3]}`)
	c.want("GET", keyPath("a")+"?include=text,embedding", "", 200, `{"chunk_id":1,"key":"a","text":"one","embedding":[1,0],"expires_at":null}`)
	c.wantError("POST", path, `{"chunks":[{"embedding":[9,9],"key":"c"},{"embedding":[5,5],"key":"a"}],"on_conflict":"error"}`, 409, "conflict", "key 'a' exists already, as chunk 1 (chunks[1])")
	c.wantError("GET", keyPath("c"), "", 404, "not_found", `Chunk with key "c" not found`)
	c.want("POST", path, `{"on_conflict":"replace","chunks":[{"embedding":[3,3],"key":"a"}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("POST", "/v1/insert", `{"database_id":"my_app","on_conflict":null,"chunks":[{"embedding":[4,4],"key":"a"}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("GET", keyPath("a"), "", 200, `{"chunk_id":1,"key":"a","text":"","metadata":null,"expires_at":null}`)
	for body, want := range map[string]string{
		`{"chunks":[{"embedding":[1,1],"key":"a"},{"embedding":[1,1],"key":"a"}]}`: "key is the same as that of chunks[0] (chunks[1])",
		`{"chunks":[{"embedding":[1,1]}],"on_conflict":"ignore"}`:                  "on_conflict: must be one of replace, error, skip (at byte 54)",
		`{"chunks":[{"embedding":[1,1]}],"database_id":"my_app"}`:                  `unknown field "database_id": known are chunks, on_conflict (at byte 32)`,
		`{"on_conflict":"skip"}`: "field chunks is missing",
		`{"chunks":[]}`:          "Chunks array cannot be empty",
	} {
		c.wantError("POST", path, body, 400, "invalid_request", want)
	}
	c.wantError("POST", "/v1/databases/a%20b/chunks", `{"chunks":[{"embedding":[1]}]}`, 400, "invalid_request", "database_id may contain only A-Z a-z 0-9 _ - . (byte 1 is another)")
}

func TestChunksByKey(t *testing.T) {
	c := newClient(t, options{})
	for i, key := range []string{"a/b", "..", ".", "a//b/", "100%", "%2F", "a+b c", "?x=1#y", "é日本🙂", "\"quoted\"\n\t", strings.Repeat("k", 512), manyKeys} {
		body := fmt.Sprintf(`{"chunks":[{"embedding":[1],"text":"%d","key":%q}]}`, i, key)
		c.want("POST", "/v1/databases/my_app/chunks", body, 200, fmt.Sprintf(`{"inserted_ids":[%d]}`, i+1))
		got := c.do("GET", keyPath(key)+"?include=text", "")
		if want := fmt.Sprintf(`"text":"%d","expires_at":null}`, i); got.status != 200 || !strings.HasSuffix(got.body, want) {
			t.Errorf("GET of key %q = %d %s; want …%s", key, got.status, got.body, want)
		}
		if got := c.do("PATCH", keyPath(key)+"?include=metadata", `{"metadata":{"i":1}}`); got.status != 200 || !strings.HasSuffix(got.body, `"metadata":{"i":1},"expires_at":null}`) {
			t.Errorf("PATCH of key %q = %d %s", key, got.status, got.body)
		}
		c.want("DELETE", keyPath(key), "", 200, `{"deleted":1}`)
		if got := c.do("DELETE", keyPath(key), ""); got.status != 404 {
			t.Errorf("second DELETE of key %q = %d %s; want 404", key, got.status, got.body)
		}
	}
	for key, want := range map[string]string{
		"%00":                    "key contains a NUL byte",
		"%ff":                    "key is not valid UTF-8",
		strings.Repeat("k", 513): "key has 513 bytes, at most 512 are allowed",
	} {
		c.wantError("GET", "/v1/databases/my_app/keys/"+key, "", 400, "invalid_request", want)
		c.wantError("DELETE", "/v1/databases/my_app/keys/"+key, "", 400, "invalid_request", want)
		c.wantError("PATCH", "/v1/databases/my_app/keys/"+key, `{"text":""}`, 400, "invalid_request", want)
	}
	c.wantError("GET", "/v1/databases/none/keys/a", "", 404, "not_found", "Database 'none' not found")
	c.wantError("GET", "/v1/databases/my_app/keys/", "", 404, "route_not_found", "no such route: GET /openapi.json lists them")
}

func TestPatch(t *testing.T) {
	c := newClient(t, options{})
	const path = "/v1/databases/my_app/chunks/"
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("PATCH", path+"2", `{"metadata":{"b":[1],"a":null}}`, 200, `{"chunk_id":2,"key":"k/2","text":"Second \u2028 chunk","metadata":{"b":[1]},"expires_at":null}`)
	c.want("PATCH", keyPath("k/2"), `{"text":"new"}`, 200, `{"chunk_id":2,"key":"k/2","text":"new","metadata":{"b":[1]},"expires_at":null}`)
	c.want("PATCH", path+"2?include=embedding", `{"embedding":[0,3]}`, 200, `{"chunk_id":2,"key":"k/2","embedding":[0,3],"expires_at":null}`)
	c.want("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[0,1]],"num_results":1}`, 200,
		`[[{"chunk_id":2,"key":"k/2","text":"new","metadata":{"b":[1]},"score":3,"distance":-2}]]`)
	c.want("PATCH", path+"2", `{"text":null,"metadata":null}`, 200, `{"chunk_id":2,"key":"k/2","text":"","metadata":null,"expires_at":null}`)
	c.want("PATCH", path+"1", `{"metadata":{"page":2}}`, 200, `{"chunk_id":1,"key":null,"text":"First chunk","metadata":"{\"source\":\"readme\",\"page\":2}","expires_at":null}`)
	for body, want := range map[string]string{
		`{}`:                    "nothing to change: give a text, metadata, an embedding, sparse or named vectors, or a time to live",
		``:                      "the JSON ends where an object was expected (at byte 0)",
		`{"embedding":[]}`:      "embedding cannot be empty",
		`{"embedding":null}`:    "embedding: expected an array of numbers, found null (at byte 13)",
		`{"metadata":[1]}`:      "metadata: metadata must be a JSON object, a string or null (at byte 12)",
		`{"key":"x"}`:           `unknown field "key": known are embedding, text, metadata, ttl_seconds, sparse, vectors (at byte 1)`,
		`{"text":"a"}{"text":1`: "unexpected data after the end of the JSON value (at byte 12)",
	} {
		c.wantError("PATCH", path+"1", body, 400, "invalid_request", want)
	}
	c.wantError("PATCH", path+"1", `{"embedding":[1]}`, 422, "dimension_mismatch", "Embedding dimension mismatch: expected 2, got 1")
	c.wantError("PATCH", path+"1", `{"embedding":[3e38,3e38]}`, 422, "not_finite", "embedding is too long: its length is 4.24e+38 and may be 9.22e+18 at most, or distances would not fit into float32")
	c.wantError("PATCH", path+"3", `{"text":"x"}`, 404, "not_found", "Chunk 3 not found")
	c.wantError("PATCH", "/v1/databases/none/chunks/1", `{"text":"x"}`, 404, "not_found", "Database 'none' not found")
	c.want("GET", path+"1?include=text,embedding", "", 200, `{"chunk_id":1,"key":null,"text":"First chunk","embedding":[1,0],"expires_at":null}`)
}

// Every field that a PATCH adds must be there at the end, whoever else was at it.
func TestPatchesDoNotLoseOneAnother(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	const clients, each = 8, 12
	var wg sync.WaitGroup
	for i := range clients {
		path := keyPath("k/2")
		if i%2 == 0 {
			path = "/v1/databases/my_app/chunks/2"
		}
		wg.Go(func() {
			for j := range each {
				if got := c.do("PATCH", path, fmt.Sprintf(`{"metadata":{"f%d_%d":%d}}`, i, j, j)); got.status != 200 {
					t.Errorf("PATCH = %d %s", got.status, got.body)
				}
			}
		})
	}
	wg.Wait()
	got := c.do("GET", keyPath("k/2"), "")
	for i := range clients {
		for j := range each {
			if field := fmt.Sprintf(`"f%d_%d":%d`, i, j, j); !strings.Contains(got.body, field) {
				t.Errorf("%s is lost: %s", field, got.body)
			}
		}
	}
}

// The base64 of [1, -2.5] and of others, as the embeddings of all requests.
func TestBase64(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", `{"database_id":"my_app","chunks":[{"embedding":"AACAPwAAIMA=","key":"a"},{"embedding":[0.1,0.2]}]}`, 200, `{"inserted_ids":[1,2]}`)
	c.want("GET", keyPath("a")+"?include=embedding", "", 200, `{"chunk_id":1,"key":"a","embedding":[1,-2.5],"expires_at":null}`)
	c.want("GET", keyPath("a")+"?include=embedding&encoding=base64", "", 200, `{"chunk_id":1,"key":"a","embedding":"AACAPwAAIMA=","expires_at":null}`)
	c.want("GET", "/v1/databases/my_app/chunks/2?include=embedding&encoding=base64", "", 200, `{"chunk_id":2,"key":null,"embedding":"zczMPc3MTD4=","expires_at":null}`)
	c.want("PATCH", keyPath("a")+"?include=embedding&encoding=array", `{"embedding":"zczMPc3MTD4="}`, 200, `{"chunk_id":1,"key":"a","embedding":[0.1,0.2],"expires_at":null}`)
	c.want("PATCH", keyPath("a")+"?include=", `{"embedding":"AACAPwAAIMA="}`, 200, `{"chunk_id":1,"key":"a","expires_at":null}`)
	c.want("POST", "/v1/search", `{"database_id":"my_app","embeddings":["AACAPwAAIMA=",[1,-2.5]],"num_results":1,"include":["embedding"],"encoding":"base64"}`, 200,
		`[[{"chunk_id":1,"key":"a","score":7.25,"distance":-6.25,"embedding":"AACAPwAAIMA="}],[{"chunk_id":1,"key":"a","score":7.25,"distance":-6.25,"embedding":"AACAPwAAIMA="}]]`)
	c.want("POST", "/v1/search", `{"database_id":"my_app","embeddings":["AACAPwAAIMA="],"num_results":1,"include":["embedding"],"encoding":null}`, 200,
		`[[{"chunk_id":1,"key":"a","score":7.25,"distance":-6.25,"embedding":[1,-2.5]}]]`)
	insert := func(embedding string) string {
		return `{"database_id":"my_app","chunks":[{"embedding":[1,2]},{"embedding":` + embedding + `}]}`
	}
	const notBase64 = "chunks[1].embedding: a vector in a string must be base64 of little-endian float32, with padding (at byte 67)"
	for embedding, want := range map[string]string{
		`"AACAPwAAIMA"`:  notBase64,
		`"AACAPwAAIMB="`: notBase64, // bits after the end
		`"AACA*wAAIMA="`: notBase64,
		`"AACAPwAAIA=="`: "chunks[1].embedding: a vector in a string has 4 bytes for each component, but these are 7 bytes (at byte 67)",
		`""`:             "embedding cannot be empty (chunks[1])",
	} {
		c.wantError("POST", "/v1/insert", insert(embedding), 400, "invalid_request", want)
	}
	c.wantError("POST", "/v1/insert", insert(`"AACAPwAAwH8="`), 422, "not_finite", "embedding component 1 is not a finite number (chunks[1])")
	c.wantError("POST", "/v1/insert", insert(`"AACAPwAAgH8="`), 422, "not_finite", "embedding component 1 is not a finite number (chunks[1])")
	c.wantError("POST", "/v1/insert", insert(`"AACAPw=="`), 422, "dimension_mismatch", "Embedding dimension mismatch: expected 2, got 1 (chunks[1])")
	c.wantError("POST", "/v1/search", `{"database_id":"my_app","embeddings":["AACAPwAAIMA="],"num_results":1,"encoding":"hex"}`, 400, "invalid_request", "encoding: must be one of array, base64 (at byte 86)")
	// PHP writes a slash in a string as \/.
	c.want("POST", "/v1/insert", `{"database_id":"s","chunks":[{"embedding":"/\/9\/Pw=="}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("GET", "/v1/databases/s/chunks/1?include=embedding&encoding=base64", "", 200, `{"chunk_id":1,"key":null,"embedding":"//9/Pw==","expires_at":null}`)
}
