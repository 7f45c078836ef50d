package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

func request(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	rec, req := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = "localhost"
	h.ServeHTTP(rec, req)
	return rec
}

func TestOptionsReachTheHandler(t *testing.T) {
	db, err := memista.Open(filepath.Join(t.TempDir(), "m.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := server.New(db, &server.Options{OriginalScores: true, InsertBodyLimit: 100, BodyLimit: 80})
	const insert = `{"database_id":"x","chunks":[{"embedding":[1,0]}]}`
	if got := request(h, "POST", "/v1/insert", insert); got.Code != 200 {
		t.Fatal(got.Code, got.Body)
	}
	if got := request(h, "POST", "/v1/insert", insert+strings.Repeat(" ", 100)); got.Code != 413 {
		t.Errorf("insert over the limit = %d; want 413", got.Code)
	}
	got := request(h, "POST", "/v1/search", `{"database_id":"x","embeddings":[[1,0]],"num_results":1}`)
	if got.Code != 200 || !strings.Contains(got.Body.String(), `"score":0,"distance":0`) {
		t.Errorf("search = %d %s; want the distance as the score", got.Code, got.Body)
	}
	if got := request(h, "POST", "/v1/search", strings.Repeat(" ", 81)); got.Code != 413 {
		t.Errorf("search over the limit = %d; want 413", got.Code)
	}
	version := request(h, "GET", "/version", "").Body.String()
	if !strings.Contains(version, `"engines":["`) || strings.Contains(version, `"version":""`) {
		t.Errorf("version = %s; want engines and versions", version)
	}
}

func TestClosedDatabaseIsUnavailable(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	h := server.New(db, nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := request(h, "GET", "/v1/databases", ""); got.Code != 503 || got.Header().Get("Retry-After") == "" {
		t.Errorf("GET /v1/databases after Close = %d %v; want 503 with Retry-After", got.Code, got.Header())
	}
}

// Requests side by side use each other's buffers: each must get its own answer.
func TestRequestsSideBySide(t *testing.T) {
	db, err := memista.Open(filepath.Join(t.TempDir(), "m.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	h := server.New(db, nil)
	const callers, rounds = 8, 25
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for round := range rounds {
				// Text of a length of its own, so that a buffer of another shows.
				text := strings.Repeat(string(rune('a'+caller)), 1+round*caller*10)
				insert := fmt.Sprintf(`{"database_id":"db%d","chunks":[{"embedding":[%d,%d],"text":"%s"}]}`, caller, caller+1, round, text)
				if got, want := request(h, "POST", "/v1/insert", insert).Body.String(), fmt.Sprintf("{\"inserted_ids\":[%d]}\n", round+1); got != want {
					t.Errorf("caller %d, round %d: insert = %s; want %s", caller, round, got, want)
				}
				search := fmt.Sprintf(`{"database_id":"db%d","embeddings":[[0,1]],"num_results":1,"include":["text","embedding"]}`, caller)
				want := fmt.Sprintf(`[[{"chunk_id":%d,"key":null,"text":"%s","score":%d,"distance":%d,"embedding":[%d,%d]}]]`, round+1, text, round, 1-round, caller+1, round)
				if got := strings.TrimSpace(request(h, "POST", "/v1/search", search).Body.String()); got != want {
					t.Errorf("caller %d, round %d: search = %s; want %s", caller, round, got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestKeys(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	secret := strings.Repeat("k", 24)
	keys, err := server.OpenKeys("", &server.KeysOptions{Extra: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	h := server.New(db, &server.Options{Keys: keys})
	ask := func(key string) int {
		req := httptest.NewRequest(http.MethodGet, "/v1/databases", nil)
		req.Header.Set("api-key", key)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		return rec.Code
	}
	if got := ask(secret); got != 200 {
		t.Errorf("with the key = %d; want 200", got)
	}
	if got := ask("x"); got != 401 {
		t.Errorf("with another = %d; want 401", got)
	}
	if err := keys.Reload(); err != nil {
		t.Error(err)
	}
	none, err := server.OpenKeys("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if got := request(server.New(db, &server.Options{Keys: none}), "GET", "/v1/databases", ""); got.Code != 401 {
		t.Errorf("keys asked for but none there = %d; want 401", got.Code)
	}
	if _, err := server.OpenKeys(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("OpenKeys of no file succeeded")
	}
}

func TestHostsAndOrigins(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask := func(h http.Handler, host, origin string) *httptest.ResponseRecorder {
		rec, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/healthz", nil)
		req.Host = host
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		h.ServeHTTP(rec, req)
		return rec
	}
	h := server.New(db, &server.Options{AllowedHosts: []string{"m.example.org"}, CORSOrigins: []string{"https://app.example.org"}})
	for host, want := range map[string]int{"localhost:1": 200, "m.example.org:8083": 200, "evil.example": 421} {
		if got := ask(h, host, ""); got.Code != want {
			t.Errorf("Host %s = %d; want %d", host, got.Code, want)
		}
	}
	if got := ask(h, "localhost", "https://app.example.org"); got.Code != 200 || got.Header().Get("Access-Control-Allow-Origin") != "https://app.example.org" {
		t.Errorf("a page of an allowed origin = %d %v", got.Code, got.Header())
	}
	for name, bad := range map[string]*server.Options{
		"a URL as host":             {AllowedHosts: []string{"localhost", "https://m.example.org"}},
		"a path in an origin":       {CORSOrigins: []string{"https://app.example.org/"}},
		"every origin without keys": {CORSOrigins: []string{"*"}, AllowedHosts: []string{"m.example.org"}},
	} {
		if bad.Check() == nil {
			t.Errorf("%s: Check = nil; want an error", name)
		}
		h := server.New(db, bad)
		if got := ask(h, "m.example.org", ""); got.Code != 421 {
			t.Errorf("%s: another host = %d; want 421", name, got.Code)
		}
		if got := ask(h, "localhost", "https://app.example.org"); got.Code != 403 {
			t.Errorf("%s: another origin = %d; want 403", name, got.Code)
		}
	}
}
