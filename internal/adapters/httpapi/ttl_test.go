package httpapi_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/app/compose"
)

func TestTTL(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	made, err := compose.Open(t.Context(), compose.Config{
		Path: filepath.Join(t.TempDir(), "memista.db"), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer made.Service.Close()
	c := client{t: t, handler: newHandler(made.Service, options{})}
	c.want("POST", "/v1/insert", `{"database_id":"x","chunks":[{"embedding":[1],"key":"a","ttl_seconds":60},{"embedding":[2],"ttl_seconds":null}]}`, 200, `{"inserted_ids":[1,2]}`)
	c.want("GET", "/v1/databases/x/chunks/1?include=", "", 200, `{"chunk_id":1,"key":"a","expires_at":"2030-01-01T12:01:00Z"}`)
	c.want("PATCH", "/v1/databases/x/keys/a?include=", `{"ttl_seconds":1}`, 200, `{"chunk_id":1,"key":"a","expires_at":"2030-01-01T12:00:01Z"}`)
	c.want("PATCH", "/v1/databases/x/keys/a?include=text", `{"text":"same"}`, 200, `{"chunk_id":1,"key":"a","text":"same","expires_at":"2030-01-01T12:00:01Z"}`)
	c.want("PATCH", "/v1/databases/x/chunks/1?include=", `{"ttl_seconds":null}`, 200, `{"chunk_id":1,"key":"a","expires_at":null}`)
	c.want("PATCH", "/v1/databases/x/chunks/2?include=", `{"ttl_seconds":5}`, 200, `{"chunk_id":2,"key":null,"expires_at":"2030-01-01T12:00:05Z"}`)
	now = now.Add(5 * time.Second)
	c.wantError("PATCH", "/v1/databases/x/chunks/2", `{"text":"too late"}`, 404, "not_found", "Chunk 2 not found")
	c.wantError("DELETE", "/v1/databases/x/chunks/2", "", 404, "not_found", "Chunk 2 not found")
	now = now.Add(-5 * time.Second)
	if a := c.do("PUT", "/v1/databases/y", `{"ttl_seconds":5}`); a.status != 201 {
		t.Errorf("PUT = %+v", a)
	}
	c.want("POST", "/v1/insert", `{"database_id":"y","chunks":[{"embedding":[1]}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("GET", "/v1/databases/y/chunks/1?include=", "", 200, `{"chunk_id":1,"key":null,"expires_at":"2030-01-01T12:00:05Z"}`)
	c.wantError("PUT", "/v1/databases/y", `{"ttl_seconds":6}`, 409, "conflict", "Database 'y' exists with other settings: time to live is 5s and not 6s; change them, drop it first, or use it as it is")
}
