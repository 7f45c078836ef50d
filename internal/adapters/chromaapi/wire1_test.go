package chromaapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
)

// TestFirstVersion lives the life of a client of the first version of the API.
func TestFirstVersion(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	const v1 = "/api/v1"
	c.want("GET", v1+"/tenants/default_tenant", "", 200, `{"name":"default_tenant","resource_name":null}`)
	c.want("GET", v1+"/databases/default_database?tenant=default_tenant", "", 200, `{"id":"00000000-0000-0000-0000-000000000000","name":"default_database","tenant":"default_tenant"}`)
	c.want("POST", v1+"/tenants", `{"name":"other_tenant"}`, 200, `{}`)
	c.want("POST", v1+"/databases?tenant=other_tenant", `{"name":"other_db"}`, 200, `{}`)
	c.want("GET", v1+"/databases/other_db?tenant=default_tenant", "", 404, `{"error":"NotFoundError","message":"Database [other_db] not found. Are you sure it exists?"}`)

	c.send("POST", v1+"/collections?tenant=default_tenant&database=default_database", `{"name":"docs","get_or_create":true,"metadata":{"hnsw:space":"cosine","embedding_function":"openai"}}`)
	docs := object("docs", "cosine", "null", `{"hnsw:space":"cosine","embedding_function":"openai"}`, "null")
	c.want("GET", v1+"/collections/docs", "", 200, docs)
	c.want("GET", v1+"/collections?limit=10", "", 200, "["+docs+"]")
	c.want("GET", v1+"/count_collections", "", 200, "1")
	c.want("GET", v1+"/count_collections?tenant=other_tenant&database=other_db", "", 200, "0")
	c.want("GET", v1+"/collections/docs?tenant=other_tenant&database=other_db", "", 404, `{"error":"NotFoundError","message":"Collection [docs] does not exist"}`)
	records := v1 + "/collections/{docs}"
	c.want("POST", records+"/add", `{"ids":["a","b"],"embeddings":[[1,0],[0,1]],"documents":["one","two"],"metadatas":[{"n":1},{"n":2}]}`, 201, `true`)
	c.want("POST", records+"/upsert", `{"ids":["c"],"embeddings":[[1,1]],"documents":["three"],"metadatas":[{"n":3}]}`, 200, `true`)
	c.want("POST", records+"/update", `{"ids":["c"],"metadatas":[{"n":4}]}`, 200, `true`)
	c.want("GET", records+"/count", "", 200, "3")
	c.want("POST", records+"/query", `{"query_embeddings":[[1,0]],"n_results":2,"where":{},"where_document":{},"include":["documents","metadatas","distances"]}`, 200,
		`{"ids":[["a","c"]],"embeddings":null,"documents":[["one","three"]],"uris":null,"metadatas":[[{"n":1},{"n":4}]],"distances":[[0,0.29289323]],"include":["documents","metadatas","distances"]}`)
	c.want("POST", records+"/get", `{"where":{},"ids":["c","a"]}`, 200, `{"ids":["a","c"],"embeddings":null,"documents":["one","three"],"uris":null,"metadatas":[{"n":1},{"n":4}],"include":["documents","metadatas"]}`)
	c.want("POST", records+"/delete", `{"where":{"n":{"$gte":2}},"ids":["a","b","zz"]}`, 200, `["b"]`)
	c.want("POST", records+"/delete", `{"ids":["a","zz"]}`, 200, `["a"]`)
	c.want("POST", records+"/delete", `{"where":{"n":4}}`, 200, `["c"]`)
	c.want("POST", records+"/delete", `{"where":{}}`, 200, `[]`)
	c.want("PUT", records, `{"new_name":"renamed"}`, 200, `{}`)
	c.want("DELETE", v1+"/collections/renamed", "", 200, `null`)
	if got := c.send("GET", v1+"/collections/renamed", ""); got.status != 404 || !strings.Contains(got.body, "NotFoundError") {
		t.Errorf("after the drop = %v; want 404", got)
	}
}
