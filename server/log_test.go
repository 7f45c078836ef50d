package server_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

// A program has its log of requests where it has all else, and no more than it wants.
func TestRequestsAreLogged(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out bytes.Buffer
	h := server.New(db, &server.Options{Logger: slog.New(slog.NewJSONHandler(&out, nil)).With("program", "mine")})
	if got := request(h, "GET", "/v1/databases/none", ""); got.Code != 404 {
		t.Fatal(got.Code, got.Body)
	}
	var line struct {
		Level, Msg, Program, Method, Route string
		Status                             int
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("log = %q, %v; want one line", &out, err)
	}
	if line.Level != "INFO" || line.Msg != "request" || line.Program != "mine" || line.Method != http.MethodGet || line.Route != "/v1/databases/{id}" || line.Status != 404 {
		t.Errorf("line = %+v of %s", line, &out)
	}
	out.Reset()
	h = server.New(db, &server.Options{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if got := request(h, "GET", "/v1/databases", ""); got.Code != 200 || out.Len() != 0 {
		t.Errorf("GET = %d, and the log of warnings has %q", got.Code, &out)
	}
}
