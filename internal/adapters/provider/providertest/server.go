// Package providertest is a provider for the tests of what calls one over HTTP: it answers
// with whatever a test has it answer, and remembers what it was asked.
package providertest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

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
	usual http.HandlerFunc

	mu       sync.Mutex // guards all below
	replies  []http.HandlerFunc
	always   http.HandlerFunc
	requests []Request
}

// NewServer returns a server that answers with usual where a test says nothing else. It is
// closed when the test ends.
func NewServer(tb testing.TB, usual http.HandlerFunc) *Server {
	s := &Server{usual: usual}
	s.Server = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
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
	return s.usual
}
