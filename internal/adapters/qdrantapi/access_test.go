package qdrantapi_test

import (
	"net/http"
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

func keys() testKeys {
	return testKeys{
		"root":  {Scopes: domain.ScopeAdmin, Databases: []string{"*"}},
		"read":  {Scopes: domain.ScopeRead, Databases: []string{"mine-*"}},
		"write": {Scopes: domain.ScopeWrite, Databases: []string{"mine-*"}},
		"admin": {Scopes: domain.ScopeAdmin, Databases: []string{"mine-*"}},
	}
}

// TestKeysThatReachSomeCollections goes through all routes with keys that do not reach the
// collection named there: it is one that does not exist, and stays as it is.
func TestKeysThatReachSomeCollections(t *testing.T) {
	c := newClient(t, web.Options{Keys: keys()})
	as := func(key string) *client { return &client{t, c.svc, c.handler, key} }
	root := as("root")
	root.ok("PUT", "/collections/theirs", `{"vectors":{"size":2,"distance":"Dot"}}`)
	root.ok("PUT", "/collections/theirs/points", `{"points":[{"id":1,"vector":[1,2],"payload":{"secret":"words"}}]}`)
	root.ok("PUT", "/collections/mine-own", `{"vectors":{"size":2,"distance":"Dot"}}`)
	root.ok("POST", "/collections/aliases", `{"actions":[{"create_alias":{"collection_name":"theirs","alias_name":"other"}},{"create_alias":{"collection_name":"mine-own","alias_name":"mine-alias"}}]}`)
	before := root.ok("POST", "/collections/theirs/points/scroll", `{"with_vector":true}`)

	seen := 0
	for _, r := range c.handler.Routes() {
		if !strings.HasPrefix(r.Path, "/collections/{collection}") {
			continue
		}
		seen++
		for _, name := range []string{"theirs", "other", "nothing"} {
			path := strings.NewReplacer("{collection}", name, "{point}", "1", "{field}", "secret").Replace(r.Path)
			for _, key := range []string{"read", "write", "admin"} {
				rec := as(key).send(r.Method, path, bodyFor(r.Method+" "+r.Path))
				switch body := rec.Body.String(); {
				case strings.Contains(body, "secret") || strings.Contains(body, "words"):
					t.Errorf("%s %s with the key %s tells %s", r.Method, path, key, body)
				case rec.Code == http.StatusForbidden || rec.Code == http.StatusNotFound || rec.Code == http.StatusNotImplemented:
				case rec.Code == http.StatusOK && (strings.Contains(body, `{"exists":false}`) || r.Method == http.MethodDelete && strings.Contains(body, `"result":false`)):
				default:
					t.Errorf("%s %s with the key %s = %d %s; want that it does not exist", r.Method, path, key, rec.Code, body)
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("%d routes were asked; want all of collections", seen)
	}
	root.want("POST", "/collections/theirs/points/scroll", `{"with_vector":true}`, before)

	as("read").want("GET", "/collections", "", `{"collections":[{"name":"mine-own"}]}`)
	as("read").want("GET", "/aliases", "", `{"aliases":[{"alias_name":"mine-alias","collection_name":"mine-own"}]}`)
	for _, body := range []string{
		`{"actions":[{"create_alias":{"collection_name":"theirs","alias_name":"mine-steal"}}]}`, `{"actions":[{"delete_alias":{"alias_name":"other"}}]}`,
		`{"actions":[{"rename_alias":{"old_alias_name":"other","new_alias_name":"mine-x"}}]}`, `{"actions":[{"create_alias":{"collection_name":"mine-own","alias_name":"foreign"}}]}`,
	} {
		if rec := as("admin").send("POST", "/collections/aliases", body); rec.Code != http.StatusNotFound {
			t.Errorf("%s with a key that does not reach it = %d %s", body, rec.Code, rec.Body)
		}
	}
	root.want("GET", "/collections/theirs/aliases", "", `{"aliases":[{"alias_name":"other","collection_name":"theirs"}]}`)
	root.ok("POST", "/collections/aliases", `{"actions":[{"create_alias":{"collection_name":"theirs","alias_name":"mine-view"}}]}`)
	as("read").want("GET", "/aliases", "", `{"aliases":[{"alias_name":"mine-alias","collection_name":"mine-own"}]}`)
	for _, name := range []string{"theirs", "missing"} {
		as("admin").fails("POST", "/collections/aliases", `{"actions":[{"create_alias":{"collection_name":"`+name+`","alias_name":"mine-x"}}]}`, 404, "Not found: Collection `"+name+"` doesn't exist!")
	}
	as("write").ok("PUT", "/collections/mine-new", `{"vectors":{"size":2,"distance":"Dot"}}`)
	if rec := as("write").send("PUT", "/collections/foreign", `{"vectors":{"size":2,"distance":"Dot"}}`); rec.Code != http.StatusForbidden {
		t.Errorf("a collection that the key does not reach is made: %d %s", rec.Code, rec.Body)
	}
	as("admin").want("DELETE", "/collections/mine-new", "", "true")
}

// bodyFor returns a body that is good for a route.
func bodyFor(route string) string {
	bodies := map[string]string{
		"PUT /collections/{collection}":        `{"vectors":{"size":2,"distance":"Dot"}}`,
		"PUT /collections/{collection}/points": `{"points":[{"id":1,"vector":[1,2]}]}`,
		"PUT /collections/{collection}/index":  `{"field_name":"secret","field_schema":"keyword"}`,
	}
	if body, ok := bodies[route]; ok {
		return body
	}
	return `{"query":[1,2],"vector":[1,2],"ids":[1],"points":[1],"filter":{},"payload":{"a":1},"keys":["a"],"key":"secret","group_by":"secret","searches":[],"operations":[],"positive":[1]}`
}

func TestScopesOfKeys(t *testing.T) {
	c := newClient(t, web.Options{Keys: keys()})
	as := func(key string) *client { return &client{t, c.svc, c.handler, key} }
	as("write").ok("PUT", "/collections/mine-a", `{"vectors":{"size":2,"distance":"Dot"}}`)
	for _, r := range []struct {
		key, method, path, body string
		status                  int
		text                    string
	}{
		{"", "GET", "/collections", "", 401, "Must provide an API key or an Authorization bearer token"},
		{"unknown", "GET", "/collections", "", 401, "Invalid API key or JWT"},
		{"read", "PUT", "/collections/mine-a/points", `{"points":[]}`, 403, "Forbidden: forbidden: this route needs a key with the scope write"},
		{"write", "DELETE", "/collections/mine-a", "", 403, "Forbidden: forbidden: this route needs a key with the scope admin"},
		{"write", "POST", "/collections/aliases", `{"actions":[{"create_alias":{"collection_name":"mine-a","alias_name":"mine-b"}}]}`, 403, "Forbidden: forbidden: this route needs a key with the scope admin"},
	} {
		as(r.key).fails(r.method, r.path, r.body, r.status, r.text)
	}
	for _, path := range []string{"/", "/livez", "/healthz"} {
		if rec := as("").send("GET", path, ""); rec.Code != http.StatusOK {
			t.Errorf("GET %s without a key = %d; want 200", path, rec.Code)
		}
	}
}

// TestLabelsOfMetricsAreBounded sends many names: they are no labels.
func TestLabelsOfMetricsAreBounded(t *testing.T) {
	c := newClient(t, web.Options{})
	for _, name := range []string{"onename", "othername", "third%20name"} {
		c.send("GET", "/collections/"+name, "")
		c.send("POST", "/collections/"+name+"/points/query", "{}")
		c.send("GET", "/collections/"+name+"/points/12345", "")
		c.send("GET", "/collections/"+name+"/snapshots/file", "")
	}
	metrics := c.send("GET", "/metrics", "").Body.String()
	if !strings.Contains(metrics, `route="/collections/{collection}/points/query"`) {
		t.Errorf("the metrics have no route of queries")
	}
	for _, part := range []string{"onename", "othername", "third", "12345"} {
		if strings.Contains(metrics, part) {
			t.Errorf("the metrics have %q from a path", part)
		}
	}
}
