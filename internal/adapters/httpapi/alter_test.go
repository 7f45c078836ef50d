package httpapi_test

import (
	"strings"
	"testing"
	"time"
)

// ended returns job 1 as it ended.
func ended(t *testing.T, c client) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if got := c.do("GET", "/v1/jobs/1", ""); !strings.Contains(got.body, `"state":"running"`) {
			return got.body
		}
	}
	t.Fatal("job 1 does not end")
	return ""
}

func TestAlterAtOnce(t *testing.T) {
	c := textClient(t)
	for _, step := range []struct{ body, want string }{
		{`{"ttl_seconds":60,"ef_search":77,"metadata":{"a":1,"b":{"c":2}}}`, `"ef_search":77,"storage":null,"ttl_seconds":60,"full_text":"words","metadata":{"a":1,"b":{"c":2}}`},
		{`{"metadata":{"a":null,"b":{"d":3}}}`, `"ef_search":77,"storage":null,"ttl_seconds":60,"full_text":"words","metadata":{"b":{"c":2,"d":3}}`},
		{`{"ttl_seconds":null,"ef_search":null,"metadata":null,"metric":"ip","dimensions":2}`, `"ef_search":null,"storage":null,"ttl_seconds":null,"full_text":"words","metadata":null`},
		{`{"full_text":false}`, `"full_text":false`},
	} {
		for i, got := range []answer{c.do("PATCH", "/v1/databases/t", step.body), c.do("GET", "/v1/databases/t", ""), c.do("GET", "/v1/databases", "")} {
			if got.status != 200 || !strings.Contains(got.body, step.want) {
				t.Errorf("PATCH %s, answer %d = %d %s; want %s", step.body, i, got.status, got.body, step.want)
			}
		}
	}
	c.wantError("POST", "/v1/databases/t/search", `{"queries":[{"text":"cat"}]}`, 400, "invalid_request",
		"Database 't' has no full text: only one that was created with full_text can be searched by text (queries[0])")
}

func TestAlterAsAJob(t *testing.T) {
	c := textClient(t)
	const all = `{"queries":[{"embedding":[1,0],"k":3}],"include":[]}`
	c.wantIDs("POST", "/v1/databases/t/search", all, "1 2 3")
	got := c.do("PATCH", "/v1/databases/t", `{"metric":"l2","full_text":"trigram","ttl_seconds":9}`)
	if got.status != 202 || got.header.Get("Location") != "/v1/jobs/1" || !strings.Contains(got.body, `"kind":"alter"`) {
		t.Fatalf("PATCH = %d %s; want job 1", got.status, got.body)
	}
	if job := ended(t, c); !strings.Contains(job, `"state":"done"`) {
		t.Fatalf("the job ended so: %s", job)
	}
	if got := c.do("GET", "/v1/databases/t", ""); !strings.Contains(got.body, `"metric":"l2"`) || !strings.Contains(got.body, `"ttl_seconds":9,"full_text":"trigram"`) {
		t.Errorf("GET = %s; want the new settings", got.body)
	}
	c.wantIDs("POST", "/v1/databases/t/search", `{"queries":[{"embedding":[0.9,0],"k":3}],"include":[]}`, "2 1 3")
	c.wantIDs("POST", "/v1/databases/t/search", `{"queries":[{"text":"ca"}],"include":[]}`, "3 1")
	if got := c.do("PUT", "/v1/databases/t", `{"metric":"ip","full_text":"words"}`); got.status != 409 || !strings.Contains(got.body, "metric is l2 and not ip, full_text is trigram and not words") {
		t.Errorf("PUT with other settings = %d %s; want 409 that names them", got.status, got.body)
	}
}

func TestAlterRefusals(t *testing.T) {
	c := textClient(t)
	for body, want := range map[string]string{
		`{}`:                       "nothing to change",
		`{"dimensions":3}`:         "dimensions cannot be changed from 2 to 3",
		`{"metric":"dot"}`:         "metric: must be one of ip, cosine, l2",
		`{"m":1}`:                  "m must be between 2 and 256",
		`{"ef_search":0}`:          "ef_search: must be at least 1",
		`{"storage":"f8"}`:         "storage: must be one of",
		`{"ttl_seconds":-1}`:       "ttl_seconds",
		`{"full_text":"porter"}`:   "full_text: must be one of words, english, trigram",
		`{"embedder":"static/x"}`:  "embedder: the embedder of a database is changed by POST /v1/databases/{id}/reembed",
		`{"m":8,"embedder":"a/b"}`: "embedder: the embedder of a database is changed by POST /v1/databases/{id}/reembed",
		`{"metadata":"x"}`:         "metadata of a database must be a JSON object",
		`{"chunks":1}`:             `unknown field "chunks"`,
	} {
		if got := c.do("PATCH", "/v1/databases/t", body); got.status != 400 || !strings.Contains(got.body, strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("PATCH %s = %d %s; want 400: %s", body, got.status, got.body, want)
		}
	}
	if got := c.do("PATCH", "/v1/databases/t", `{"engine":"none"}`); got.status != 501 {
		t.Errorf("PATCH of an engine that is not there = %d %s; want 501", got.status, got.body)
	}
	if got := c.do("PATCH", "/v1/databases/none", `{"m":8}`); got.status != 404 {
		t.Errorf("PATCH of a database that is not there = %d %s; want 404", got.status, got.body)
	}
}
