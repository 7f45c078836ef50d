package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi"
)

func TestJobs(t *testing.T) {
	c := newClient(t, httpapi.Options{})
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
