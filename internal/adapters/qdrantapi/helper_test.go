package qdrantapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/qdrantapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
)

// newService returns a service on SQLite in a directory of its own.
func newService(t testing.TB, limits app.Limits) *app.Service {
	t.Helper()
	c, err := compose.Open(context.Background(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db"), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Service.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.Service
}

// client sends requests to a handler that has the Qdrant API and memista's own.
type client struct {
	t       testing.TB
	svc     *app.Service
	handler *web.Handler
	key     string
}

func newClient(t testing.TB, o web.Options) *client { return newLimited(t, o, app.Limits{}) }

func newLimited(t testing.TB, o web.Options, limits app.Limits) *client {
	t.Helper()
	svc := newService(t, limits)
	h := web.New(o)
	qdrantapi.Mount(h, svc, svc.Collections(), qdrantapi.Options{Version: "test"})
	httpapi.Mount(h, svc, httpapi.Options{Root: qdrantapi.Root("test")})
	return &client{t: t, svc: svc, handler: h}
}

// send sends a request.
func (c *client) send(method, path, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.key != "" {
		req.Header.Set("Api-Key", c.key)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	return rec
}

// ok sends a request that must succeed, and returns its result.
func (c *client) ok(method, path, body string) string {
	c.t.Helper()
	rec := c.send(method, path, body)
	if rec.Code != http.StatusOK {
		c.t.Fatalf("%s %s %.300s = %d %s", method, path, body, rec.Code, rec.Body)
	}
	return resultOf(c.t, rec.Body.Bytes())
}

// resultOf returns the result in an envelope.
func resultOf(t testing.TB, body []byte) string {
	t.Helper()
	var e struct {
		Result json.RawMessage
		Status json.RawMessage
		Time   *float64
	}
	if err := json.Unmarshal(body, &e); err != nil || string(e.Status) != `"ok"` || e.Time == nil || len(e.Result) == 0 || string(e.Result) == "null" {
		t.Fatalf("envelope %s: %v; want a result that is not null, a status and a time", body, err)
	}
	return string(e.Result)
}

// want sends a request that must succeed with a result.
func (c *client) want(method, path, body, want string) {
	c.t.Helper()
	if got := c.ok(method, path, body); got != want {
		c.t.Errorf("%s %s %.300s\n got: %s\nwant: %s", method, path, body, got, want)
	}
}

// fails sends a request that must fail with a status and a text.
func (c *client) fails(method, path, body string, status int, text string) {
	c.t.Helper()
	rec := c.send(method, path, body)
	if got := errorOf(c.t, rec); rec.Code != status || got != text {
		c.t.Errorf("%s %s %.300s\n got: %d %s\nwant: %d %s", method, path, body, rec.Code, got, status, text)
	}
}

// errorOf returns the text of an error, which must have its envelope.
func errorOf(t testing.TB, rec *httptest.ResponseRecorder) string {
	t.Helper()
	var e map[string]json.RawMessage
	var status struct{ Error string }
	err := json.Unmarshal(rec.Body.Bytes(), &e)
	if err == nil {
		err = json.Unmarshal(e["status"], &status)
	}
	if _, has := e["result"]; err != nil || has || e["time"] == nil || status.Error == "" {
		t.Errorf("%d with the body %s: %v; want the envelope of an error", rec.Code, rec.Body, err)
	}
	return status.Error
}
