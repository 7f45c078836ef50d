package qdrantapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// many has a collection m with the dense vectors a, by the Euclidean distance, and b, by the
// cosine, and the sparse vector s.
func many(t *testing.T) *client {
	t.Helper()
	c := newClient(t, web.Options{})
	c.want("PUT", "/collections/m", `{"vectors":{"a":{"size":2,"distance":"Euclid"},"b":{"size":3,"distance":"Cosine"}},"sparse_vectors":{"s":{}}}`, "true")
	c.ok("PUT", "/collections/m/points?wait=true", `{"points":[
		{"id":1,"vector":{"a":[0,0],"b":[1,0,0],"s":{"indices":[7],"values":[1]}},"payload":{"g":"x"}},
		{"id":2,"vector":{"a":[3,4]},"payload":{"g":"y"}},
		{"id":3,"vector":{"a":[6,8],"b":[0,3,4]},"payload":{"g":"x"}},
		{"id":4,"vector":{}}]}`)
	return c
}

func TestSeveralDenseVectors(t *testing.T) {
	c := many(t)
	if info := c.ok("GET", "/collections/m", ""); !strings.Contains(info, `"vectors":{"a":{"size":2,"distance":"Euclid"},"b":{"size":3,"distance":"Cosine"}}`) {
		t.Errorf("info = %s; want both vectors as they were sent", info)
	}
	for body, want := range map[string]string{
		`{"query":[0,0],"using":"a"}`:                                `{"points":[{"id":1,"version":1,"score":0},{"id":2,"version":2,"score":5},{"id":3,"version":3,"score":10}]}`,
		`{"query":[0,0],"using":"a","score_threshold":6,"offset":1}`: `{"points":[{"id":2,"version":2,"score":5}]}`,
		`{"query":[0,1,0],"using":"b"}`:                              `{"points":[{"id":3,"version":3,"score":0.6},{"id":1,"version":1,"score":0}]}`,
		`{"query":3,"using":"a","limit":1}`:                          `{"points":[{"id":2,"version":2,"score":5}]}`,
		`{"query":[0,0],"using":"a","filter":{"must":[{"key":"g","match":{"value":"x"}}]},"params":{"exact":true}}`:             `{"points":[{"id":1,"version":1,"score":0},{"id":3,"version":3,"score":10}]}`,
		`{"query":{"recommend":{"positive":[1],"negative":[[3,4]]}},"using":"a"}`:                                               `{"points":[{"id":2,"version":2,"score":10},{"id":3,"version":3,"score":15}]}`,
		`{"query":{"nearest":[0,0],"mmr":{"diversity":1}},"using":"a","limit":2}`:                                               `{"points":[{"id":1,"version":1,"score":0},{"id":3,"version":3,"score":10}]}`,
		`{"prefetch":[{"query":[6,8],"using":"a","limit":2},{"query":[0,1,0],"using":"b"}],"query":{"fusion":"rrf"},"limit":1}`: `{"points":[{"id":3,"version":3,"score":1}]}`,
		`{"prefetch":{"query":[6,8],"using":"a","limit":2},"query":[0,1,0],"using":"b"}`:                                        `{"points":[{"id":3,"version":3,"score":0.6}]}`,
	} {
		c.want("POST", "/collections/m/points/query", body, want)
	}
	c.want("POST", "/collections/m/points/search", `{"vector":{"name":"b","vector":[0,3,4]},"limit":1,"with_vector":["b"]}`, `[{"id":3,"version":3,"score":1,"vector":{"b":[0,0.6,0.8]}}]`)
	c.want("POST", "/collections/m/points/recommend", `{"positive":[3],"using":"b","limit":1}`, `[{"id":1,"version":1,"score":0}]`)
	c.want("POST", "/collections/m/points/query/groups", `{"query":[0,0],"using":"a","group_by":"g","group_size":1}`,
		`{"groups":[{"id":"x","hits":[{"id":1,"version":1,"score":0}]},{"id":"y","hits":[{"id":2,"version":2,"score":5}]}]}`)
	pairs := c.ok("POST", "/collections/m/points/search/matrix/pairs", `{"using":"b"}`)
	if !strings.Contains(pairs, `{"a":1,"b":3,"score":0}`) || strings.Count(pairs, "score") != 2 {
		t.Errorf("pairs = %s; want those of 1 and 3", pairs)
	}
}

func TestVectorsOfManyAreChanged(t *testing.T) {
	c := many(t)
	all := func(want string) {
		t.Helper()
		c.want("POST", "/collections/m/points", `{"ids":[1,2],"with_payload":false,"with_vector":true}`, want)
	}
	all(`[{"id":1,"vector":{"a":[0,0],"b":[1,0,0],"s":{"indices":[7],"values":[1]}}},{"id":2,"vector":{"a":[3,4]}}]`)
	c.ok("PUT", "/collections/m/points/vectors", `{"points":[{"id":1,"vector":{"a":[1,1]}},{"id":2,"vector":{"b":[0,0,1]}}]}`)
	all(`[{"id":1,"vector":{"a":[1,1],"b":[1,0,0],"s":{"indices":[7],"values":[1]}}},{"id":2,"vector":{"a":[3,4],"b":[0,0,1]}}]`)
	c.want("POST", "/collections/m/points/query", `{"query":[0,0,1],"using":"b","limit":1}`, `{"points":[{"id":2,"version":6,"score":1}]}`)
	c.ok("POST", "/collections/m/points/vectors/delete", `{"points":[1,2],"vector":["a","s"]}`)
	all(`[{"id":1,"vector":{"b":[1,0,0]}},{"id":2,"vector":{"b":[0,0,1]}}]`)
	c.want("POST", "/collections/m/points/query", `{"query":[0,0],"using":"a"}`, `{"points":[{"id":3,"version":3,"score":10}]}`)
	c.ok("POST", "/collections/m/points/payload", `{"payload":{"n":1},"points":[1]}`)
	c.ok("PUT", "/collections/m/points", `{"batch":{"ids":[2],"vectors":{"a":[[5,5]],"b":[null]}}}`) // takes the place of the point
	all(`[{"id":1,"vector":{"b":[1,0,0]}},{"id":2,"vector":{"a":[5,5]}}]`)
	c.ok("POST", "/collections/m/points/delete", `{"points":[2]}`)
	c.want("POST", "/collections/m/points/query", `{"query":[5,5],"using":"a","limit":1}`, `{"points":[{"id":3,"version":3,"score":3.1622777}]}`)
}

func TestVectorsOfManyAreRefused(t *testing.T) {
	c := many(t)
	for _, r := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"PUT", "/points", `{"points":[{"id":9,"vector":[1,2]}]}`, 400, "Wrong input: Not existing vector name error: "},
		{"PUT", "/points", `{"points":[{"id":9,"vector":{"z":[1,2]}}]}`, 400, "Wrong input: Not existing vector name error: z"},
		{"PUT", "/points", `{"points":[{"id":9,"vector":{"a":[1,2,3]}}]}`, 400, "Wrong input: Vector dimension error: expected dim: 2, got 3"},
		{"PUT", "/points", `{"points":[{"id":9,"vector":{"a":{"text":"x","model":"m"}}}]}`, 501, "memista makes no vector of a text where a collection has several: send an array of numbers as `a`"},
		{"POST", "/points/query", `{"query":[1,2]}`, 400, "Wrong input: Not existing vector name error: "},
		{"POST", "/points/query", `{"query":[1,2,3],"using":"a"}`, 400, "Wrong input: Vector dimension error: expected dim: 2, got 3"},
		{"POST", "/points/query", `{"query":2,"using":"b"}`, 400, "Wrong input: Not existing vector name error: the point with id 2 has no vector `b`"},
		{"POST", "/points/query", `{"query":{"text":"x","model":"m"},"using":"a"}`, 501, "memista makes no vector of a text where a collection has several: query `a` with an array of numbers"},
		{"POST", "/points/recommend", `{"positive":[2],"using":"b","limit":1}`, 400, "Wrong input: the point with id 2 has no vector"},
		{"POST", "/points/vectors/delete", `{"points":[1],"vector":["z"]}`, 400, "Wrong input: Not existing vector name error: z"},
		{"POST", "/points/search/matrix/pairs", `{}`, 400, "Wrong input: Not existing vector name error: "},
	} {
		c.fails(r.method, "/collections/m"+r.path, r.body, r.status, r.text)
	}
	c.want("POST", "/collections/m/points/count", `{}`, `{"count":4}`)
}

// TestNativeNamedVectors has those of a database that memista's own API has made.
func TestNativeNamedVectors(t *testing.T) {
	c := newClient(t, web.Options{})
	for path, body := range map[string]string{"/v1/databases/n": `{"optional_embeddings":true,"dimensions":2,"metric":"ip","vectors":{"t":{"dims":1,"metric":"l2"}}}`} {
		if rec := c.send("PUT", path, body); rec.Code > 299 {
			t.Fatalf("PUT %s = %d %s", path, rec.Code, rec.Body)
		}
	}
	c.ok("PUT", "/collections/n/points", `{"points":[{"id":1,"vector":{"":[1,0],"t":[5]}},{"id":2,"vector":[0,2]}]}`)
	if info := c.ok("GET", "/collections/n", ""); !strings.Contains(info, `"vectors":{"":{"size":2,"distance":"Dot"},"t":{"size":1,"distance":"Euclid"}}`) {
		t.Errorf("info = %s; want both vectors", info)
	}
	c.want("POST", "/collections/n/points/query", `{"query":[4],"using":"t","with_vector":true}`, `{"points":[{"id":1,"version":1,"score":1,"vector":{"":[1,0],"t":[5]}}]}`)
	c.want("POST", "/collections/n/points/query", `{"query":[0,1],"limit":1,"with_vector":true}`, `{"points":[{"id":2,"version":2,"score":2,"vector":[0,2]}]}`)
}
