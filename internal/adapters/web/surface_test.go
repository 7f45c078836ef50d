package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// shelves returns a handler with a surface that stores nothing: enough routes for every
// kind of rule and body.
func shelves(o web.Options) *web.Handler {
	h := web.New(o)
	s := h.Surface(web.SurfaceOptions{})
	s.Handle(http.MethodPost, "/shelf/insert", web.Writer(web.InBody), func(c *web.Call) error { return c.InsertBody(answerSize(c)) })
	s.Handle(http.MethodPost, "/shelf/search", web.Reader(web.InBody), func(c *web.Call) error { return c.Body(answerSize(c)) })
	s.Handle(http.MethodGet, "/shelf", web.Reader(web.InList), ok)
	s.Handle(http.MethodGet, "/shelf/:id", web.Reader(web.InPath), ok, "limit")
	s.Handle(http.MethodDelete, "/shelf/:id", web.Admin(web.InPath), ok)
	s.Handle(http.MethodGet, "/stream", web.Reader(web.Nowhere), func(c *web.Call) error {
		_, err := io.WriteString(c.Writer(), "part by part")
		return err
	})
	s.Handle(http.MethodGet, "/health", web.Anyone(), ok)
	s.Handle(http.MethodGet, "/metrics", web.Monitor(), func(c *web.Call) error { return c.SendMetrics(http.StatusOK) })
	return h
}

func ok(c *web.Call) error {
	c.Send(http.StatusOK, []byte(`{"status":"ok"}`+"\n"))
	return nil
}

// answerSize answers with the size of a body, but for those that ask for a failure.
func answerSize(c *web.Call) func([]byte) error {
	return func(body []byte) error {
		switch string(body) {
		case "refuse":
			return domain.Errorf(domain.ErrInvalid, "refused")
		case "panic":
			panic("as the body asks")
		}
		return c.SendValue(http.StatusOK, map[string]int{"bytes": len(body)})
	}
}

// request returns a request to a server on this machine.
func request(method, target string, body io.Reader) *http.Request {
	req := httptest.NewRequest(method, target, body)
	req.Host = "127.0.0.1:8083" // and not example.com
	return req
}

// send sends a request with more headers, given as lines.
func send(h http.Handler, method, target, body string, lines ...string) *httptest.ResponseRecorder {
	req := request(method, target, strings.NewReader(body))
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// testKeys are API keys by what is sent.
type testKeys map[string]*domain.Grant

func (testKeys) Required() bool { return true }

func (k testKeys) Grant(key string) (*domain.Grant, bool) {
	g, ok := k[key]
	return g, ok
}

// keys has a key that may do everything, and one that reads the databases mine-….
var keys = testKeys{
	"root": {Scopes: domain.ScopeAdmin, Databases: []string{"*"}},
	"read": {Scopes: domain.ScopeRead, Databases: []string{"mine-*"}},
}

// unreadable fails the test if it is read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// libraryError is the form of errors of a surface other than memista's own.
func libraryError(f web.Fault) (int, []byte) {
	if f.Code == "too_large" {
		f.Status = http.StatusBadRequest // as that API has it
	}
	return f.Status, fmt.Appendf(nil, `{"ok":false,"reason":%q}`, f.Text)
}

// addLibrary adds a second surface: one route, and everything else from the handler.
func addLibrary(h *web.Handler) {
	s := h.Surface(web.SurfaceOptions{Prefix: "/library", Errors: libraryError})
	s.Handle(http.MethodPost, "/books/:id/count", web.Reader(web.InPath), func(c *web.Call) error {
		id, err := c.PathValue("id")
		if err != nil {
			return err
		}
		var words []string
		err = c.Body(func(body []byte) error {
			if err := json.Unmarshal(body, &words); err != nil {
				return domain.Errorf(domain.ErrInvalid, "%s: %v", id, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.SendValue(http.StatusOK, map[string]int{id: len(words)})
	})
}

// TestSecondSurface shows what a surface of one route gets from its handler.
func TestSecondSurface(t *testing.T) {
	var log bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&log), zapcore.DebugLevel)
	h := shelves(web.Options{Keys: keys, Logger: zap.New(core), BodyLimit: 100, Limits: web.Limits{Searches: 1, Queue: -1}})
	addLibrary(h)
	const path = "/library/books/mine-1/count"
	for _, tt := range []struct {
		name, method, path, body string
		lines                    []string
		status                   int
		want                     string
	}{
		{"the answer", "POST", path, `["a","b"]`, []string{"Api-Key: read"}, 200, `{"mine-1":2}`},
		{"an error of the route", "POST", path, `{}`, []string{"Api-Key: read"}, 400, `{"ok":false,"reason":"mine-1: json: cannot unmarshal object into Go value of type []string"}`},
		{"no key", "POST", path, ``, nil, 401, `{"ok":false,"reason":"unauthorized: send an API key as \"Authorization: Bearer KEY\" or \"api-key: KEY\""}`},
		{"a database out of reach", "POST", "/library/books/theirs/count", ``, []string{"Api-Key: read"}, 404, `{"ok":false,"reason":"Database 'theirs' not found"}`},
		{"a body over the limit", "POST", path, strings.Repeat(" ", 101), []string{"Api-Key: read"}, 400, `{"ok":false,"reason":"request body is larger than 100 bytes: send it in smaller parts"}`},
		{"an unknown query parameter", "POST", path + "?x=1", `[]`, []string{"Api-Key: read"}, 400, `{"ok":false,"reason":"unknown query parameter \"x\": this route knows none"}`},
		{"a path that is no route", "GET", "/library/nowhere", ``, nil, 404, `{"ok":false,"reason":"no such route: GET /openapi.json lists them"}`},
		{"another method", "GET", path, ``, nil, 405, `{"ok":false,"reason":"method not allowed on this route: see the Allow header"}`},
		{"a page of another origin", "POST", path, `[]`, []string{"Origin: http://evil.example"}, 403, `{"ok":false,"reason":"requests from pages of another origin are refused"}`},
		{"an error of the other surface", "GET", "/shelf/theirs", ``, []string{"Api-Key: read", "X-Request-Id: i"}, 404, `{"error":"Database 'theirs' not found","code":"not_found","request_id":"i"}`},
		{"a path of no surface", "GET", "/librarynowhere", ``, []string{"X-Request-Id: i"}, 404, `{"error":"no such route: GET /openapi.json lists them","code":"route_not_found","request_id":"i"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			got := send(h, tt.method, tt.path, tt.body, tt.lines...)
			if body := strings.TrimSpace(got.Body.String()); got.Code != tt.status || body != tt.want {
				t.Errorf("got %d %s\nwant %d %s", got.Code, body, tt.status, tt.want)
			}
			var line struct {
				Msg, Method, Route string
				Status             int
				ID                 string `json:"request_id"`
			}
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("log %q: %v", log.String(), err)
			}
			if id := got.Header().Get("X-Request-Id"); line.Msg != "request" || line.Method != tt.method || line.Status != tt.status || line.Route == "" || id == "" || line.ID != id {
				t.Errorf("log line %+v; want that of request %s", line, id)
			}
		})
	}
	t.Run("no slot", func(t *testing.T) {
		defer h.TakeAllSlots()()
		got := send(h, "POST", path, `["a"]`, "Api-Key: read")
		if want := `{"ok":false,"reason":"too many requests at once: try again in a moment"}`; got.Code != http.StatusTooManyRequests || got.Body.String() != want || got.Header().Get("Retry-After") == "" {
			t.Errorf("got %d %s\nwant 429 %s", got.Code, got.Body, want)
		}
	})
	t.Run("the metrics", func(t *testing.T) {
		got := send(h, "GET", "/metrics", "", "Api-Key: root").Body.String()
		if want := `memista_http_requests_total{code="200",method="POST",route="/library/books/{id}/count"} 1`; !strings.Contains(got, want) {
			t.Errorf("the metrics lack %s:\n%s", want, got)
		}
	})
	want := web.Route{Method: "POST", Path: "/library/books/{id}/count", Scope: domain.ScopeRead, Where: web.InPath}
	routes := h.Routes()
	if diff := cmp.Diff(want, routes[len(routes)-1]); diff != "" {
		t.Errorf("the last of Routes (-want +got):\n%s", diff)
	}
}

func TestFallback(t *testing.T) {
	h := shelves(web.Options{})
	h.Surface(web.SurfaceOptions{Fallback: func(c *web.Call) bool {
		if c.Request.URL.Path != "/old" {
			return false
		}
		c.Header().Set("Location", "shelf")
		c.Writer().WriteHeader(http.StatusPermanentRedirect)
		return true
	}})
	if got := send(h, "GET", "/old", ""); got.Code != http.StatusPermanentRedirect || got.Header().Get("Location") != "shelf" || got.Body.Len() > 0 {
		t.Errorf("a path that the fallback answers = %d %v %s; want 308", got.Code, got.Header(), got.Body)
	}
	if got := send(h, "GET", "/older", ""); got.Code != http.StatusNotFound || !strings.Contains(got.Body.String(), "route_not_found") {
		t.Errorf("another path = %d %s; want 404", got.Code, got.Body)
	}
}

func TestSendAppendedSendsNothingAfterAnError(t *testing.T) {
	h := web.New(web.Options{})
	h.Surface(web.SurfaceOptions{}).Handle(http.MethodGet, "/x", web.Anyone(), func(c *web.Call) error {
		return c.SendAppended(http.StatusOK, func(b []byte) ([]byte, error) {
			return append(b, "half"...), errors.New("secret")
		})
	})
	if got := send(h, "GET", "/x", ""); got.Code != http.StatusInternalServerError || strings.Contains(got.Body.String(), "half") {
		t.Errorf("got %d %s; want 500 and nothing of the answer", got.Code, got.Body)
	}
}

// TestSurfaceThatAsksForLittle shows the options for APIs of others, whose clients send what
// memista does not know.
func TestSurfaceThatAsksForLittle(t *testing.T) {
	h := shelves(web.Options{Keys: keys})
	s := h.Surface(web.SurfaceOptions{
		Roots: []string{"/shops", "/shop"}, Errors: libraryError, AnyQuery: true, TrimSlash: true, KeyHeaders: []string{"X-Shop-Key"},
	})
	s.Handle(http.MethodGet, "/shops/:name", web.Reader(web.InBody), func(c *web.Call) error {
		name, err := c.PathValue("name")
		if err == nil {
			err = c.Reach(name)
		}
		if err != nil {
			return err
		}
		return c.SendValue(http.StatusOK, name)
	})
	for _, tt := range []struct {
		name, path string
		lines      []string
		status     int
		want       string
	}{
		{"a key in another header, an unknown parameter", "/shops/mine-1?timeout=3", []string{"X-Shop-Key: read"}, 200, `"mine-1"`},
		{"an empty key", "/shops/mine-1", []string{"X-Shop-Key: "}, 401, `{"ok":false,"reason":"unauthorized: send an API key as \"Authorization: Bearer KEY\" or \"api-key: KEY\""}`},
		{"two keys", "/shops/mine-1", []string{"X-Shop-Key: read", "X-Shop-Key: root"}, 401, `{"ok":false,"reason":"unauthorized: this API key is unknown, revoked or expired"}`},
		{"that header on another surface", "/shelf/mine-1", []string{"X-Shop-Key: read", "X-Request-Id: i"}, 401, `{"error":"unauthorized: send an API key as \"Authorization: Bearer KEY\" or \"api-key: KEY\"","code":"unauthorized","request_id":"i"}`},
		{"a slash at the end", "/shops/mine-1/", []string{"X-Shop-Key: read"}, 200, `"mine-1"`},
		{"a slash that is part of the name", "/shops/mine-1%2F", []string{"X-Shop-Key: read"}, 200, `"mine-1/"`},
		{"both", "/shops/mine-1%2F/", []string{"X-Shop-Key: read"}, 200, `"mine-1/"`},
		{"a slash on another surface", "/shelf/mine-1/", []string{"Api-Key: read", "X-Request-Id: i"}, 404, `{"error":"no such route: GET /openapi.json lists them","code":"route_not_found","request_id":"i"}`},
		{"no route under a root", "/shop/x/y", nil, 404, `{"ok":false,"reason":"no such route: GET /openapi.json lists them"}`},
		{"a path beside a root", "/shopping", []string{"X-Request-Id: i"}, 404, `{"error":"no such route: GET /openapi.json lists them","code":"route_not_found","request_id":"i"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := send(h, "GET", tt.path, "", tt.lines...)
			if body := strings.TrimSpace(got.Body.String()); got.Code != tt.status || body != tt.want {
				t.Errorf("got %d %s\nwant %d %s", got.Code, body, tt.status, tt.want)
			}
		})
	}
}
