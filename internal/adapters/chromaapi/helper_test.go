package chromaapi_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
)

// newService returns a service on SQLite in a directory of its own.
func newService(t testing.TB) *app.Service {
	t.Helper()
	c, err := compose.Open(t.Context(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db")})
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

// client sends requests to the API.
type client struct {
	t       testing.TB
	handler http.Handler
	// ids are the ids of collections by name, which stand for {name} in paths.
	ids map[string]string
}

// newClient returns a client of the API over svc.
func newClient(t testing.TB, svc *app.Service, web web.Options, o chromaapi.Options) *client {
	t.Helper()
	return &client{t: t, handler: newHandler(svc, web, o), ids: map[string]string{}}
}

func newHandler(svc *app.Service, o web.Options, c chromaapi.Options) *web.Handler {
	h := web.New(o)
	chromaapi.Mount(h, svc, svc.Collections(), c)
	return h
}

// answer is the answer to a request.
type answer struct {
	status int
	body   string // without an end of line
	raw    string // as it was sent
}

// spacePath is the path of the default database.
const spacePath = "/api/v2/tenants/default_tenant/databases/default_database"

// send sends a request. Paths that begin with neither /api go on from that of the default
// database.
func (c *client) send(method, path, body string, headers ...string) answer {
	c.t.Helper()
	if !strings.HasPrefix(path, "/api") {
		path = spacePath + path
	}
	for name, id := range c.ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	req := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	req.Host = "127.0.0.1:8000"
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	if got := rec.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		c.t.Errorf("%s %s: Content-Type = %q; want JSON", method, path, got)
	}
	a := answer{rec.Code, strings.TrimSpace(rec.Body.String()), rec.Body.String()}
	if a.status >= 400 {
		c.checkError(method, path, a)
	}
	c.learn(a.body)
	return a
}

// learn keeps the id of a collection that was answered, and puts its name in its place.
func (c *client) learn(body string) {
	var col struct {
		ID, Name string
		Conf     json.RawMessage `json:"configuration_json"`
	}
	if json.Unmarshal([]byte(body), &col) == nil && col.ID != "" && col.Conf != nil {
		c.ids[col.Name] = col.ID
	}
}

// checkError fails unless a has the form of errors.
func (c *client) checkError(method, path string, a answer) {
	c.t.Helper()
	var e map[string]string
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || len(e) != 2 || e["error"] == "" || e["message"] == "" {
		c.t.Errorf("%s %s = %d %s; want an error with its name and its message", method, path, a.status, a.body)
	}
}

// want sends a request and compares its answer, in which the ids of collections are written
// as {name}.
func (c *client) want(method, path, body string, status int, want string) {
	c.t.Helper()
	got := c.send(method, path, body)
	for name, id := range c.ids {
		got.body = strings.ReplaceAll(got.body, id, "{"+name+"}")
	}
	got.body = longNumber.ReplaceAllStringFunc(got.body, rounded)
	if got.status != status || got.body != longNumber.ReplaceAllStringFunc(want, rounded) {
		c.t.Errorf("%s %s %s\n got %d %s\nwant %d %s", method, path, body, got.status, got.body, status, want)
	}
}

// Distances are compared to five digits: more depend on the instructions of the machine.
var longNumber = regexp.MustCompile(`[0-9]\.[0-9]{6,}`)

func rounded(number string) string {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return number
	}
	return strconv.FormatFloat(math.Round(f*1e5)/1e5, 'f', -1, 64)
}

// make makes a collection.
func (c *client) make(name, rest string) {
	c.t.Helper()
	if a := c.send("POST", "/collections", `{"name":"`+name+`"`+rest+`}`); a.status != 200 {
		c.t.Fatal(a)
	}
}
