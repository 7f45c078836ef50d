package server_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

func TestChroma(t *testing.T) {
	db, err := memista.Open(filepath.Join(t.TempDir(), "memista.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask := func(o *server.Options, method, path, body string) (int, string) {
		req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		req.Host = "localhost"
		rec := httptest.NewRecorder()
		server.New(db, o).ServeHTTP(rec, req)
		return rec.Code, rec.Body.String()
	}
	const collections = "/api/v2/tenants/default_tenant/databases/default_database/collections"
	if status, body := ask(nil, http.MethodPost, collections, `{"name":"docs"}`); status != http.StatusOK {
		t.Errorf("a collection = %d %s; want 200", status, body)
	}
	if info, err := db.Database("docs").Describe(t.Context()); err != nil || info.Metric != "l2" {
		t.Errorf("the database = %+v, %v; want one with the metric l2", info, err)
	}
	if status, body := ask(nil, http.MethodPost, "/api/v2/reset", ""); status != http.StatusForbidden {
		t.Errorf("reset = %d %s; want 403", status, body)
	}
	if status, body := ask(&server.Options{ChromaReset: true}, http.MethodPost, "/api/v2/reset", ""); status != http.StatusOK {
		t.Errorf("an allowed reset = %d %s; want 200", status, body)
	}
	if status, body := ask(&server.Options{NoChroma: true}, http.MethodGet, "/api/v2/version", ""); status != http.StatusNotFound {
		t.Errorf("without Chroma = %d %s; want 404", status, body)
	}
}
