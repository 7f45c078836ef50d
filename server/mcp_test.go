package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

func TestAgents(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, c := range map[string]struct {
		opts          *server.Options
		status        int
		reads, writes bool
	}{
		"by default":     {nil, http.StatusOK, true, false},
		"with MCPWrite":  {&server.Options{MCPWrite: true}, http.StatusOK, true, true},
		"with NoMCP":     {&server.Options{NoMCP: true, MCPWrite: true}, http.StatusNotFound, false, false},
		"without a key":  {&server.Options{Keys: &server.Keys{}, MCPWrite: true}, http.StatusUnauthorized, false, false},
		"with less room": {&server.Options{BodyLimit: 10}, http.StatusRequestEntityTooLarge, false, false},
	} {
		req := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		req.Host = "localhost"
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		rec := httptest.NewRecorder()
		server.New(db, c.opts).ServeHTTP(rec, req)
		body := rec.Body.String()
		if rec.Code != c.status || strings.Contains(body, `"name":"search"`) != c.reads || strings.Contains(body, `"name":"remember"`) != c.writes {
			t.Errorf("%s: the tools are %d %.200s; want %d, reading %v, writing %v", name, rec.Code, body, c.status, c.reads, c.writes)
		}
	}
}
