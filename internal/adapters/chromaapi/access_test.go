package chromaapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// testKeys are API keys by what is sent.
type testKeys map[string]*domain.Grant

func (testKeys) Required() bool { return true }

func (k testKeys) Grant(key string) (*domain.Grant, bool) {
	g, ok := k[key]
	return g, ok
}

var scopes = []domain.Scope{domain.ScopeRead, domain.ScopeWrite, domain.ScopeAdmin, domain.ScopeMonitor}

// keyring has a key per scope that reaches the databases mine-…, and the key root.
func keyring() testKeys {
	keys := testKeys{"root": {Scopes: domain.ScopeAdmin, Databases: []string{"*"}}}
	for _, s := range scopes {
		keys[s.Names()[0]] = &domain.Grant{Scopes: s, Databases: []string{"mine-*"}}
	}
	return keys
}

// good are bodies of requests, by the last part of the path, which do not get as far as
// naming anything that is not there.
var good = map[string]string{
	"add": `{"ids":["x"],"embeddings":[[1,2]]}`, "upsert": `{"ids":["a"],"embeddings":[[1,2]]}`, "update": `{"ids":["a"],"documents":["changed"]}`,
	"delete": `{"ids":["a"]}`, "get": `{}`, "query": `{"query_embeddings":[[1,2]]}`, "{collection}": `{"new_metadata":{"a":1}}`,
	"collections": `{"name":"theirs","get_or_create":true}`, "tenants": `{"name":"tenant"}`, "databases": `{"name":"database"}`,
}

// TestEveryRouteUnderEveryKey goes through all routes with all kinds of keys. Nothing of a
// collection that a key does not reach may be told, nor changed.
func TestEveryRouteUnderEveryKey(t *testing.T) {
	svc := newService(t)
	h := newHandler(svc, web.Options{Keys: keyring()}, chromaapi.Options{AllowReset: true})
	c := &client{t: t, handler: h, ids: map[string]string{}}
	root := []string{"X-Chroma-Token", "root"}
	if a := c.send("POST", "/collections", `{"name":"theirs","metadata":{"secret":"s"}}`, root...); a.status != 200 {
		t.Fatal(a)
	}
	if a := c.send("POST", "/collections/{theirs}/add", `{"ids":["a"],"embeddings":[[1,2]],"documents":["secret"]}`, root...); a.status != 201 {
		t.Fatal(a)
	}
	before := c.send("POST", "/collections/{theirs}/get", everything, root...).body
	for _, r := range h.Routes() {
		path := strings.NewReplacer("{tenant}", "default_tenant", "{database}", "default_database", "{function}", "f").Replace(r.Path)
		named := strings.Replace(path, "{collection}", "theirs", 1)
		path = strings.Replace(path, "{collection}", c.ids["theirs"], 1)
		body := good[path[strings.LastIndex(path, "/")+1:]]
		if strings.HasSuffix(r.Path, "{collection}") {
			body = good["{collection}"]
		}
		if r.Method == http.MethodGet || r.Method == http.MethodDelete {
			body = ""
		}
		if r.Scope == 0 {
			continue
		}
		for _, key := range []string{"", "wrong"} {
			if a := c.send(r.Method, path, body, "Authorization", "Bearer "+key); a.status != 401 || !strings.Contains(a.body, `"error":"ChromaError"`) {
				t.Errorf("%s %s with key %q = %v; want 401", r.Method, r.Path, key, a)
			}
		}
		for _, s := range scopes {
			key := s.Names()[0]
			allowed := s == r.Scope || s == domain.ScopeAdmin
			for _, p := range []string{path, named} {
				switch a := c.send(r.Method, p, body, "X-Chroma-Token", key); {
				case !allowed || r.Where == web.Everywhere:
					if a.status != 403 {
						t.Errorf("%s %s with key %s = %v; want 403", r.Method, p, key, a)
					}
				case strings.Contains(a.body, "secret") || strings.Contains(a.body, c.ids["theirs"]) && a.status < 400:
					t.Errorf("%s %s with key %s = %v; it tells of what the key does not reach", r.Method, p, key, a)
				case strings.Contains(r.Path, "{collection}") && a.status != 404 && a.status != 400 && a.status != 501:
					t.Errorf("%s %s with key %s = %v; want 404 or 400", r.Method, p, key, a)
				}
			}
		}
	}
	if after := c.send("POST", "/collections/{theirs}/get", everything, root...).body; after != before {
		t.Errorf("the records are %s; were %s", after, before)
	}
	if got := c.send("GET", "/collections_count", "", root...); got.body != "1" {
		t.Errorf("collections = %v; want 1", got)
	}
}

func TestKeysOfSomeCollections(t *testing.T) {
	svc := newService(t)
	c := newClient(t, svc, web.Options{Keys: keyring()}, chromaapi.Options{})
	for _, name := range []string{"mine-1", "theirs"} {
		if a := c.send("POST", "/collections", `{"name":"`+name+`"}`, "Api-Key", "root"); a.status != 200 {
			t.Fatal(a)
		}
	}
	for header, value := range map[string]string{"X-Chroma-Token": "write", "Authorization": "Bearer write", "X-Api-Key": "write", "Api-Key": "write"} {
		if a := c.send("POST", "/collections/{mine-1}/upsert", `{"ids":["a"],"embeddings":[[1,2]]}`, header, value); a.status != 200 {
			t.Errorf("a key in %s = %v; want 200", header, a)
		}
	}
	read := []string{"X-Chroma-Token", "read"}
	if a := c.send("GET", "/collections", "", read...); !strings.Contains(a.body, `"mine-1"`) || strings.Contains(a.body, "theirs") {
		t.Errorf("collections = %v; want mine-1 only", a)
	}
	if a := c.send("GET", "/collections_count", "", read...); a.body != "1" {
		t.Errorf("collections_count = %v; want 1", a)
	}
	if a := c.send("POST", "/collections", `{"name":"other"}`, "X-Chroma-Token", "write"); a.status != 403 {
		t.Errorf("a collection out of reach = %v; want 403", a)
	}
	if a := c.send("POST", "/collections", `{"name":"mine-2"}`, "X-Chroma-Token", "write"); a.status != 200 {
		t.Errorf("a collection within reach = %v; want 200", a)
	}
	write := []string{"X-Chroma-Token", "write"}
	for name, status := range map[string]int{"theirs": 403, "free": 403, "mine-3": 200} {
		if a := c.send("PUT", "/collections/{mine-2}", `{"new_name":"`+name+`"}`, write...); a.status != status {
			t.Errorf("renamed to %s = %v; want %d", name, a, status)
		}
	}
	if a := c.send("PUT", "/collections/{mine-2}", `{"new_name":"mine-2"}`, write...); a.status != 200 {
		t.Errorf("renamed back = %v; want 200", a)
	}
	alias := []collection.AliasAction{{Do: collection.CreateAlias, Alias: "also-theirs", Database: "theirs"}}
	if err := svc.Collections().ChangeAliases(t.Context(), alias, nil); err != nil {
		t.Fatal(err)
	}
	if a := c.send("POST", "/collections", `{"name":"also-theirs"}`, write...); a.status != 403 {
		t.Errorf("a collection with the name of an alias out of reach = %v; want 403", a)
	}
	if a := c.send("DELETE", "/collections/mine-2", "", "X-Chroma-Token", "admin"); a.status != 200 {
		t.Errorf("drop = %v; want 200", a)
	}
}

// taken are collections of which none can be changed.
type taken struct{ *collections.Collections }

func (taken) Update(context.Context, collection.Collection, collections.Update) (collection.Collection, error) {
	return collection.Collection{}, collection.Exists(collection.ACollection, "docs")
}

func TestAConflictWithoutANewName(t *testing.T) {
	svc := newService(t)
	h := web.New(web.Options{})
	chromaapi.Mount(h, svc, taken{svc.Collections()}, chromaapi.Options{})
	c := &client{t: t, handler: h, ids: map[string]string{}}
	c.make("docs", "")
	if a := c.send("PUT", "/collections/{docs}", `{"new_metadata":{"a":1}}`); a.status != 409 {
		t.Errorf("PUT = %v; want 409", a)
	}
}
