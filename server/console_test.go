package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

func TestConsole(t *testing.T) {
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask := func(o *server.Options, path string) (int, string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		req.Host = "localhost"
		req.Header.Set("Accept", "text/html")
		rec := httptest.NewRecorder()
		server.New(db, o).ServeHTTP(rec, req)
		return rec.Code, rec.Body.String()
	}
	const link = `<a href="console/">`
	for name, c := range map[string]struct {
		opts *server.Options
		want int
	}{
		"is there":              {nil, http.StatusOK},
		"is not, if left out":   {&server.Options{NoConsole: true}, http.StatusNotFound},
		"needs no other API":    {&server.Options{NoQdrant: true, NoChroma: true, NoMCP: true}, http.StatusOK},
		"and not, if left then": {&server.Options{NoQdrant: true, NoConsole: true}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			if status, body := ask(c.opts, "/console/"); status != c.want {
				t.Errorf("GET /console/ = %d %.200s; want %d", status, body, c.want)
			}
			status, body := ask(c.opts, "/")
			if status != http.StatusOK || strings.Contains(body, link) != (c.want == http.StatusOK) || !strings.Contains(body, "Swagger") {
				t.Errorf("GET / = %d %s; want the page, with a link to the console where there is one", status, body)
			}
		})
	}
}
