package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// TestWhyAProviderFailedIsLogged has an embedder and a reranker fail: the log says why, and
// nothing of what the provider said, in which a text may stand.
func TestWhyAProviderFailedIsLogged(t *testing.T) {
	for want, err := range map[string]error{
		"the embedder openai/m: https://x answered 500 Oh, after 4 tries": &domain.EmbedderError{
			Kind: domain.ErrEmbedder, Ref: domain.EmbedderRef{Provider: "openai", Model: "m"},
			Message: "https://x answered 500 Oh: no \"secret text\", after 4 tries", Said: ": no \"secret text\"",
		},
		"the reranker words: it took longer than 3s": fmt.Errorf("queries[0]: %w", &domain.RerankerError{Kind: domain.ErrRerankerTimeout, Model: "words", Message: "it took longer than 3s"}),
	} {
		logs, observed := observer.New(zapcore.WarnLevel)
		h := web.New(web.Options{Logger: zap.New(logs)})
		h.Surface(web.SurfaceOptions{}).Handle(http.MethodGet, "/fail", web.Anyone(), func(*web.Call) error { return err })
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request(http.MethodGet, "/fail", nil))
		if n := observed.Len(); n != 1 {
			t.Fatalf("%d lines in the log; want 1 about %q", n, want)
		}
		line := observed.All()[0]
		if got := line.ContextMap(); line.Level != zapcore.WarnLevel || got["error"] != want || got["request_id"] != rec.Header().Get("X-Request-Id") || got["route"] == "" {
			t.Errorf("log = %v %v; want a warning that says %q", line.Level, got, want)
		}
	}
}

// TestKinds goes through the table of errors.
func TestKinds(t *testing.T) {
	for name, k := range map[string]struct {
		err        error
		status     int
		code, text string
		retry      bool
	}{
		"message of a wrapped error":    {fmt.Errorf("x: %w", domain.Errorf(domain.ErrConflict, "say this")), 409, "conflict", "say this", false},
		"kind without a message":        {fmt.Errorf("database %q: %w", "x", domain.ErrNotFound), 404, "not_found", `database "x": not found`, false},
		"busy":                          {domain.ErrBusy, 429, "too_busy", "too many requests at once: try again in a moment", true},
		"closed":                        {fmt.Errorf("memista: %w", domain.ErrClosed), 503, "shutting_down", "memista is shutting down: try again in a moment", true},
		"unavailable":                   {domain.ErrUnavailable, 503, "unavailable", "memista is not ready: try again in a moment", true},
		"unsupported":                   {domain.Errorf(domain.ErrUnsupported, "build with -tags x"), 501, "unsupported", "build with -tags x", false},
		"disk full":                     {fmt.Errorf("SQL logic: %w", domain.ErrDiskFull), 507, "disk_full", "the disk is full: free some space; searches go on meanwhile, and deletes and drops as far as the reserve goes", false},
		"read-only":                     {fmt.Errorf("fsync: %w", domain.ErrReadOnly), 503, "read_only", "the disk has failed: nothing is stored until it takes writes again; searches go on", true},
		"canceled":                      {context.Canceled, 503, "canceled", "the request was canceled", true},
		"deadline":                      {context.DeadlineExceeded, 503, "timeout", "the request took too long: try again", true},
		"unknown":                       {errors.New("secret path /var/lib"), 500, "internal", "internal error", false},
		"a damaged file":                {domain.Errorf(domain.ErrCorrupt, "secret"), 500, "corrupt", "what is on disk is damaged: stop memista, run `memista verify`, and restore a backup or run `memista verify --repair`; other databases are served", false},
		"a kind that is ours to repair": {domain.Errorf(domain.ErrStaleSnapshot, "secret"), 500, "internal", "internal error", false},
	} {
		t.Run(name, func(t *testing.T) {
			logs, observed := observer.New(zapcore.ErrorLevel)
			h := web.New(web.Options{Logger: zap.New(logs)})
			h.Surface(web.SurfaceOptions{}).Handle(http.MethodGet, "/fail", web.Anyone(), func(*web.Call) error { return k.err })
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, request(http.MethodGet, "/fail", nil))
			want := fmt.Sprintf(`{"error":%q,"code":%q,"request_id":%q}`, k.text, k.code, rec.Header().Get("X-Request-Id"))
			if got := strings.TrimSpace(rec.Body.String()); rec.Code != k.status || got != want {
				t.Errorf("got %d %s\nwant %d %s", rec.Code, got, k.status, want)
			}
			if got := rec.Header().Get("Retry-After") != ""; got != k.retry {
				t.Errorf("Retry-After is there: %v; want %v", got, k.retry)
			}
			if k.status == 500 && (observed.Len() != 1 || observed.All()[0].ContextMap()["error"] != k.err.Error()) {
				t.Errorf("log = %v; want the cause", observed.All())
			}
		})
	}
}

// wordy is an error with words of its own.
type wordy struct{}

func (wordy) Error() string    { return "the cause" }
func (wordy) Fault() web.Fault { return web.Fault{Status: 418, Code: "teapot", Text: "no coffee"} }

func TestErrorsWithWordsOfTheirOwn(t *testing.T) {
	h := web.New(web.Options{})
	h.Surface(web.SurfaceOptions{}).Handle(http.MethodGet, "/fail", web.Anyone(), func(*web.Call) error {
		return fmt.Errorf("coffee: %w", wordy{})
	})
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, request(http.MethodGet, "/fail", nil))
	want := fmt.Sprintf(`{"error":"no coffee","code":"teapot","request_id":%q}`, rec.Header().Get("X-Request-Id"))
	if got := strings.TrimSpace(rec.Body.String()); rec.Code != 418 || got != want {
		t.Errorf("got %d %s\nwant 418 %s", rec.Code, got, want)
	}
}

func TestPanic(t *testing.T) {
	logs, observed := observer.New(zapcore.InfoLevel)
	h := shelves(web.Options{Logger: zap.New(logs)})
	s := h.Surface(web.SurfaceOptions{})
	s.Handle(http.MethodGet, "/panic", web.Anyone(), func(*web.Call) error { panic("the secret cause") })
	s.Handle(http.MethodGet, "/late", web.Anyone(), func(c *web.Call) error {
		_, _ = io.WriteString(c.Writer(), "begun")
		panic("the secret cause")
	})
	s.Handle(http.MethodGet, "/abort", web.Anyone(), func(*web.Call) error { panic(http.ErrAbortHandler) })

	rec := httptest.NewRecorder()
	req := request(http.MethodGet, "/panic", nil)
	req.Header.Set("X-Request-Id", "my-id.1")
	h.ServeHTTP(rec, req)
	if got, want := strings.TrimSpace(rec.Body.String()), `{"error":"internal error","code":"internal","request_id":"my-id.1"}`; rec.Code != 500 || got != want {
		t.Errorf("panic = %d %s; want 500 %s", rec.Code, got, want)
	}
	cause := observed.FilterField(zap.String("request_id", "my-id.1")).FilterMessage("request failed").All()
	if len(cause) != 1 || !strings.Contains(cause[0].ContextMap()["error"].(string), "the secret cause") {
		t.Errorf("log = %v; want the cause under the request id", observed.All())
	}

	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, path := range []string{"/late", "/abort"} {
		res, err := http.Get(srv.URL + path)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Errorf("%s, which broke off, ended well for the caller", path)
		}
	}
	if got := send(h, "GET", "/health", ""); got.Code != http.StatusOK {
		t.Errorf("after the panics = %d %s; want 200", got.Code, got.Body)
	}
}
