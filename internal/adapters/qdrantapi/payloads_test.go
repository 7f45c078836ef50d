package qdrantapi_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// TestOverwriteKeepsNulls compares it with an upsert, which stores a payload as it is.
func TestOverwriteKeepsNulls(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1,2],"payload":{"a":1,"n":null}}]}`)
	has := func(payload string) {
		t.Helper()
		c.want("POST", "/collections/docs/points", `{"ids":[1],"with_payload":true}`, `[{"id":1,"payload":`+payload+`}]`)
	}
	has(`{"a":1,"n":null}`)
	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"b":null,"c":1},"points":[1]}`)
	has(`{"b":null,"c":1}`)
	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"x":null,"y":2},"key":"c","points":[1]}`)
	has(`{"b":null,"c":{"x":null,"y":2}}`)
}
