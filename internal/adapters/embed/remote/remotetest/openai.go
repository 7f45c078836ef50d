package remotetest

import (
	"encoding/json"
	"testing"
)

// NewOpenAI returns a server with the API of OpenAI below /v1, for tests of what lies above
// embedders. It is closed when the test ends.
func NewOpenAI(tb testing.TB) *Server {
	return NewServer(tb, API{
		Path: "/v1/embeddings",
		Texts: func(body []byte) ([]string, error) {
			var in struct {
				Input []string `json:"input"`
			}
			err := json.Unmarshal(body, &in)
			return in.Input, err
		},
		Answer: func(_ []byte, embeddings [][]float32) any {
			data := make([]any, len(embeddings))
			for i, e := range embeddings {
				data[i] = map[string]any{"index": i, "embedding": e}
			}
			return map[string]any{"data": data}
		},
	})
}
