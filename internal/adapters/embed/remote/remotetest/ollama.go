package remotetest

import (
	"encoding/json"
	"testing"
)

// NewOllama returns a server with the API of Ollama. It is closed when the test ends.
func NewOllama(tb testing.TB) *Server {
	return NewServer(tb, API{
		Path: "/api/embed",
		Texts: func(body []byte) ([]string, error) {
			var r struct{ Input []string }
			err := json.Unmarshal(body, &r)
			return r.Input, err
		},
		Answer: func(_ []byte, es [][]float32) any { return map[string]any{"model": "words", "embeddings": es} },
	})
}
