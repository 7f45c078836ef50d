package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// changed asks for changes and returns the answer but for where they end, and that.
func (c client) changed(query string) (answer, next string) {
	c.t.Helper()
	got := c.do("POST", "/v1/databases/d/changes?"+query, "")
	var page struct {
		Next string `json:"next"`
	}
	if err := json.Unmarshal([]byte(got.body), &page); got.status != 200 || err != nil || page.Next == "" {
		c.t.Fatalf("changes?%s = %d %s", query, got.status, got.body)
	}
	return strings.TrimSpace(strings.Replace(got.body, page.Next, "…", 1)), page.Next
}

func TestChanges(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[1,2],"text":"one","key":"a"},{"embedding":[3,4],"text":"two","key":"b"}]}`, 200, `{"inserted_ids":[1,2]}`)
	got, next := c.changed("")
	if want := `{"chunks":[],"deleted":[],"deleted_keys":[],"next":"…","more":false}`; got != want {
		t.Errorf("changes = %s; want %s", got, want)
	}
	c.want("POST", "/v1/databases/d/delete", `{"ids":[2]}`, 200, `{"deleted":1}`)
	c.do("PATCH", "/v1/databases/d/keys/a", `{"metadata":{"x":1}}`)
	c.want("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[5,6],"text":"three"}]}`, 200, `{"inserted_ids":[3]}`)
	first, middle := c.changed("limit=2&include=metadata&after=" + next)
	if want := `{"chunks":[{"chunk_id":1,"key":"a","metadata":{"x":1},"expires_at":null}],"deleted":[2],"deleted_keys":["b"],"next":"…","more":true}`; first != want {
		t.Errorf("changes = %s; want %s", first, want)
	}
	last, end := c.changed("include=embedding&encoding=base64&keep_seconds=60&after=" + middle)
	if want := `{"chunks":[{"chunk_id":3,"key":null,"embedding":"AACgQAAAwEA=","expires_at":null}],"deleted":[],"deleted_keys":[],"next":"…","more":false}`; last != want {
		t.Errorf("changes = %s; want %s", last, want)
	}
	c.want("POST", "/v1/databases/d/changes?close=true&after="+end, "", 200, `{"chunks":[],"deleted":[],"deleted_keys":[],"next":null,"more":false}`)
	c.refused("POST", "/v1/databases/d/changes?after="+end, "", 410, "start_over", "take all chunks again")
	for query, says := range map[string]string{
		"after=x": "after must be", "limit=0": "limit must be at least 1", "limit=1000000": "limit must be between 1", "keep_seconds=604801": "604800",
		"keep_seconds=-1": "keep_seconds", "close=yes": "close must be", "close=true": "named by after", "include=x": "include takes",
	} {
		c.refused("POST", "/v1/databases/d/changes?"+query, "", 400, "invalid_request", says)
	}
	c.refused("POST", "/v1/databases/none/changes", "", 404, "not_found", "Database 'none' not found")
}

func TestLoad(t *testing.T) {
	c := newClient(t, options{})
	c.refused("POST", "/v1/databases/d/load", `{"chunks":[{"chunk_id":1,"embedding":[1,2]}]}`, 404, "not_found", "Database 'd' not found")
	c.do("PUT", "/v1/databases/d", `{"dimensions":2,"metric":"l2"}`)
	c.want("POST", "/v1/databases/d/load", `{"chunks":[{"chunk_id":7,"embedding":[1,2],"text":"seven","key":"k","metadata":"m","expires_at":"2999-01-01T00:00:00.123456Z"},{"chunk_id":3,"embedding":[0,0],"text":"three"}],"next_id":20}`, 200, `{"stored":2,"deleted":0}`)
	c.want("GET", "/v1/databases/d/chunks?include=text,metadata", "", 200, `{"chunks":[{"chunk_id":3,"key":null,"text":"three","metadata":null,"expires_at":null},`+
		`{"chunk_id":7,"key":"k","text":"seven","metadata":"m","expires_at":"2999-01-01T00:00:00.123456Z"}],"next_after":null}`)
	c.want("POST", "/v1/databases/d/load", `{"chunks":[{"chunk_id":4,"embedding":[1,1],"text":"four","key":"k"}],"delete":[3,99]}`, 200, `{"stored":1,"deleted":2}`)
	c.want("POST", "/v1/search", `{"database_id":"d","embeddings":[[1,2]],"num_results":9,"include":["text"]}`, 200, `[[{"chunk_id":4,"key":"k","text":"four","score":0.5,"distance":1}]]`)
	c.want("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[9,9]}]}`, 200, `{"inserted_ids":[20]}`)
	for body, says := range map[string]string{
		`{}`: "nothing to load", `{"chunks":[{"embedding":[1,2]}]}`: "field chunk_id is missing", `{"chunks":[{"chunk_id":0,"embedding":[1,2]}]}`: "chunk_id must be at least 1",
		`{"chunks":[{"chunk_id":1,"embedding":[1,2]},{"chunk_id":1,"embedding":[1,2]}]}`:                     "chunk_id is the same as that of chunks[0]",
		`{"chunks":[{"chunk_id":1,"embedding":[1,2],"key":"a"},{"chunk_id":2,"embedding":[1,2],"key":"a"}]}`: "key is the same as that of chunks[0]",
		`{"chunks":[{"chunk_id":1,"embedding":[1,2],"ttl_seconds":5}]}`:                                      "expires_at says when",
		`{"chunks":[{"chunk_id":1,"embedding":[1,2],"expires_at":"soon"}]}`:                                  "must be a time",
		`{"chunks":[{"chunk_id":1}]}`: "embedding cannot be empty", `{"next_id":-1}`: "next_id must be",
	} {
		c.refused("POST", "/v1/databases/d/load", body, 400, "invalid_request", says)
	}
	c.refused("POST", "/v1/databases/d/load", `{"chunks":[{"chunk_id":99999999999999,"embedding":[1,2]}]}`, 413, "too_large", "chunk ids here are between")
	c.refused("POST", "/v1/databases/d/load", `{"chunks":[{"chunk_id":1,"embedding":[1,2,3]}]}`, 422, "dimension_mismatch", "expected 2, got 3")
}

func TestHold(t *testing.T) {
	c := newClient(t, options{})
	insert := func() answer { return c.do("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[1,2]}]}`) }
	insert()
	c.want("POST", "/v1/databases/d/hold", "", 200, `{"sequence":1,"chunks":1,"next_id":2}`)
	if got := c.do("POST", "/v1/databases/d/hold", `{"seconds":60,"if_sequence":1}`); got.status != 200 || !strings.Contains(got.body, `"held_until":"2`) {
		t.Errorf("hold = %d %s", got.status, got.body)
	}
	for what, send := range map[string]func() answer{
		"insert": insert,
		"alter":  func() answer { return c.do("PATCH", "/v1/databases/d", `{"ttl_seconds":9}`) },
		"delete": func() answer { return c.do("POST", "/v1/databases/d/delete", `{"all":true}`) },
		"patch":  func() answer { return c.do("PATCH", "/v1/databases/d/chunks/1", `{"text":"x"}`) },
		"load":   func() answer { return c.do("POST", "/v1/databases/d/load", `{"delete":[1]}`) },
	} {
		if got := send(); got.status != 503 || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "is being moved") {
			t.Errorf("%s while held = %d %s; want 503", what, got.status, got.body)
		}
	}
	c.want("POST", "/v1/databases/d/count", `{}`, 200, `{"count":1}`)
	c.want("POST", "/v1/databases/d/hold", `{"seconds":0}`, 200, `{"sequence":1,"chunks":1,"next_id":2}`)
	if got := insert(); got.status != 200 {
		t.Errorf("insert when let in again = %d %s", got.status, got.body)
	}
	c.refused("POST", "/v1/databases/d/hold", `{"moved_to":"http://there","if_sequence":1}`, 409, "conflict", "it is at 2, not at 1")
	c.want("POST", "/v1/databases/d/hold", `{"moved_to":"http://there","if_sequence":2}`, 200, `{"sequence":2,"chunks":2,"next_id":3,"moved_to":"http://there"}`)
	if got := insert(); got.status != 409 || !strings.Contains(got.body, "has moved to http://there") {
		t.Errorf("insert when it has moved = %d %s", got.status, got.body)
	}
	for body, says := range map[string]string{
		`{"seconds":301}`: "between 0 and 300", `{"seconds":5,"moved_to":"x"}`: "leave out seconds", `{"moved_to":""}`: "cannot be empty", `{"if_sequence":1}`: "seconds or moved_to is missing",
	} {
		c.refused("POST", "/v1/databases/d/hold", body, 400, "invalid_request", says)
	}
}

func TestNames(t *testing.T) {
	c := newClient(t, options{})
	c.do("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[1,2]}]}`)
	c.do("POST", "/v1/databases/e/chunks", `{"chunks":[{"embedding":[1,2]}]}`)
	const uuid = "0b0f3d1e-0000-4000-8000-00000000000"
	col := func(id, name string, n int) string {
		return fmt.Sprintf(`{"tenant":"acme","database":"library","name":%q,"database_id":%q,"uuid":"%s%d","surface":"chroma","keys":"raw","config":"{\"a\": 1}"}`, name, id, uuid, n)
	}
	all := `{"tenants":["acme"],"spaces":[{"tenant":"acme","database":"library"}],"collections":[` + col("d", "my docs", 1) + `],"aliases":[{"alias":"now","database":"e"}]}`
	for range 2 { // what is there stays
		c.want("POST", "/v1/names", all, 200, `{"done":4}`)
		c.want("GET", "/v1/names", "", 200, all)
	}
	c.want("POST", "/v1/databases/now/count", `{}`, 200, `{"count":1}`)
	for body, want := range map[string]string{
		`{"collections":[` + col("none", "x", 2) + `]}`:    "404 Database 'none' not found",
		`{"collections":[` + col("e", "my docs", 2) + `]}`: "409 Collection 'my docs' exists already",
		`{"collections":[` + col("e", "other", 1) + `]}`:   "409 another collection has the UUID",
		`{"collections":[` + col("d", "other", 2) + `]}`:   "409 is the collection 'my docs' already",
		`{"aliases":[{"alias":"now","database":"d"}]}`:     "409 Alias 'now' exists already",
		`{"aliases":[{"alias":"d","database":"e"}]}`:       "409 is the name of a database",
		`{"spaces":[{"tenant":"nobody","database":"x"}]}`:  "404 Tenant 'nobody' not found",
		`{"collections":[{"name":"x"}]}`:                   "400 no valid UUID",
		`{"collection":[]}`:                                "400 unknown field",
	} {
		got := c.do("POST", "/v1/names", body)
		if text := fmt.Sprint(got.status, " ", got.body); !strings.HasPrefix(text, want[:4]) || !strings.Contains(text, want[4:]) {
			t.Errorf("%s = %s; want %s", body, text, want)
		}
	}
	c.want("GET", "/v1/names", "", 200, all)
}

// refused checks that a request is refused with a code, and words that contain says.
func (c client) refused(method, path, body string, status int, code, says string) {
	c.t.Helper()
	got := c.do(method, path, body)
	if got.status != status || !strings.Contains(got.body, `"code":"`+code+`"`) || !strings.Contains(got.body, says) {
		c.t.Errorf("%s %s %s = %d %s; want %d %s: %s", method, path, body, got.status, got.body, status, code, says)
	}
}
