package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// testKeys are API keys by what is sent.
type testKeys map[string]*domain.Grant

func (testKeys) Required() bool { return true }

func (k testKeys) Grant(key string) (*domain.Grant, bool) {
	g, ok := k[key]
	return g, ok
}

// limitedKeys has a key per scope that reaches the databases mine-…, named after its
// scope, and the key root.
func limitedKeys() testKeys {
	keys := testKeys{"root": {Scopes: domain.ScopeAdmin, Databases: []string{"*"}}}
	for _, s := range scopes {
		keys[s.Names()[0]] = &domain.Grant{Scopes: s, Databases: []string{"mine-*"}}
	}
	return keys
}

var scopes = []domain.Scope{domain.ScopeRead, domain.ScopeWrite, domain.ScopeAdmin, domain.ScopeMonitor}

// unreadable fails the test if it is read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read before the key was checked")
	return 0, io.EOF
}

// theirs are the bodies of requests to routes that name the database in the body.
var theirs = map[string]string{
	"POST /v1/insert":  `{"database_id":"theirs","chunks":[{"embedding":[1,2],"text":"more"}]}`,
	"POST /v1/search":  `{"database_id":"theirs","embeddings":[[1,2]],"num_results":1}`,
	"DELETE /v1/drop":  `{"database_id":"theirs"}`,
	"POST /v1/aliases": `{"actions":[{"action":"create","alias":"mine-alias","database":"theirs"}]}`,
}

// TestEveryRouteUnderEveryKey goes through all routes with all kinds of keys. Nothing of
// a database that a key does not reach may be told, nor changed.
func TestEveryRouteUnderEveryKey(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{Keys: limitedKeys()})
	c := client{t: t, handler: h}
	if got := c.as("root", "POST", "/v1/insert", `{"database_id":"theirs","chunks":[{"embedding":[1,2],"text":"secret text","key":"k"}]}`); got.status != 200 {
		t.Fatal(got)
	}
	if got := c.as("root", "POST", "/v1/databases/theirs/rebuild", ""); got.status != 202 {
		t.Fatal(got)
	}
	before := c.as("root", "GET", "/v1/databases", "").body
	for _, r := range h.Routes() {
		name := r.Method + " " + r.Path
		t.Run(name, func(t *testing.T) {
			c := client{t: t, handler: h}
			path := strings.NewReplacer("{id}", "theirs", "{chunk_id}", "1", "{key_id}", "abcdefgh", "{key}", "k", "{job}", "1", "{name}", "swagger-ui.css").Replace(r.Path)
			if strings.Contains(path, "{") {
				t.Fatalf("the parameters of %s are not known here: add them to the replacer", path)
			}
			if r.Scope == 0 {
				if got := c.as("", r.Method, path, ""); got.status == 401 {
					t.Errorf("open route = %d %s", got.status, got.body)
				}
				return
			}
			for _, key := range []string{"", "wrong"} {
				c.refusedUnread(key, r.Method, path, 401, "unauthorized")
			}
			for _, s := range scopes {
				key := s.Names()[0]
				allowed := s == r.Scope || s == domain.ScopeAdmin
				switch {
				case !allowed:
					c.refusedUnread(key, r.Method, path, 403, "forbidden")
				case r.Where == web.Everywhere:
					c.refusedUnread(key, r.Method, path, 403, "forbidden")
				case r.Where == web.InPath:
					c.refusedUnread(key, r.Method, path, 404, "not_found")
				case r.Where == web.InBody:
					body, ok := theirs[name]
					if !ok {
						t.Fatalf("add a body that names the database theirs to the table theirs")
					}
					if got := c.as(key, r.Method, path, body); got.status != 404 || !strings.Contains(got.body, "Database 'theirs' not found") {
						t.Errorf("as %s = %d %s; want 404", key, got.status, got.body)
					}
				default:
					got := c.as(key, r.Method, path, "")
					if got.status == 401 || got.status == 403 || strings.Contains(got.body, "theirs") || strings.Contains(got.body, "secret") {
						t.Errorf("as %s = %d %s; want an answer that tells nothing of theirs", key, got.status, got.body)
					}
				}
			}
		})
	}
	if after := c.as("root", "GET", "/v1/databases", "").body; after != before {
		t.Errorf("databases are %s; were %s", after, before)
	}
}

// TestEveryRouteTellsItsRefusals holds the contract against the rules.
func TestEveryRouteTellsItsRefusals(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{})
	doc := readContract(t, client{t: t, handler: h})
	for _, r := range h.Routes() {
		op := string(doc.Paths[r.Path][strings.ToLower(r.Method)])
		open := strings.Contains(op, `"security":[]`)
		if open != (r.Scope == 0) {
			t.Errorf("%s %s: \"security: []\" in the contract is %v, and its rule asks for %v", r.Method, r.Path, open, r.Scope.Names())
		}
		if want := r.Scope != 0; strings.Contains(op, `"401":`) != want || want && !strings.Contains(op, `"403":`) {
			t.Errorf("%s %s: the contract must have the answers 401 and 403 where, and only where, a key is needed", r.Method, r.Path)
		}
	}
}

func TestKeyWithinItsReach(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{Keys: limitedKeys()})}
	const insert = `{"database_id":"mine-1","chunks":[{"embedding":[1,2],"text":"t"}]}`
	if got := c.as("write", "POST", "/v1/insert", insert); got.status != 200 {
		t.Errorf("insert = %d %s", got.status, got.body)
	}
	if got := c.as("read", "POST", "/v1/search", `{"database_id":"mine-1","embeddings":[[1,2]],"num_results":1}`); got.status != 200 || !strings.Contains(got.body, `"text":"t"`) {
		t.Errorf("search = %d %s", got.status, got.body)
	}
	if got := c.as("write", "PUT", "/v1/databases/MINE-2", ``); got.status != 201 {
		t.Errorf("create = %d %s", got.status, got.body)
	}
	if got := c.as("root", "PUT", "/v1/databases/theirs", ``); got.status != 201 {
		t.Errorf("create = %d %s", got.status, got.body)
	}
	if got := c.as("read", "GET", "/v1/databases", ""); strings.Count(got.body, `"id":`) != 2 || strings.Contains(got.body, "theirs") {
		t.Errorf("list = %s; want mine-1 and MINE-2", got.body)
	}
	if got := c.as("admin", "DELETE", "/v1/databases/mine-1", ""); got.status != 200 {
		t.Errorf("drop = %d %s", got.status, got.body)
	}
	same := c.as("read", "GET", "/v1/databases/theirs", "").body
	none := c.as("root", "GET", "/v1/databases/none", "").body
	if cut(same) != strings.ReplaceAll(cut(none), "none", "theirs") {
		t.Errorf("a database out of reach answers %s, one that does not exist %s", same, none)
	}
}

func cut(body string) string {
	body, _, _ = strings.Cut(body, `"request_id"`)
	return body
}

// as sends a request with a key, "" for none.
func (c client) as(key, method, path, body string) answer {
	c.t.Helper()
	req := requestIn(c.t.Context(), method, path, strings.NewReader(body))
	return c.send(key, req)
}

func (c client) send(key string, req *http.Request) answer {
	c.t.Helper()
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	return answer{status: rec.Code, header: rec.Header(), body: strings.TrimSpace(rec.Body.String())}
}

// refusedUnread sends a request that must be refused before its body is read.
func (c client) refusedUnread(key, method, path string, status int, code string) {
	c.t.Helper()
	t, ok := c.t.(*testing.T)
	if !ok {
		return
	}
	req := requestIn(t.Context(), method, path, unreadable{t})
	req.ContentLength = 100
	got := c.send(key, req)
	if got.status != status || !strings.Contains(got.body, fmt.Sprintf(`"code":%q`, code)) {
		t.Errorf("%s %s as %q = %d %s; want %d %s", method, path, key, got.status, got.body, status, code)
	}
	if strings.Contains(got.body, "secret") || !slices.Contains(got.header["Connection"], "close") {
		t.Errorf("%s %s as %q = %v %s; want the connection closed and nothing told", method, path, key, got.header, got.body)
	}
}
