package qdrantapi_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// vector returns a random vector as JSON.
func vector(r *rand.Rand, dims int) string {
	v := make([]float32, dims)
	for j := range v {
		v[j] = float32(r.NormFloat64() / 20)
	}
	return string(wire.AppendFloats(nil, v))
}

// asks are requests for ten hits through the Qdrant API and through memista's own, over the
// same points.
type asks struct {
	c      *client
	dims   string
	bodies map[string][2]string // path and body by name
}

// names of the requests, in the order in which they run.
var names = []string{"own", "qdrant", "own filtered", "qdrant filtered"}

func newAsks(b *testing.B, dims int) *asks {
	b.Helper()
	r := rand.New(rand.NewPCG(uint64(dims), 1))
	c := newClient(b, web.Options{})
	c.ok("PUT", "/collections/docs", fmt.Sprintf(`{"vectors":{"size":%d,"distance":"Cosine"}}`, dims))
	points := make([]string, 1000)
	for i := range points {
		points[i] = fmt.Sprintf(`{"id":%d,"vector":%s,"payload":{"content":"point number %d says what it has to say","metadata":{"n":%d}}}`, i, vector(r, dims), i, i%10)
	}
	c.ok("PUT", "/collections/docs/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	v := vector(r, dims)
	return &asks{c, fmt.Sprintf("%dd", dims), map[string][2]string{
		"own":             {"/v1/search", `{"database_id":"docs","embeddings":[` + v + `],"num_results":10}`},
		"qdrant":          {"/collections/docs/points/query", `{"query":` + v + `,"limit":10,"with_payload":true}`},
		"own filtered":    {"/v1/search", `{"database_id":"docs","embeddings":[` + v + `],"num_results":10,"filter":{"metadata.n":3}}`},
		"qdrant filtered": {"/collections/docs/points/query", `{"query":` + v + `,"limit":10,"with_payload":true,"filter":{"must":[{"key":"metadata.n","match":{"value":3}}]}}`},
	}}
}

func (a *asks) send(b *testing.B, name string) {
	b.Helper()
	ask := a.bodies[name]
	req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://localhost"+ask[0], strings.NewReader(ask[1]))
	rec := httptest.NewRecorder()
	a.c.handler.ServeHTTP(rec, req)
	if rec.Code != http.StatusOK {
		b.Fatal(rec.Code, rec.Body)
	}
}

// BenchmarkQuery is one query with ten hits, without a network.
func BenchmarkQuery(b *testing.B) {
	for _, dims := range []int{100, 768} {
		a := newAsks(b, dims)
		for _, name := range names {
			b.Run(a.dims+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					a.send(b, name)
				}
			})
		}
	}
}

// BenchmarkUpsert is 100 points of 768 dimensions, written over and over.
func BenchmarkUpsert(b *testing.B) {
	const dims = 768
	r := rand.New(rand.NewPCG(dims, 2))
	c := newClient(b, web.Options{})
	c.ok("PUT", "/collections/docs", fmt.Sprintf(`{"vectors":{"size":%d,"distance":"Cosine"}}`, dims))
	points, chunks := make([]string, 100), make([]string, 100)
	for i := range points {
		v := vector(r, dims)
		points[i] = fmt.Sprintf(`{"id":%d,"vector":%s,"payload":{"content":"point number %d","n":%d}}`, i, v, i, i)
		chunks[i] = fmt.Sprintf(`{"key":"u:%020d","embedding":%s,"text":"point number %d","metadata":{"content":"point number %d","n":%d}}`, i, v, i, i, i)
	}
	for _, ask := range []struct{ name, method, path, body string }{
		{"own", "POST", "/v1/databases/docs/chunks", `{"chunks":[` + strings.Join(chunks, ",") + `]}`},
		{"qdrant", "PUT", "/collections/docs/points?wait=true", `{"points":[` + strings.Join(points, ",") + `]}`},
	} {
		b.Run(ask.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rec := c.send(ask.method, ask.path, ask.body); rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}
