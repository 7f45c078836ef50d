package fxapp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	wire "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/memista/memista/internal/app/fxapp"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func TestProfilesHaveAnAddressOfTheirOwn(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	cfg := settings(t)
	cfg.PprofAddress = "127.0.0.1:0"
	l := newLog()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- fxapp.Run(ctx, cfg, fxapp.About{}, l) }()
	url := <-l.url
	_, rest, _ := strings.Cut(l.String(), `"serving profiles","url":"`)
	profiles, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("the log names no address of profiles:\n%s", l)
	}
	if code, body := get(t, profiles+"goroutine?debug=1"); code != 200 || !strings.Contains(body, "goroutine profile") {
		t.Errorf("GET goroutine profile = %d %.100s", code, body)
	}
	if code, _ := get(t, url+"/debug/pprof/"); code != 404 {
		t.Errorf("GET /debug/pprof/ of the API = %d; want 404", code)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v; want nil", err)
	}
}

func TestTracesReachTheCollector(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + " " + r.Header.Get("api-key") + "\n" + string(raw)
	}))
	defer collector.Close()
	cfg := settings(t)
	cfg.OTLPEndpoint, cfg.OTLPHeaders = collector.URL+"/", "api-key=k%201"
	l := newLog()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- fxapp.Run(ctx, cfg, fxapp.About{Version: "v0"}, l) }()
	post(t, <-l.url+"/v1/insert", insert)
	cancel() // the stop delivers what is there
	if err := <-ended; err != nil {
		t.Errorf("Run = %v; want nil", err)
	}
	head, body, _ := strings.Cut(<-got, "\n")
	var sent wire.TracesData
	if err := proto.Unmarshal([]byte(body), &sent); err != nil || head != "/v1/traces k 1" || len(sent.GetResourceSpans()) != 1 {
		t.Fatalf("the collector got %s with %v, %v", head, &sent, err)
	}
	service := sent.GetResourceSpans()[0].GetResource().GetAttributes()[0]
	name := sent.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetName()
	if service.GetKey() != "service.name" || service.GetValue().GetStringValue() != "memista" || name != "POST /v1/insert" {
		t.Errorf("the collector got %v", &sent)
	}
}
