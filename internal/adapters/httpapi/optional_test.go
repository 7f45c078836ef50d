package httpapi_test

import (
	"strings"
	"testing"
)

func TestOptionalEmbeddings(t *testing.T) {
	c := newClient(t, options{})
	const none = `{"chunks":[{"key":"a"},{"key":"b","text":"t","embedding":null},{"key":"c","embedding":[],"metadata":{"g":1}},{"key":"d","embedding":"","metadata":{"g":1}}]}`
	if got := c.do("PUT", "/v1/databases/needs", `{"dimensions":2,"optional_embeddings":false}`); got.status != 201 || !strings.Contains(got.body, `"optional_embeddings":false`) {
		t.Errorf("PUT = %d %s", got.status, got.body)
	}
	c.wantError("POST", "/v1/databases/needs/chunks", none, 400, "invalid_request", "embedding cannot be empty (chunks[0])")
	c.wantError("POST", "/v1/databases/needs/chunks", `{"chunks":[{"embedding":[0,0]}]}`, 422, "zero_vector",
		"embedding has length zero, which has no direction under the cosine metric (chunks[0])")

	if got := c.do("PUT", "/v1/databases/d", `{"optional_embeddings":true}`); got.status != 201 || !strings.Contains(got.body, `"dimensions":null`) || !strings.Contains(got.body, `"optional_embeddings":true`) {
		t.Errorf("PUT = %d %s", got.status, got.body)
	}
	c.want("POST", "/v1/databases/d/chunks", none, 200, `{"inserted_ids":[1,2,3,4]}`)
	c.want("GET", "/v1/databases/d/keys/c?include=embedding", "", 200, `{"chunk_id":3,"key":"c","embedding":null,"expires_at":null}`)
	c.wantIDs("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0]}]}`, "")
	c.want("POST", "/v1/databases/d/count", `{"filter":{"g":1}}`, 200, `{"count":2}`)
	c.wantError("POST", "/v1/databases/d/search", `{"queries":[{"key":"a"}]}`, 400, "invalid_request",
		`key "a" has no embedding to search by, or one of length zero (queries[0])`)
	c.want("PATCH", "/v1/databases/d/keys/c", `{"embedding":[1,0]}`, 200, `{"chunk_id":3,"key":"c","text":"","metadata":{"g":1},"expires_at":null}`)
	c.want("POST", "/v1/insert", `{"database_id":"d","chunks":[{"key":"z","embedding":[0,0]}]}`, 200, `{"inserted_ids":[5]}`)
	c.wantIDs("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0],"filter":{"g":1}}]}`, "3")
	c.wantIDs("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0],"k":9}],"include":["embedding"]}`, "3")
	c.want("GET", "/v1/databases/d/keys/z?include=embedding", "", 200, `{"chunk_id":5,"key":"z","embedding":[0,0],"expires_at":null}`)
	c.wantError("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[0,0]}]}`, 422, "zero_vector",
		"embedding has length zero, which has no direction under the cosine metric (queries[0])")
	c.wantError("PATCH", "/v1/databases/d", `{"optional_embeddings":false}`, 400, "invalid_request",
		"optional_embeddings cannot be turned off again: there may be chunks without an embedding, so make another database")
	if got := c.do("PATCH", "/v1/databases/needs", `{"optional_embeddings":true}`); got.status != 200 || !strings.Contains(got.body, `"optional_embeddings":true`) {
		t.Errorf("PATCH = %d %s", got.status, got.body)
	}
	c.want("POST", "/v1/databases/needs/chunks", `{"chunks":[{}]}`, 200, `{"inserted_ids":[1]}`)
}

func TestExplainIsRefusedWhereNothingIsTold(t *testing.T) {
	c := newClient(t, options{NoExplain: true})
	c.want("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[1,0]}]}`, 200, `{"inserted_ids":[1]}`)
	c.wantError("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0]}],"explain":true}`, 501, "unsupported",
		"the nodes of a cluster do not tell how they have answered: search without explain (GET /version lists what this memista can; it has no explain)")
	c.wantIDs("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0]}],"explain":false}`, "1")
}
