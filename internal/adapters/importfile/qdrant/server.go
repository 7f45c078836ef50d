package qdrant

import (
	"context"
	"errors"
	"strings"

	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/adapters/provider"
)

// Server is a Qdrant server. It is for one goroutine.
type Server struct {
	calls *provider.Client
	url   string
}

// metaBytes bounds answers that have no points in them.
const metaBytes = 8 << 20

// Open returns the server at o.URL. Nothing is sent yet.
func Open(o remote.Options) (*Server, error) {
	calls, err := remote.Connect("Qdrant", "api-key", o)
	if err != nil {
		return nil, err
	}
	return &Server{calls: calls, url: strings.TrimRight(o.URL, "/")}, nil
}

// Close closes the connections.
func (s *Server) Close() error {
	s.calls.Close()
	return nil
}

// Collections returns the names of the collections that there are.
func (s *Server) Collections(ctx context.Context) ([]string, error) {
	var found *struct {
		Collections []struct {
			Name string `json:"name"`
		} `json:"collections"`
	}
	if err := s.ask(ctx, "/collections", nil, metaBytes, &found); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errNoResult
	}
	names := make([]string, len(found.Collections))
	for i, c := range found.Collections {
		names[i] = c.Name
	}
	return names, nil
}

// errNoResult is the error for an answer that has the form of one, and nothing in it.
var errNoResult = errors.New("the server answered without a result: is it Qdrant?")

// ask sends body, or nothing, to path, and reads the result of the answer into v.
func (s *Server) ask(ctx context.Context, path string, body any, most int64, v any) error {
	raw, err := s.calls.Call(ctx, path, body, most)
	if err != nil {
		return err
	}
	answer := struct {
		Result any `json:"result"`
	}{v}
	return s.calls.Read(raw, func(raw []byte) error { return remote.Decode(raw, &answer) })
}
