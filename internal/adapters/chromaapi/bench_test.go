package chromaapi_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
)

func vectorOf(r *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64() / 20)
	}
	return v
}

// BenchmarkQuery is one query against 100 records with ten hits, without a network, as
// BenchmarkSearch of package httpapi is of memista's own API.
func BenchmarkQuery(b *testing.B) {
	for _, dims := range []int{100, 768} {
		b.Run(fmt.Sprintf("%dd", dims), func(b *testing.B) {
			svc := newService(b)
			c := newClient(b, svc, web.Options{}, chromaapi.Options{})
			c.make("bench", `,"configuration":{"hnsw":{"space":"ip"}}`)
			r := rand.New(rand.NewPCG(1, uint64(dims)))
			var ids, vectors, documents, metadatas []string
			for i := range 100 {
				ids, vectors = append(ids, fmt.Sprintf(`"%d"`, i)), append(vectors, string(wire.AppendFloats(nil, vectorOf(r, dims))))
				documents, metadatas = append(documents, fmt.Sprintf(`"chunk number %d says what it has to say"`, i)), append(metadatas, fmt.Sprintf(`{"n":%d}`, i))
			}
			c.want("POST", "/collections/{bench}/add", `{"ids":[`+strings.Join(ids, ",")+`],"embeddings":[`+strings.Join(vectors, ",")+`],"documents":[`+strings.Join(documents, ",")+`],"metadatas":[`+strings.Join(metadatas, ",")+`]}`, 201, `{}`)
			body := []byte(`{"query_embeddings":[` + string(wire.AppendFloats(nil, vectorOf(r, dims))) + `],"n_results":10}`)
			path := spacePath + "/collections/" + c.ids["bench"] + "/query"
			b.ReportAllocs()
			for b.Loop() {
				req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, bytes.NewReader(body))
				req.Host = "127.0.0.1:8083"
				rec := httptest.NewRecorder()
				c.handler.ServeHTTP(rec, req)
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code, rec.Body)
				}
			}
		})
	}
}
