package httpapi_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web/wire"
)

// randomVectors returns n vectors as JSON arrays.
func randomVectors(n, dims int) []string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(dims)))
	out := make([]string, n)
	for i := range out {
		v := make([]float32, dims)
		for j := range v {
			v[j] = float32(r.NormFloat64() / 20)
		}
		out[i] = string(wire.AppendFloats(nil, v))
	}
	return out
}

func insertBody(n, dims int) string {
	chunks := make([]string, n)
	for i, v := range randomVectors(n, dims) {
		chunks[i] = fmt.Sprintf(`{"embedding":%s,"text":"chunk number %d says what it has to say","metadata":{"n":%d}}`, v, i, i)
	}
	return `{"database_id":"bench","chunks":[` + strings.Join(chunks, ",") + `]}`
}

func searchBody(dims int) string {
	return `{"database_id":"bench","embeddings":[` + randomVectors(1, dims)[0] + `],"num_results":10}`
}

// BenchmarkSearch is one query against 100 rows with ten hits, without a network.
func BenchmarkSearch(b *testing.B) {
	for _, dims := range []int{100, 768} {
		b.Run(fmt.Sprintf("%dd", dims), func(b *testing.B) {
			svc, _ := newService(b)
			h := newHandler(svc, options{})
			send := func(path string, body []byte) {
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, request(http.MethodPost, path, bytes.NewReader(body)))
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
			send("/v1/insert", []byte(insertBody(100, dims)))
			body := []byte(searchBody(dims))
			b.ReportAllocs()
			for b.Loop() {
				send("/v1/search", body)
			}
		})
	}
}
