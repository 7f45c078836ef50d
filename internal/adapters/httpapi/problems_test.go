package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// troubled is a repository that says it has problems.
type troubled struct {
	ports.ChunkRepository
	problems []domain.Problem
}

func (r *troubled) Problems() []domain.Problem { return r.problems }

func TestMonitorsAskWithHead(t *testing.T) {
	svc, _ := newService(t)
	web := httptest.NewServer(newHandler(svc, options{}))
	defer web.Close()
	for _, path := range []string{"/healthz", "/readyz"} {
		res, err := http.Head(web.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || len(body) > 0 || res.ContentLength < 10 {
			t.Errorf("HEAD %s = %d, %q of %d bytes, %v; want 200 and the head of the answer to GET", path, res.StatusCode, body, res.ContentLength, err)
		}
	}
}

func TestProblems(t *testing.T) {
	repo, err := compose.Repository(t.Context(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db")})
	if err != nil {
		t.Fatal(err)
	}
	r := &troubled{ChunkRepository: repo}
	made, err := compose.Open(t.Context(), compose.Config{Repository: r})
	if err != nil {
		t.Fatal(err)
	}
	defer made.Service.Close()
	c := client{t: t, handler: newHandler(made.Service, options{Version: httpapi.Version{SIMD: "avx2"}})}
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	c.want("GET", "/readyz", "", 200, `{"status":"ready","simd":"avx2","full_text":false}`)

	since := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	r.problems = []domain.Problem{{Kind: domain.ErrDiskFull, Since: since}, {Kind: domain.ErrCorrupt, Database: "other", Since: since}}
	got := c.do("GET", "/readyz", "")
	for _, part := range []string{
		`{"status":"degraded","simd":"avx2","full_text":false,"problems":[{"code":"disk_full","database":null,"message":"the disk is full: `,
		`"since":"2026-11-22T20:00:00Z"},{"code":"corrupt","database":"other","message":"Database 'other' is damaged on disk: `,
		"verify it, and restore a backup or repair it",
	} {
		if !strings.Contains(got.body, part) || got.status != 200 {
			t.Errorf("GET /readyz = %d %s; want it to contain %s", got.status, got.body, part)
		}
	}
	got = c.do("GET", "/v1/databases/my_app", "")
	if !strings.Contains(got.body, `"problems":[{"code":"disk_full"`) || strings.Contains(got.body, "other") {
		t.Errorf("GET /v1/databases/my_app = %s; want the problem of all databases and no other's", got.body)
	}
	guarded := client{t: t, handler: newHandler(made.Service, options{Keys: limitedKeys()})}
	if got := guarded.as("", "GET", "/readyz", ""); strings.Contains(got.body, "other'") || strings.Contains(got.body, `"other"`) || !strings.Contains(got.body, "A database is damaged") {
		t.Errorf("GET /readyz without a key = %s; want no name of a database", got.body)
	}
	if p := r.problems[1].Database; p != "other" {
		t.Errorf("the repository's own problem has the database %q now", p)
	}
	r.problems = []domain.Problem{{Kind: domain.ErrReadOnly, Since: since}}
	if got := c.do("GET", "/readyz", ""); !strings.Contains(got.body, `"code":"read_only"`) {
		t.Errorf("GET /readyz = %s; want read_only", got.body)
	}
}
