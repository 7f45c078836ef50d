package decode_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// insertBody returns the body of an insert of n chunks.
func insertBody(n, dims int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(dims)))
	chunks := make([]string, n)
	for i := range chunks {
		v := make([]float32, dims)
		for j := range v {
			v[j] = float32(r.NormFloat64() / 20)
		}
		chunks[i] = fmt.Sprintf(`{"embedding":%s,"text":"chunk number %d says what it has to say","metadata":{"n":%d}}`, wire.AppendFloats(nil, v), i, i)
	}
	return `{"database_id":"bench","chunks":[` + strings.Join(chunks, ",") + `]}`
}

func BenchmarkInsert(b *testing.B) {
	for _, dims := range []int{100, 768} {
		body := []byte(insertBody(500, dims))
		b.Run(fmt.Sprintf("500x%d/decoder", dims), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode.Insert(body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("500x%d/encoding-json", dims), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var p plainInsert
				if err := json.Unmarshal(body, &p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
