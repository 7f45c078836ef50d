// Package servertest is a server with /rerank for the tests of rerankers, and of what lies
// above them.
package servertest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/ports/reranktest"
)

// Request is a body in either API; what it does not have is nil.
type Request struct {
	Model     *string
	Query     string
	Documents []string
	TopN      *int `json:"top_n"`
	Texts     []string
	Truncate  *bool
}

// New returns a server that gives texts the scores of m. Asked for documents it answers as
// Cohere does, from last to first and with the documents; asked for texts as Text Embeddings
// Inference. It is closed when the test ends.
func New(tb testing.TB, m *reranktest.Memory) *providertest.Server {
	return providertest.NewServer(tb, func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		var in Request
		if err := json.Unmarshal(raw, &in); err != nil || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/rerank") {
			http.NotFound(w, r)
			return
		}
		texts := append(in.Documents, in.Texts...)
		scores, err := m.Rerank(r.Context(), in.Query, texts)
		if err != nil {
			providertest.Say(http.StatusBadRequest, err.Error())(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer(in, texts, scores))
	})
}

func answer(in Request, texts []string, scores []float32) any {
	items := []any{}
	for i := len(scores) - 1; i >= 0; i-- {
		if in.Texts != nil {
			items = append(items, map[string]any{"index": i, "score": scores[i]})
		} else {
			items = append(items, map[string]any{"index": i, "relevance_score": scores[i], "document": map[string]string{"text": texts[i]}})
		}
	}
	if in.Texts != nil {
		return items
	}
	return map[string]any{"id": "1", "results": items, "usage": map[string]int{"total_tokens": 7}}
}
