// Package remotetest is a provider for the tests of embedders over HTTP: it answers with
// the embeddings of an embedtest.Memory, or whatever a test has it answer.
package remotetest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

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

// Request is one that reached the server.
type Request struct {
	Method string
	Path   string
	Header http.Header
	Body   []byte
}

// Server is a provider. It is safe for concurrent use.
type Server struct {
	*httptest.Server
	Memory *embedtest.Memory
	api    API

	mu       sync.Mutex // guards all below
	replies  []http.HandlerFunc
	always   http.HandlerFunc
	requests []Request
}

// NewServer returns a server that is closed when the test ends.
func NewServer(tb testing.TB, api API) *Server {
	s := &Server{Memory: embedtest.NewMemory("words", ports.EmbedLimits{}), api: api}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// Subject returns e, which asks s, for the suite of embedders.
func (s *Server) Subject(e ports.Embedder) embedtest.Subject {
	return embedtest.Subject{Embedder: e, Calls: s.Memory.Calls, Hold: s.Memory.Hold, Break: s.Memory.Break}
}

// Reply has the next requests answered by handlers, one each.
func (s *Server) Reply(handlers ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies = append(s.replies, handlers...)
}

// Always has every request answered by handler that no reply is left for.
func (s *Server) Always(handler http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = handler
}

// Requests returns the requests so far, and forgets them.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// ServeHTTP answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.next(r, body)(w, r)
}

// next records a request and returns its handler.
func (s *Server) next(r *http.Request, body []byte) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.Header.Clone(), body})
	if len(s.replies) > 0 {
		h := s.replies[0]
		s.replies = s.replies[1:]
		return h
	}
	if s.always != nil {
		return s.always
	}
	return s.Embed
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
		Say(http.StatusBadRequest, err.Error())(w, r)
		return
	}
	es, err := s.Memory.Embed(r.Context(), texts, ports.PurposeDocument)
	if err != nil {
		Say(http.StatusInternalServerError, err.Error())(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.api.Answer(body, es))
}

// Say answers with a status and {"error":{"message":…}}. Headers are names and values in
// turn.
func Say(status int, message string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": message}})
	}
}

// Body answers with a status and a body as it is.
func Body(status int, mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Cut closes the connection in the middle of an answer.
func Cut(w http.ResponseWriter, _ *http.Request) {
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // HTTP/1 can always be hijacked
	}
	defer func() { _ = conn.Close() }()
	_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"data\":[")
	_ = buf.Flush()
}

// Hang answers when the client is gone.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Clock is a time.After whose waits are over at once. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex // guards waits
	waits []time.Duration
}

// After returns a channel that has its value.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	over := make(chan time.Time, 1)
	over <- time.Now()
	return over
}

// Waits returns the waits so far.
func (c *Clock) Waits() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.waits...)
}
