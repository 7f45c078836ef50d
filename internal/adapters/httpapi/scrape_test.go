package httpapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/app/compose"
)

// sample returns the value of a series, named as in the text format.
func sample(t *testing.T, scraped, series string) float64 {
	t.Helper()
	for line := range strings.Lines(scraped) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				t.Fatalf("%s: %v", series, err)
			}
			return v
		}
	}
	t.Errorf("no series %s in:\n%s", series, scraped)
	return -1
}

func TestMetrics(t *testing.T) {
	c := newClient(t, options{Version: httpapi.Version{Version: "1.2.3", Engines: []string{"hnsw", "flat"}, SIMD: "avx2"}})
	c.do("POST", "/v1/insert", twoChunks)
	for range 3 {
		c.do("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0],[0,1]],"num_results":1}`)
	}
	c.do("POST", "/v1/search", `{"database_id":"secret_name","embeddings":[[1,0]],"num_results":1}`)
	c.do("GET", "/v1/databases/my_app", "")
	c.do("GET", "/no_route/here", "")
	c.do("BREW", "/v1/insert", "")
	scraped := c.do("GET", "/metrics", "").body

	for series, want := range map[string]float64{
		`memista_http_requests_total{code="200",method="POST",route="/v1/search"}`:                              3,
		`memista_http_requests_total{code="404",method="POST",route="/v1/search"}`:                              1,
		`memista_http_requests_total{code="200",method="GET",route="/v1/databases/{id}"}`:                       1,
		`memista_http_requests_total{code="404",method="any",route="unmatched"}`:                                1,
		`memista_http_requests_total{code="405",method="any",route="unmatched"}`:                                1,
		`memista_http_request_duration_seconds_count{method="POST",route="/v1/search",status="2xx"}`:            3,
		`memista_http_request_duration_seconds_bucket{method="POST",route="/v1/search",status="4xx",le="+Inf"}`: 1,
		`memista_http_requests_in_flight`:                                                                       1, // the scrape itself
		`memista_databases`:                                                                                     1,
		`memista_chunks`:                                                                                        2,
		`memista_vectors{part="tail"}`:                                                                          2,
		`memista_databases_in_memory{state="open"}`:                                                             1,
		`memista_queries_total{plan="flat"}`:                                                                    6,
		`memista_distances_total`:                                                                               12,
		`memista_writes_total{result="ok"}`:                                                                     1,
		`memista_commit_group_size_count`:                                                                       1,
		`memista_commit_group_size_sum`:                                                                         1,
		`memista_read_only`:                                                                                     0,
		`memista_build_info{commit="",engine="hnsw",simd="avx2",sqlite_driver="",sqlite_version="",version="1.2.3"}`: 1,
	} {
		if got := sample(t, scraped, series); got != want {
			t.Errorf("%s = %v; want %v", series, got, want)
		}
	}
	for _, series := range []string{"memista_fsyncs_total", "memista_wal_bytes", "memista_data_file_bytes", "go_goroutines"} {
		if sample(t, scraped, series) <= 0 {
			t.Errorf("%s is not above 0", series)
		}
	}
	for _, chosen := range []string{"my_app", "secret_name", "no_route", "BREW"} {
		if strings.Contains(scraped, chosen) {
			t.Errorf("the metrics name %q, which a caller chose", chosen)
		}
	}
}

// TestMetricsOfTheBackground looks at what the server does besides answering.
func TestMetricsOfTheBackground(t *testing.T) {
	start := time.Now()
	var ahead atomic.Int64
	made, err := compose.Open(t.Context(), compose.Config{
		Path: filepath.Join(t.TempDir(), "memista.db"),
		Now:  func() time.Time { return start.Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Service.Close() })
	c := client{t: t, handler: newHandler(made.Service, options{})}
	zeros := []string{`memista_jobs_total{state="failed"}`, `memista_sweeps_total{result="failed"}`, `memista_backups_total{result="failed"}`}
	before := c.do("GET", "/metrics", "").body
	for _, series := range append(zeros, `memista_jobs_total{state="done"}`, "memista_last_backup_timestamp_seconds", "memista_swept_chunks_total") {
		if got := sample(t, before, series); got != 0 {
			t.Errorf("%s = %v at first; want 0", series, got)
		}
	}
	c.do("POST", "/v1/insert", twoChunks)
	c.do("POST", "/v1/insert", `{"database_id":"my_app","chunks":[{"embedding":[1,1],"ttl_seconds":60},{"embedding":[1,2],"ttl_seconds":60},{"embedding":[1,2],"ttl_seconds":9000}]}`)
	job, err := made.Service.StartRebuild(t.Context(), "my_app")
	if err == nil {
		_, err = made.Service.WaitJob(t.Context(), job.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	size, err := made.Service.BackupTo(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.Service.BackupTo(t.Context(), path); err == nil {
		t.Error("a backup replaced a file") // refused, so it counts for nothing
	}
	if _, err := made.Service.BackupTo(t.Context(), filepath.Join(path, "no", "directory")); err == nil {
		t.Error("a backup was written into a file")
	}
	ahead.Store(int64(time.Hour))
	var scraped string
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; {
		scraped = c.do("GET", "/metrics", "").body
		if sample(t, scraped, "memista_swept_chunks_total") == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("expired chunks were not deleted in 20 s:\n%s", scraped)
		}
		<-tick.C
	}
	for series, want := range map[string]float64{
		`memista_jobs_running`: 0, `memista_jobs_total{state="done"}`: 1, `memista_jobs_total{state="failed"}`: 0, `memista_jobs_total{state="canceled"}`: 0,
		`memista_sweeps_total{result="failed"}`: 0, `memista_backups_total{result="ok"}`: 1, `memista_backups_total{result="failed"}`: 1,
		`memista_last_backup_bytes`: float64(size), `memista_last_backup_timestamp_seconds`: float64(start.UnixMilli()) / 1000,
	} {
		if got := sample(t, scraped, series); got != want {
			t.Errorf("%s = %v; want %v", series, got, want)
		}
	}
	if got := sample(t, scraped, `memista_sweeps_total{result="ok"}`); got < 1 {
		t.Errorf("sweeps = %v; want some", got)
	}
}

func TestMetricsInOpenMetrics(t *testing.T) {
	c := newClient(t, options{})
	req := requestIn(t.Context(), http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	if got := rec.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") || !strings.HasSuffix(rec.Body.String(), "# EOF\n") {
		t.Errorf("Content-Type = %q, body ends in %q; want OpenMetrics with its end", got, rec.Body.String()[max(0, rec.Body.Len()-20):])
	}
}

func TestMetricsOfAPanic(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{})
	addPanic(h, "/panics", errors.New("boom"))
	c := client{t: t, handler: h}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, requestIn(t.Context(), http.MethodGet, "/panics", nil))
	scraped := c.do("GET", "/metrics", "").body
	if got := sample(t, scraped, `memista_http_requests_total{code="500",method="GET",route="/panics"}`); got != 1 {
		t.Errorf("requests that panicked = %v; want 1", got)
	}
	if got := sample(t, scraped, "memista_http_requests_in_flight"); got != 1 {
		t.Errorf("in flight after a panic = %v; want 1, the scrape", got)
	}
}

func TestMetricsOfAClosedService(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{})}
	if err := svc.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/metrics", "/readyz"} {
		c.wantError("GET", path, "", 503, "shutting_down", "memista is shutting down: try again in a moment")
	}
}

// TestScrapesBesideRequests is for the race detector.
func TestScrapesBesideRequests(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{})
	var wg sync.WaitGroup
	for _, body := range []string{twoChunks, `{}`, ""} {
		wg.Go(func() {
			for range 20 {
				method, path := http.MethodPost, "/v1/insert"
				if body == "" {
					method, path = http.MethodGet, "/metrics"
				}
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, requestIn(t.Context(), method, path, strings.NewReader(body)))
				if rec.Code >= 500 {
					t.Errorf("%s = %d", path, rec.Code)
				}
			}
		})
	}
	wg.Wait()
	if got := sample(t, client{t: t, handler: h}.do("GET", "/metrics", "").body, `memista_http_requests_total{code="200",method="POST",route="/v1/insert"}`); got != 20 {
		t.Errorf("inserts counted = %v; want 20", got)
	}
}
