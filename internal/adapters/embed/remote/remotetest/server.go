// Package remotetest is a provider for the tests of embedders over HTTP: it answers with
// the embeddings of an embedtest.Memory, or whatever a test has it answer.
package remotetest

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

// API is how a provider is asked.
type API struct {
	Path string
	// Texts returns the texts of a request.
	Texts func(body []byte) ([]string, error)
	// Answer returns what is sent, as JSON, for embeddings.
	Answer func(request []byte, embeddings [][]float32) any
}

// Server is a provider. It is safe for concurrent use.
type Server struct {
	*providertest.Server
	Memory *embedtest.Memory
	api    API
}

// NewServer returns a server that is closed when the test ends.
func NewServer(tb testing.TB, api API) *Server {
	s := &Server{Memory: embedtest.NewMemory("words", ports.EmbedLimits{}), api: api}
	s.Server = providertest.NewServer(tb, s.Embed)
	return s
}

// Subject returns e, which asks s, for the suite of embedders.
func (s *Server) Subject(e ports.Embedder) embedtest.Subject {
	return embedtest.Subject{Embedder: e, Calls: s.Memory.Calls, Hold: s.Memory.Hold, Break: s.Memory.Break}
}

// Embed answers with embeddings.
func (s *Server) Embed(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.URL.Path != s.api.Path || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	texts, err := s.api.Texts(body)
	if err != nil {
		providertest.Say(http.StatusBadRequest, err.Error())(w, r)
		return
	}
	es, err := s.Memory.Embed(r.Context(), texts, ports.PurposeDocument)
	if err != nil {
		providertest.Say(http.StatusInternalServerError, err.Error())(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.api.Answer(body, es))
}
