package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

func TestRequestID(t *testing.T) {
	h := shelves(web.Options{})
	send := func(id string) string {
		req := request(http.MethodGet, "/health", nil)
		req.Header.Set("X-Request-Id", id)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		return rec.Header().Get("X-Request-Id")
	}
	for _, id := range []string{"a", "A-9._z", strings.Repeat("x", 64)} {
		if got := send(id); got != id {
			t.Errorf("request id %q became %q", id, got)
		}
	}
	seen := map[string]bool{}
	for _, id := range []string{"", strings.Repeat("x", 65), "a b", "a\"b", "é", "a\nb", "{}", "a/b"} {
		got := send(id)
		if got == id || len(got) != 16 || seen[got] {
			t.Errorf("request id %q became %q; want a new one", id, got)
		}
		seen[got] = true
	}
}
