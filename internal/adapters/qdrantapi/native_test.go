package qdrantapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// TestNativeSparseVectors has those of a database that memista's own API has made.
func TestNativeSparseVectors(t *testing.T) {
	c := newClient(t, web.Options{})
	send := func(method, path, body string) {
		t.Helper()
		if rec := c.send(method, path, body); rec.Code > 299 {
			t.Fatalf("%s %s = %d %s", method, path, rec.Code, rec.Body)
		}
	}
	send("PUT", "/v1/databases/n", `{"optional_embeddings":true,"sparse":{"plain":{}}}`)
	send("POST", "/v1/databases/n/chunks", `{"chunks":[
		{"key":"1","embedding":[1,0],"text":"one","sparse":{"plain":{"indices":[7,2],"values":[1,0.5]}}},
		{"key":"2","text":"two","sparse":{"plain":{"indices":[7],"values":[3]}}}]}`)
	if info := c.ok("GET", "/collections/n", ""); !strings.Contains(info, `"sparse_vectors":{"plain":{}}`) {
		t.Errorf("info = %s; want the sparse vectors", info)
	}
	send("PATCH", "/v1/databases/n", `{"sparse":{"plain":{},"more":{"modifier":"idf"}}}`)
	if info := c.ok("GET", "/collections/n", ""); !strings.Contains(info, `"sparse_vectors":{"more":{"modifier":"idf"},"plain":{}}`) {
		t.Errorf("info = %s; want the sparse vectors that were added", info)
	}
	c.want("POST", "/collections/n/points/query", `{"query":{"indices":[7],"values":[1]},"using":"plain"}`,
		`{"points":[{"id":2,"version":2,"score":3},{"id":1,"version":1,"score":1}]}`)
	c.want("POST", "/collections/n/points", `{"ids":[1,2],"with_payload":true,"with_vector":true}`,
		`[{"id":1,"payload":{"text":"one"},"vector":{"":[1,0],"plain":{"indices":[2,7],"values":[0.5,1]}}},{"id":2,"payload":{"text":"two"},"vector":{"plain":{"indices":[7],"values":[3]}}}]`)

	// Their texts are theirs, and not words for the model bm25.
	c.ok("PUT", "/collections/n/points", `{"points":[{"id":3,"vector":{"more":{"indices":[1],"values":[1]}},"payload":{"text":"three"}}]}`)
	c.ok("POST", "/collections/n/points/payload", `{"payload":{"text":"III"},"points":[3]}`)
	c.ok("POST", "/collections/n/points/vectors/delete", `{"vector":["plain"],"points":[1]}`)
	c.want("POST", "/collections/n/points", `{"ids":[1,3],"with_payload":true,"with_vector":true}`,
		`[{"id":1,"payload":{"text":"one"},"vector":[1,0]},{"id":3,"payload":{"text":"III"},"vector":{"more":{"indices":[1],"values":[1]}}}]`)
	rec := c.send("PUT", "/collections/n/points", `{"points":[{"id":4,"vector":{"plain":{"text":"words","model":"qdrant/bm25"}}}]}`)
	if rec.Code != 501 || !strings.Contains(errorOf(t, rec), "was not made by the API of Qdrant") {
		t.Errorf("words for a sparse vector = %d %s; want 501", rec.Code, rec.Body)
	}
}
