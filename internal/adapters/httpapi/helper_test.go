package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/httpapi/docs"
	"github.com/memista/memista/internal/adapters/httpapi/keys"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
)

// newService returns a service on SQLite in a directory of its own.
func newService(t testing.TB) (svc *app.Service, dir string) {
	t.Helper()
	dir = t.TempDir()
	return newServiceIn(t, filepath.Join(dir, "memista.db")), dir
}

// newServiceIn returns a service on the data file at path, or in memory if that is "".
func newServiceIn(t testing.TB, path string) *app.Service {
	t.Helper()
	c, err := compose.Open(t.Context(), compose.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Service.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.Service
}

// contract validates against the OpenAPI document. It is costly to make.
var contract = sync.OnceValues(func() (validator.Validator, error) {
	doc, err := libopenapi.NewDocument(httpapi.OpenAPI())
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return v, nil
})

// request returns a request to a server on this machine.
func request(method, target string, body io.Reader) *http.Request {
	return requestIn(context.Background(), method, target, body)
}

// requestIn returns a request in ctx.
func requestIn(ctx context.Context, method, target string, body io.Reader) *http.Request {
	req := httptest.NewRequestWithContext(ctx, method, target, body)
	if !strings.HasPrefix(target, "http") {
		req.Host = "127.0.0.1:8083" // and not example.com
	}
	return req
}

// options are those of the API and of the handler below it.
type options struct {
	Logger                     *zap.Logger
	OriginalScores             bool
	InsertBodyLimit, BodyLimit int64
	CompressAbove              int
	Limits                     web.Limits
	SlowQuery                  time.Duration
	Tracing                    trace.TracerProvider
	Keys                       web.Keys
	Book                       keys.Book
	Origins                    *origin.Policy
	Version                    httpapi.Version
	Ready                      func(context.Context) error
	NoExplain                  bool
}

// newHandler returns a handler with the API over uses.
func newHandler(uses httpapi.UseCases, o options) *web.Handler {
	h := web.New(web.Options{
		Logger: o.Logger, InsertBodyLimit: o.InsertBodyLimit, BodyLimit: o.BodyLimit, CompressAbove: o.CompressAbove,
		Limits: o.Limits, Tracing: o.Tracing, Keys: o.Keys, Origins: o.Origins,
	})
	httpapi.Mount(h, uses, httpapi.Options{OriginalScores: o.OriginalScores, SlowQuery: o.SlowQuery, Version: o.Version, Ready: o.Ready, Keys: o.Book, NoExplain: o.NoExplain})
	return h
}

// addPanic adds a route that panics.
func addPanic(h *web.Handler, path string, v any) {
	h.Surface(web.SurfaceOptions{}).Handle(http.MethodGet, path, web.Anyone(), func(*web.Call) error { panic(v) })
}

// client sends requests to a handler and holds every answer against the contract.
type client struct {
	t       testing.TB
	handler http.Handler
}

func newClient(t testing.TB, o options) client {
	t.Helper()
	svc, _ := newService(t)
	return client{t: t, handler: newHandler(svc, o)}
}

// answer is the answer to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request.
func (c client) do(method, path, body string) answer {
	c.t.Helper()
	req := requestIn(c.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	c.check(method, path, rec.Result())
	return answer{status: rec.Code, header: rec.Header(), body: strings.TrimSpace(rec.Body.String())}
}

// check holds an answer against the contract. Unknown routes and methods are not in it,
// but their answers have the form of all errors.
func (c client) check(method, path string, res *http.Response) {
	c.t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode >= 400 {
		checkError(c.t, body, res.Header)
	}
	if got := res.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		c.t.Errorf("%s %s: X-Content-Type-Options = %q; want nosniff", method, path, got)
	}
	route, _, _ := strings.Cut(path, "?")
	if got := res.Header.Get("Content-Type"); got != "application/json; charset=utf-8" && (res.StatusCode >= 400 || !otherType(route)) {
		c.t.Errorf("%s %s: Content-Type = %q; want JSON", method, path, got)
	}
	if strings.Contains(string(body), `"route_not_found"`) || res.StatusCode == http.StatusMethodNotAllowed {
		return
	}
	v, err := contract()
	if err != nil {
		c.t.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	// A path that does not fit the contract is what some tests send: what matters is the route.
	ok, errs := v.ValidateHttpResponse(request(method, routeOf(path), nil), res)
	for _, e := range errs {
		c.t.Errorf("%s %s: %d %s: %s: %s %v", method, path, res.StatusCode, body, e.Message, e.Reason, e.SchemaValidationErrors)
	}
	if !ok && len(errs) == 0 {
		c.t.Errorf("%s %s: %d %s: not as in the contract", method, path, res.StatusCode, body)
	}
}

// routeOf replaces the parameters in a path by harmless ones.
func routeOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	if len(parts) > 3 && parts[2] == "databases" {
		parts[3] = "x"
	}
	if len(parts) > 5 {
		parts[5] = "1"
	}
	return strings.Join(parts, "/")
}

// otherType reports whether a route answers with something else than JSON.
func otherType(route string) bool {
	return route == "/" || route == "/metrics" || strings.HasPrefix(route, "/assets/") || slices.Contains(docs.Names(), route[1:])
}

func checkError(t testing.TB, body []byte, header http.Header) {
	t.Helper()
	var e struct {
		Error     string `json:"error"`
		Code      string `json:"code"`
		RequestID string `json:"request_id"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil || e.Error == "" || e.Code == "" || e.RequestID == "" {
		t.Errorf("error body %s: %v; want error, code and request_id", body, err)
	}
	if e.RequestID != header.Get("X-Request-Id") {
		t.Errorf("request_id %q in the body, %q in the header", e.RequestID, header.Get("X-Request-Id"))
	}
}

// want sends a request and fails unless the answer has this status and body.
func (c client) want(method, path, body string, status int, want string) {
	c.t.Helper()
	got := c.do(method, path, body)
	if got.status != status || got.body != want {
		c.t.Errorf("%s %s %.200s\n got: %d %s\nwant: %d %s", method, path, body, got.status, got.body, status, want)
	}
}

// wantError sends a request and fails unless the answer is this error.
func (c client) wantError(method, path, body string, status int, code, text string) {
	c.t.Helper()
	got := c.do(method, path, body)
	var e struct{ Error, Code string }
	_ = json.Unmarshal([]byte(got.body), &e) // do has checked it
	if got.status != status || e.Code != code || e.Error != text {
		c.t.Errorf("%s %s %.200s\n got: %d %s %q\nwant: %d %s %q", method, path, body, got.status, e.Code, e.Error, status, code, text)
	}
}

// jsonLogger logs to w as JSON.
func jsonLogger(w io.Writer) *zap.Logger {
	enc := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	return zap.New(zapcore.NewCore(enc, zapcore.AddSync(w), zapcore.DebugLevel))
}
