package httpapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestSlowQueriesAreExplainedInTheLog(t *testing.T) {
	var out bytes.Buffer
	c := newClient(t, options{Logger: jsonLogger(&out), SlowQuery: time.Nanosecond})
	c.do("POST", "/v1/insert", twoChunks)
	for _, r := range []struct{ path, route, body string }{
		{"/v1/search", "/v1/search", `{"database_id":"my_app","embeddings":[[0.12345,0],[0,1]],"num_results":1}`},
		{"/v1/databases/my_app/search", "/v1/databases/{id}/search", `{"queries":[{"embedding":[0.12345,0],"k":1}]}`},
	} {
		out.Reset()
		got := c.do("POST", r.path, r.body)
		if strings.Contains(out.String(), "0.12345") || strings.Contains(out.String(), "First chunk") {
			t.Errorf("the log names what was asked or found:\n%s", out.String())
		}
		var line struct {
			Msg, Route, Database string
			RequestID            string `json:"request_id"`
			Queries, Hits        int
			Explain              struct {
				Plan      string
				Distances int
				Times     map[string]int `json:"times_us"`
			}
		}
		first, _, _ := strings.Cut(out.String(), "\n")
		if err := json.Unmarshal([]byte(first), &line); err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		if line.Msg != "slow query" || line.Route != r.route || line.Database != "my_app" || line.RequestID != got.header.Get("X-Request-Id") ||
			line.Queries < 1 || line.Hits != 1 || line.Explain.Plan != "flat" || line.Explain.Distances != 2 || len(line.Explain.Times) < 5 {
			t.Errorf("%s: logged %s", r.path, first)
		}
	}
	t.Run("and no others", func(t *testing.T) {
		for _, limit := range []time.Duration{0, time.Hour} {
			var out bytes.Buffer
			c := newClient(t, options{Logger: jsonLogger(&out), SlowQuery: limit})
			c.do("POST", "/v1/insert", twoChunks)
			c.do("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0]],"num_results":1}`)
			if strings.Contains(out.String(), "slow query") {
				t.Errorf("with %v: %s", limit, out.String())
			}
		}
	})
}

func TestTraces(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	svc, _ := newService(t)
	h := newHandler(svc, options{Tracing: sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))})
	addPanic(h, "/panics", errors.New("boom"))
	c := client{t: t, handler: h}
	c.do("POST", "/v1/insert", twoChunks)
	req := requestIn(t.Context(), http.MethodPost, "/v1/search", strings.NewReader(`{"database_id":"my_app","embeddings":[[1,0]],"num_results":1}`))
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	h.ServeHTTP(httptest.NewRecorder(), req)
	for _, path := range []string{"/panics", "/secret/path"} {
		h.ServeHTTP(httptest.NewRecorder(), requestIn(t.Context(), http.MethodGet, path, nil))
	}

	var names []string
	for _, s := range spans.Ended() {
		names = append(names, s.Name())
		switch s.Name() {
		case "POST /v1/search":
			if s.SpanContext().TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || s.Parent().SpanID().String() != "b7ad6b7169203331" {
				t.Errorf("the span of the search is %v under %v; want the caller's trace", s.SpanContext(), s.Parent())
			}
		case "tail", "rows":
			if s.EndTime().Before(s.StartTime()) || s.Parent().TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
				t.Errorf("%s is from %v to %v, of %v", s.Name(), s.StartTime(), s.EndTime(), s.Parent())
			}
		case "GET /panics":
			if strings.Contains(s.Status().Description, "boom") {
				t.Errorf("the span of a panic says %q", s.Status().Description)
			}
		}
	}
	for _, want := range []string{"POST /v1/insert", "tail", "rows", "POST /v1/search", "any unmatched"} {
		if !slices.Contains(names, want) {
			t.Errorf("spans are %q; want %q among them", names, want)
		}
	}
	if strings.Contains(strings.Join(names, " "), "secret") {
		t.Errorf("spans are named %q", names)
	}
	status := map[string]string{}
	for _, s := range spans.Ended() {
		for _, a := range s.Attributes() {
			if a.Key == "http.response.status_code" {
				status[s.Name()] += a.Value.String() + " "
			}
		}
	}
	if diff := cmp.Diff(map[string]string{"POST /v1/insert": "200 ", "POST /v1/search": "200 ", "GET /panics": "500 ", "any unmatched": "404 "}, status); diff != "" {
		t.Errorf("status codes of spans (-want +got):\n%s", diff)
	}
}

// TestTheTableOfMetrics holds docs/observability.md against a scrape.
func TestTheTableOfMetrics(t *testing.T) {
	c := newClient(t, options{})
	c.do("POST", "/v1/insert", twoChunks)
	scraped := c.do("GET", "/metrics", "").body
	kind, help := map[string]string{}, map[string]string{}
	for line := range strings.Lines(scraped) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 4)
		switch {
		case len(f) == 4 && f[1] == "TYPE":
			kind[f[2]] = f[3]
		case len(f) == 4 && f[1] == "HELP":
			help[f[2]] = f[3]
		}
	}
	label := regexp.MustCompile(`(?m)^(memista_\w+?)(?:_bucket|_sum|_count)?\{([^}]*)\}`)
	names := regexp.MustCompile(`(\w+)="`)
	labels := map[string]string{}
	for _, m := range label.FindAllStringSubmatch(scraped, -1) {
		var list []string
		for _, n := range names.FindAllStringSubmatch(m[2], -1) {
			if n[1] != "le" {
				list = append(list, n[1])
			}
		}
		labels[m[1]] = strings.Join(list, ", ")
	}
	var rows []string
	for name := range kind {
		if strings.HasPrefix(name, "memista_") {
			rows = append(rows, "| `"+name+"` | "+kind[name]+" | "+labels[name]+" | "+help[name]+" |\n")
		}
	}
	slices.Sort(rows)
	want := "| metric | type | labels | what it tells |\n|---|---|---|---|\n" + strings.Join(rows, "")
	doc, err := os.ReadFile("../../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ReplaceAll(string(doc), "\r\n", "\n"), "\n"+want+"\n") {
		t.Errorf("docs/observability.md lacks this table:\n%s", want)
	}
}

// TestOperationsWithoutAnExampleNeedNone sends the operations that have no example of a
// body, with their parameters filled in, and so proves that all others have one.
func TestOperationsWithoutAnExampleNeedNone(t *testing.T) {
	c := newClient(t, options{Book: &shelf{}})
	fill := strings.NewReplacer("{key_id}", "abcdefgh", "{id}", "my_app", "{chunk_id}", "1", "{key}", "k%2F2", "{job}", "1", "{name}", "swagger-ui.css")
	c.do("POST", "/v1/insert", twoChunks)
	c.do("POST", "/v1/databases/my_app/rebuild", "") // there is a job 1 from here on
	sent := 0
	for path, item := range readContract(t, c).Paths {
		for method, raw := range item {
			var op operation
			if !slices.Contains(methods, method) {
				continue
			}
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			if len(op.RequestBody.Content["application/json"].Examples) > 0 {
				continue // TestExamplesWork sends them
			}
			c.do("DELETE", "/v1/databases/my_app", "")
			c.do("POST", "/v1/insert", twoChunks)
			rec := httptest.NewRecorder()
			c.handler.ServeHTTP(rec, requestIn(t.Context(), strings.ToUpper(method), fill.Replace(path), nil))
			if rec.Code >= 300 {
				t.Errorf("%s %s = %d %s; want success", method, path, rec.Code, rec.Body)
			} else if path != "/v1/backup" { // too much for a validator
				c.check(strings.ToUpper(method), fill.Replace(path), rec.Result())
			}
			sent++
		}
	}
	if sent < 15 {
		t.Errorf("%d operations sent; want at least 15", sent)
	}
}
