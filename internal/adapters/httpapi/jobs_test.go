package httpapi_test

import (
	"strings"
	"testing"
	"time"
)

func TestJobs(t *testing.T) {
	c := newClient(t, options{})
	c.want("GET", "/v1/jobs", "", 200, `{"jobs":[]}`)
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	a := c.do("POST", "/v1/databases/my_app/rebuild", "")
	if a.status != 202 || !strings.HasPrefix(a.body, `{"id":1,"kind":"rebuild","database_id":"my_app","state":"`) || a.header.Get("Location") != "/v1/jobs/1" {
		t.Fatalf("POST = %+v; want 202 with job 1", a)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(c.do("GET", "/v1/jobs/1", "").body, `"state":"done","canceling":false,"progress_percent":100,"done":2,"total":2,`); {
		if time.Now().After(deadline) {
			t.Fatalf("the job is %s", c.do("GET", "/v1/jobs/1", "").body)
		}
	}
	if a := c.do("DELETE", "/v1/jobs/1", ""); a.status != 200 || !strings.Contains(a.body, `"state":"done"`) {
		t.Errorf("DELETE of a job that has ended = %d %s", a.status, a.body)
	}
	if a := c.do("GET", "/v1/jobs", ""); a.status != 200 || !strings.HasPrefix(a.body, `{"jobs":[{"id":1,`) {
		t.Errorf("GET = %d %s", a.status, a.body)
	}
	c.wantError("GET", "/v1/jobs/2", "", 404, "not_found", "Job 2 not found")
	c.wantError("DELETE", "/v1/jobs/2", "", 404, "not_found", "Job 2 not found")
	c.wantError("GET", "/v1/jobs/x", "", 400, "invalid_request", "the id of a job in the path must be an integer from 1 on")
	c.wantError("POST", "/v1/databases/my_app/rebuild", `{"m":8}`, 400, "invalid_request", "a rebuild takes no body, or an empty object")
	c.wantError("POST", "/v1/databases/none/rebuild", "", 404, "not_found", "Database 'none' not found")
}

func TestImportJobs(t *testing.T) {
	c := newClient(t, options{})
	a := c.do("POST", "/v1/databases/new/imports", `{"done":10,"total":100}`)
	if a.status != 201 || a.header.Get("Location") != "/v1/jobs/1" ||
		!strings.HasPrefix(a.body, `{"id":1,"kind":"import","database_id":"new","state":"running","canceling":false,"progress_percent":10,"done":10,"total":100,"per_second":0,`) {
		t.Fatalf("POST = %+v; want 201 with job 1", a)
	}
	if a := c.do("POST", "/v1/jobs/1/progress", `{"done":50,"total":100}`); a.status != 200 || !strings.Contains(a.body, `"state":"running","canceling":false,"progress_percent":50,`) {
		t.Errorf("a report = %d %s", a.status, a.body)
	}
	answer := make(chan string, 1)
	go func() { answer <- c.do("DELETE", "/v1/jobs/1", "").body }()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(c.do("POST", "/v1/jobs/1/progress", `{"done":60,"total":100}`).body, `"canceling":true`); {
		if time.Now().After(deadline) {
			t.Fatal("the importer is not told that it is canceled")
		}
	}
	for _, body := range []string{`{"done":60,"total":100,"state":"canceled"}`, ""} {
		if a := c.do("POST", "/v1/jobs/1/progress", body); a.status != 200 || !strings.Contains(a.body, `"state":"canceled","canceling":false,"progress_percent":60,`) {
			t.Errorf("the report %q = %d %s", body, a.status, a.body)
		}
	}
	if body := <-answer; !strings.Contains(body, `"state":"canceled"`) {
		t.Errorf("DELETE = %s", body)
	}
	c.do("POST", "/v1/databases/new/imports", "")
	failed := c.do("POST", "/v1/jobs/2/progress", `{"state":"failed","error":"`+strings.Repeat("x", 2000)+`"}`)
	if !strings.Contains(failed.body, `"state":"failed"`) || strings.Count(failed.body, "x") != 1000 {
		t.Errorf("a failed import is %s; want 1000 bytes of the reason", failed.body)
	}
	c.wantError("POST", "/v1/databases/new/imports", `{"state":"done"}`, 400, "invalid_request", `unknown field "state": known are done, total (at byte 1)`)
	c.wantError("POST", "/v1/databases/new/imports", `{"done":-1}`, 400, "invalid_request", "done and total of an import must be at least 0, got -1 and 0")
	c.wantError("POST", "/v1/jobs/2/progress", `{"state":"over"}`, 400, "invalid_request", "state: must be one of running, done, failed, canceled (at byte 15)")
	c.wantError("POST", "/v1/jobs/9/progress", `{}`, 404, "not_found", "Job 9 not found")
}

func TestReembed(t *testing.T) {
	c, _ := embedClient(t, options{})
	c.do("PUT", "/v1/databases/notes", `{"dimensions":3}`)
	c.want("POST", "/v1/databases/notes/chunks", `{"chunks":[{"text":"one","embedding":[1,0,0]},{"text":"three","embedding":[0,1,0]}]}`, 200, `{"inserted_ids":[1,2]}`)
	a := c.do("POST", "/v1/databases/notes/reembed", `{"embedder":{"provider":"static","model":"glove"},"metric":"ip"}`)
	if a.status != 202 || !strings.HasPrefix(a.body, `{"id":1,"kind":"re-embed","database_id":"notes","state":"`) || a.header.Get("Location") != "/v1/jobs/1" {
		t.Fatalf("POST = %+v; want 202 with job 1", a)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(c.do("GET", "/v1/jobs/1", "").body, `"state":"done","canceling":false,"progress_percent":100,"done":4,"total":4,`); {
		if time.Now().After(deadline) {
			t.Fatalf("the job is %s", c.do("GET", "/v1/jobs/1", "").body)
		}
	}
	if a := c.do("GET", "/v1/databases/notes", ""); !strings.Contains(a.body, `"dimensions":2,"metric":"ip",`) || !strings.Contains(a.body, `"embedder":{"provider":"static","model":"glove"}`) {
		t.Errorf("the database is %s; want the embedder with its dimensions, and the metric", a.body)
	}
	if a := c.do("POST", "/v1/databases/notes/search", `{"queries":[{"near_text":"three","k":1}]}`); !strings.Contains(a.body, `"text":"three"`) {
		t.Errorf("search = %s; want the text", a.body)
	}
	c.wantError("POST", "/v1/databases/notes/reembed", `{"embedder":"static/glove"}`, 409, "conflict", "the embeddings of Database 'notes' are by static/glove already")
	c.wantError("POST", "/v1/databases/none/reembed", `{"embedder":"static/glove"}`, 404, "not_found", "Database 'none' not found")
	c.want("POST", "/v1/databases/notes/chunks", `{"chunks":[{"embedding":[1,0]}]}`, 200, `{"inserted_ids":[3]}`)
	c.wantError("POST", "/v1/databases/notes/reembed", `{"embedder":"static/glove","metric":"l2"}`, 400, "invalid_request", "1 chunks have no text")
	for _, body := range []string{``, `{}`, `null`, `{"embedder":null}`, `{"embedder":""}`, `{"embedder":"x"}`, `{"embedder":{"provider":"static"}}`, `{"embedder":"static/none"}`,
		`{"embedder":"static/glove","metric":"x"}`, `{"embedder":"static/glove","dims":2}`, `{"embedder":"static/glove"}x`} {
		if a := c.do("POST", "/v1/databases/notes/reembed", body); a.status != 400 {
			t.Errorf("reembed of %q = %d %s; want 400", body, a.status, a.body)
		}
	}
}
