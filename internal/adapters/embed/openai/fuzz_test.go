package openai

import (
	"testing"

	"github.com/memista/memista/internal/adapters/embed/remote"
)

// FuzzReadAnswer holds that what is read is as many embeddings as texts, and that nothing
// crashes.
func FuzzReadAnswer(f *testing.F) {
	for _, answer := range []string{
		`{"data":[{"index":1,"embedding":[1,2]},{"index":0,"embedding":"AACAPwAAAEA="}]}`,
		`{"data":[{"embedding":[1e3,-0.5]},{"embedding":[]}]}`, `{"data":null}`, `{"data":[{"embedding":"\/\/9/vw"}]}`,
		`{"data":[{"index":-1,"embedding":[null]}]}`, `[]`, `{"data":[{"index":1e9}]}`, `{"error":{"message":"x"}}`, ``,
	} {
		f.Add([]byte(answer), 2)
	}
	f.Fuzz(func(t *testing.T, answer []byte, n int) {
		n &= 7
		es, err := readAnswer(answer, n)
		if err != nil {
			if es != nil {
				t.Errorf("embeddings beside the error %v", err)
			}
			return
		}
		if len(es) != n {
			t.Errorf("%d embeddings; want %d", len(es), n)
		}
		if remote.CheckEmbeddings(es, n) == nil {
			for i := range es {
				for k := range es[i] {
					if es[i][k]-es[i][k] != 0 {
						t.Errorf("%v passes for a finite number", es[i][k])
					}
				}
			}
		}
	})
}
