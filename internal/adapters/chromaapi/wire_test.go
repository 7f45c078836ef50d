package chromaapi_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// object is a collection as it is answered, with a space, metadata and a dimension.
func object(name, space, function, metadata, dimension string) string {
	return `{"id":"{` + name + `}","name":"` + name + `","configuration_json":{"hnsw":{"space":"` + space +
		`","ef_construction":100,"ef_search":100,"max_neighbors":16,"resize_factor":1.2,"sync_threshold":1000},"spann":null,"embedding_function":` + function +
		`},"schema":null,"metadata":` + metadata + `,"dimension":` + dimension + `,"tenant":"default_tenant","database":"default_database","log_position":0,"version":0}`
}

func TestSystem(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	for _, path := range []string{"/api/v2", "/api/v2/heartbeat", "/api/v2/heartbeat/", "/api/v1", "/api/v1/heartbeat?x=1"} {
		got := c.send("GET", path, "")
		if !regexp.MustCompile(`^\{"nanosecond heartbeat":1[0-9]{18}\}$`).MatchString(got.body) || got.status != 200 {
			t.Errorf("GET %s = %d %s", path, got.status, got.body)
		}
	}
	c.want("GET", "/api/v2/version", "", 200, `"1.0.0"`)
	c.want("GET", "/api/v1/version", "", 200, `"0.6.3"`)
	// The client for Go takes all but the quotes as the version.
	if got := c.send("GET", "/api/v1/version", ""); got.raw != got.body {
		t.Errorf("GET /api/v1/version = %q; want no end of line", got.raw)
	}
	c.want("GET", "/api/v2/healthcheck", "", 200, `{"is_executor_ready":true,"is_log_client_ready":true}`)
	for _, v := range []string{"/api/v1", "/api/v2"} {
		c.want("GET", v+"/pre-flight-checks", "", 200, `{"max_batch_size":5461,"supports_base64_encoding":true}`)
		c.want("POST", v+"/reset", "", 403, `{"error":"ChromaError","message":"Reset is disabled by config"}`)
	}
	c.want("GET", "/api/v2/auth/identity", "", 200, `{"user_id":"","tenant":"default_tenant","databases":["default_database"]}`)
	c.want("GET", "/api/v2/foo", "", 404, `{"error":"NotFoundError","message":"there is no such route in the part of Chroma's API that memista has"}`)
	for path, status := range map[string]int{"/api/v1/foo": 404, "/collections": 405} {
		if got := c.send(map[int]string{404: "GET", 405: "PATCH"}[status], path, ""); got.status != status {
			t.Errorf("%s = %d %s; want %d", path, got.status, got.body, status)
		}
	}
}

func TestTenantsAndDatabases(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.want("GET", "/api/v2/tenants/default_tenant", "", 200, `{"name":"default_tenant","resource_name":null}`)
	c.want("GET", "/api/v2/tenants/default_tenant/databases/default_database", "", 200, `{"id":"00000000-0000-0000-0000-000000000000","name":"default_database","tenant":"default_tenant"}`)
	c.want("GET", "/api/v2/tenants/SpringAiTenant", "", 404, `{"error":"NotFoundError","message":"Tenant [SpringAiTenant] not found"}`)
	c.want("POST", "/api/v2/tenants", `{"name":"SpringAiTenant"}`, 200, `{}`)
	c.want("POST", "/api/v2/tenants", `{"name":"SpringAiTenant"}`, 409, `{"error":"ChromaError","message":"Tenant [SpringAiTenant] already exists"}`)
	c.want("POST", "/api/v2/tenants", `{"name":"ab"}`, 400, `{"error":"InvalidArgumentError","message":"Validation error: name: the name of a tenant has at least 3 characters, got \"ab\""}`)
	c.want("POST", "/api/v2/tenants", `{}`, 422, "{\"error\":\"ChromaError\",\"message\":\"Failed to deserialize the JSON body into the target type: missing field `name`\"}")
	c.want("GET", "/api/v2/tenants/SpringAiTenant", "", 200, `{"name":"SpringAiTenant","resource_name":null}`)
	c.want("PATCH", "/api/v2/tenants/SpringAiTenant", `{"resource_name":"x"}`, 200, `{}`)
	c.want("PATCH", "/api/v2/tenants/none", `{}`, 404, `{"error":"NotFoundError","message":"Tenant [none] not found"}`)

	spring := "/api/v2/tenants/SpringAiTenant/databases"
	c.want("GET", spring+"/SpringAiDatabase", "", 404, `{"error":"NotFoundError","message":"Database [SpringAiDatabase] not found. Are you sure it exists?"}`)
	c.want("POST", spring+"/SpringAiDatabase/collections", `{"name":"abc"}`, 400, `{"error":"InvalidArgumentError","message":"Database [SpringAiDatabase] does not exist"}`)
	c.want("POST", spring, `{"name":"SpringAiDatabase"}`, 200, `{}`)
	c.want("POST", spring, `{"name":"SpringAiDatabase"}`, 409, `{"error":"ChromaError","message":"Database [SpringAiDatabase] already exists"}`)
	c.want("POST", spring, `{"name":"d"}`, 400, `{"error":"InvalidArgumentError","message":"Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: d"}`)
	one := c.send("GET", spring+"/SpringAiDatabase", "")
	if list := c.send("GET", spring+"?limit=5&offset=0", ""); list.body != "["+one.body+"]" || !strings.Contains(one.body, `"name":"SpringAiDatabase","tenant":"SpringAiTenant"`) {
		t.Errorf("databases = %s; want [%s]", list.body, one.body)
	}
	c.want("GET", spring+"?offset=1", "", 200, `[]`)
	c.want("GET", "/api/v2/tenants/none/databases", "", 200, `[]`)
	c.want("POST", "/api/v2/tenants/new_tenant/databases", `{"name":"first"}`, 200, `{}`)

	if got := c.send("POST", spring+"/SpringAiDatabase/collections", `{"name":"same"}`); got.status != 200 || !strings.Contains(got.body, `"tenant":"SpringAiTenant","database":"SpringAiDatabase"`) {
		t.Errorf("create = %d %s", got.status, got.body)
	}
	c.want("POST", "/collections/{same}/add", `{"ids":["a"],"embeddings":[[1,2]]}`, 201, `{}`) // whatever database the path names
	c.want("GET", spring+"/SpringAiDatabase/collections/{same}/count", "", 200, `1`)
	c.want("GET", "/collections/same", "", 404, `{"error":"NotFoundError","message":"Collection [same] does not exist"}`)
	c.want("GET", "/collections/by-id/{same}", "", 404, `{"error":"NotFoundError","message":"Collection [{same}] does not exist"}`)
	c.want("GET", spring+"/nodb/collections", "", 200, `[]`)
	c.want("GET", spring+"/nodb/collections_count", "", 200, `0`)
	c.want("DELETE", spring+"/SpringAiDatabase", "", 200, `{}`)
	c.want("DELETE", spring+"/SpringAiDatabase", "", 404, `{"error":"NotFoundError","message":"Database [SpringAiDatabase] not found"}`)
	c.want("GET", "/collections/{same}/count", "", 404, `{"error":"NotFoundError","message":"Collection [{same}] does not exist."}`)
	c.want("DELETE", "/api/v2/tenants/default_tenant/databases/default_database", "", 403, `{"error":"ChromaError","message":"Database [default_database] cannot be dropped"}`)
}

func TestCollections(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	function := `{"name":"default","type":"known","config":{"b":[1,{"a":null}]}}`
	c.send("POST", "/collections", `{"name":"docs","metadata":{"hnsw:space":"cosine","n":1.0},"configuration":{"embedding_function":`+function+`},"schema":null}`)
	docs := object("docs", "cosine", function, `{"hnsw:space":"cosine","n":1.0}`, "null")
	c.want("GET", "/collections/docs", "", 200, docs)
	c.want("GET", "/collections/by-id/{docs}", "", 200, docs)
	c.want("POST", "/collections", `{"name":"docs"}`, 409, `{"error":"ChromaError","message":"Collection [docs] already exists"}`)
	c.want("POST", "/collections", `{"name":"docs","get_or_create":true,"metadata":{"z":1},"configuration":{"hnsw":{"space":"ip"}}}`, 200, docs)
	c.make("plain", `,"get_or_create":true`)
	plain := object("plain", "l2", "null", "null", "null")
	c.want("GET", "/collections?limit=100&offset=0", "", 200, "["+docs+","+plain+"]")
	c.want("GET", "/collections?limit=1&offset=1", "", 200, "["+plain+"]")
	c.want("GET", "/collections?limit=0", "", 200, "[]")
	c.want("GET", "/collections?limit=x", "", 400, `{"error":"InvalidArgumentError","message":"Failed to deserialize query string: limit: must be a whole number from 0 on"}`)
	c.want("GET", "/collections_count", "", 200, "2")
	c.want("POST", "/collections/{docs}/add", `{"ids":["a"],"embeddings":[[1,2,3]]}`, 201, `{}`)
	c.want("GET", "/collections/docs", "", 200, object("docs", "cosine", function, `{"hnsw:space":"cosine","n":1.0}`, "3"))
	c.want("POST", "/collections/{docs}/delete", `{"ids":["a"]}`, 200, `{"deleted":1}`)
	c.want("GET", "/collections/docs", "", 200, object("docs", "cosine", function, `{"hnsw:space":"cosine","n":1.0}`, "3"))

	c.want("PUT", "/collections/{plain}", `{"new_name":"renamed","new_metadata":{"a":1,"b":null}}`, 200, `{}`)
	c.want("GET", "/collections/plain", "", 404, `{"error":"NotFoundError","message":"Collection [plain] does not exist"}`)
	c.want("PUT", "/collections/{plain}", `{"new_configuration":{"hnsw":{"ef_search":77},"embedding_function":{"type":"legacy"}}}`, 200, `{}`)
	c.want("PUT", "/collections/{plain}", `{}`, 200, `{}`)
	delete(c.ids, "plain")
	c.send("GET", "/collections/renamed", "")
	want := strings.Replace(object("renamed", "l2", `{"type":"legacy"}`, `{"a":1}`, "null"), `"ef_search":100`, `"ef_search":77`, 1)
	c.want("GET", "/collections/renamed", "", 200, want)
	c.want("PUT", "/collections/{renamed}", `{"new_name":"docs"}`, 409, `{"error":"ChromaError","message":"Collection [docs] already exists"}`)
	c.want("PUT", "/collections/{renamed}", `{"new_name":"renamed","new_metadata":{}}`, 200, `{}`)
	c.want("GET", "/collections/renamed", "", 200, strings.Replace(want, `{"a":1}`, "null", 1))
	c.want("PUT", "/collections/6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11", `{"new_name":"abcd"}`, 404, `{"error":"NotFoundError","message":"Collection [6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11] does not exist."}`)
	c.want("PUT", "/collections/zzz", `{}`, 400, `{"error":"InvalidArgumentError","message":"Collection ID is not a valid UUIDv4"}`)
	c.want("GET", "/collections/by-id/zzz", "", 400, `{"error":"InvalidArgumentError","message":"Validation error: collection_id: Invalid collection ID format, expected UUID"}`)

	c.want("DELETE", "/collections/missing", "", 404, `{"error":"NotFoundError","message":"Collection [missing] does not exist"}`)
	c.want("DELETE", "/collections/renamed", "", 200, `{}`)
	c.want("DELETE", "/collections/renamed", "", 404, `{"error":"NotFoundError","message":"Collection [renamed] does not exist"}`)
	for _, name := range []string{"Case", "case"} { // two collections
		c.make(name, "")
	}
	c.want("GET", "/collections_count", "", 200, "3")
	for _, path := range []string{"/search", "/fork", "/functions/attach"} {
		if got := c.send("POST", "/collections/{docs}"+path, `{}`); got.status != 501 || !strings.Contains(got.body, "memista") {
			t.Errorf("%s = %d %s; want 501 with the reason", path, got.status, got.body)
		}
	}
}

func TestReset(t *testing.T) {
	svc := newService(t)
	c := newClient(t, svc, web.Options{}, chromaapi.Options{AllowReset: true})
	c.make("docs", "")
	c.want("POST", "/api/v2/tenants/default_tenant/databases", `{"name":"other"}`, 200, `{}`)
	c.send("POST", "/api/v2/tenants/default_tenant/databases/other/collections", `{"name":"deep"}`)
	c.want("POST", "/api/v2/tenants", `{"name":"theirs"}`, 200, `{}`)
	c.want("POST", "/api/v2/tenants/theirs/databases", `{"name":"their-db"}`, 200, `{}`)
	c.send("POST", "/api/v2/tenants/theirs/databases/their-db/collections", `{"name":"far"}`)
	if _, err := svc.Insert(t.Context(), app.Insert{Database: "own", Chunks: []domain.Chunk{{Embedding: []float32{1}}}}); err != nil {
		t.Fatal(err)
	}
	c.want("POST", "/api/v2/reset", "", 200, "true")
	if left, err := svc.Databases(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("after the reset there are %v, %v; want no databases", left, err)
	}
	c.want("GET", "/collections/{far}/count", "", 404, `{"error":"NotFoundError","message":"Collection [{far}] does not exist."}`)
	c.want("GET", "/api/v2/tenants/theirs/databases/their-db/collections", "", 200, "[]")
	c.want("GET", "/collections", "", 200, "[]")
	c.want("GET", "/collections/{deep}/count", "", 404, `{"error":"NotFoundError","message":"Collection [{deep}] does not exist."}`)
}
