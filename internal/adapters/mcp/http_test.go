package mcp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// silent is an input on which nothing comes.
type silent struct {
	once       sync.Once
	begun, end chan struct{}
}

func (w *silent) Read([]byte) (int, error) {
	w.once.Do(func() { close(w.begun) })
	<-w.end
	return 0, io.EOF
}

// serveUses returns the URL of a server with the protocol over uses.
func serveUses(t *testing.T, uses mcp.UseCases, o mcp.Options, w web.Options) string {
	t.Helper()
	h := web.New(w)
	mcp.Mount(h, uses, o)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// testKeys are API keys by what is sent.
type testKeys map[string]*domain.Grant

func (testKeys) Required() bool { return true }

func (k testKeys) Grant(key string) (*domain.Grant, bool) {
	g, ok := k[key]
	return g, ok
}

func TestKeys(t *testing.T) {
	db := newService(t)
	fill(t, db)
	grants := testKeys{
		"reads":  {Scopes: domain.ScopeRead, Databases: []string{"*"}},
		"some":   {Scopes: domain.ScopeRead | domain.ScopeWrite, Databases: []string{"words", "mine-*"}},
		"admin":  {Scopes: domain.ScopeAdmin, Databases: []string{"*"}},
		"writes": {Scopes: domain.ScopeWrite, Databases: []string{"*"}},
	}
	url := overHTTP(t, db, mcp.Options{Write: true}, web.Options{Keys: grants})

	for key, want := range map[string]string{"reads": readers, "some": everybody, "admin": everybody} {
		if got := names(toHTTP(t, url, key).tools()); got != want {
			t.Errorf("the key %q has the tools %s; want %s", key, got, want)
		}
	}
	t.Run("a key does not see what it does not reach", func(t *testing.T) {
		s := toHTTP(t, url, "some")
		if got := s.call("list_databases", `{}`); !strings.Contains(got, `"words"`) || strings.Contains(got, `"both"`) || strings.Contains(got, `"neither"`) {
			t.Errorf("list_databases = %s; want words only", got)
		}
		if got := s.call("list_databases", `{"limit":1}`); strings.Contains(got, `"next"`) {
			t.Errorf("list_databases = %s; want one page", got)
		}
		for _, id := range []string{"both", "nobody"} {
			want := "Database '" + id + "' not found"
			for name, arguments := range map[string]string{
				"search":            `"query":"dog"`,
				"describe_database": ``,
				"get":               `"id":1`,
				"count":             ``,
				"remember":          `"items":[{"key":"a","text":"x"}]`,
				"update":            `"key":"k0","text":"x"`,
				"forget":            `"keys":["k0"]`,
			} {
				if arguments != "" {
					arguments = "," + arguments
				}
				if got := s.refused(name, `{"database":"`+id+`"`+arguments+`}`); got != want {
					t.Errorf("%s in %s says %q; want %q", name, id, got, want)
				}
			}
			for _, more := range []string{
				`get {"database":"` + id + `","key":"k0"}`, `update {"database":"` + id + `","id":1,"text":"x"}`, `forget {"database":"` + id + `","ids":[1]}`,
			} {
				name, arguments, _ := strings.Cut(more, " ")
				if got := s.refused(name, arguments); got != want {
					t.Errorf("%s says %q; want %q", more, got, want)
				}
			}
			if _, err := read(t, s, "memista://"+id+"/chunks/1"); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a resource of %s = %v; want %q", id, err, want)
			}
		}
		if info, err := db.Describe(t.Context(), "both"); err != nil || info.Sequence != 3 {
			t.Errorf("the other database was changed: %+v, %v", info, err)
		}
		if got := s.call("remember", `{"database":"mine-1","items":[{"key":"a","text":"x"}]}`); got != `{"ids":[1]}` {
			t.Errorf("remember in a database of its own = %s", got)
		}
	})
	for key, want := range map[string]int{"": 401, "unknown": 401, "writes": 403} {
		if got := post(t, url, toolsList, "Authorization: Bearer "+key); got.StatusCode != want {
			t.Errorf("the key %q is answered %d; want %d", key, got.StatusCode, want)
		}
	}
}

const toolsList = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`

// answered is an answer that has been read.
type answered struct {
	*http.Response
	body string
}

// post sends a message with more headers, given as lines.
func post(t *testing.T, url, body string, lines ...string) answered {
	t.Helper()
	return do(t, http.MethodPost, url, body, lines...)
}

func do(t *testing.T, method, url, body string, lines ...string) answered {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url+mcp.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{res, string(raw)}
}

func TestRequests(t *testing.T) {
	db := newService(t)
	fill(t, db)
	url := overHTTP(t, db, mcp.Options{}, web.Options{BodyLimit: 1 << 20})
	listen := `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"}}}}`
	for name, c := range map[string]struct {
		body   string
		lines  []string
		status int
		want   string
	}{
		"a message":                 {toolsList, nil, 200, `"name":"search"`},
		"a notification":            {`{"jsonrpc":"2.0","method":"notifications/initialized"}`, nil, 202, ``},
		"several messages":          {` [` + toolsList + `,` + toolsList + `]`, nil, 400, `batches`},
		"no JSON":                   {`{"jsonrpc`, nil, 400, `not a JSON-RPC message`},
		"nothing":                   {``, nil, 400, ``},
		"JSON without end":          {strings.Repeat(`[`, 100_000), nil, 400, ``},
		"JSON that is too deep":     {`{"a":` + strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000) + `}`, nil, 400, `not a JSON-RPC message`},
		"an unknown method":         {`{"jsonrpc":"2.0","id":1,"method":"nonsense"}`, nil, 400, `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":`},
		"no message":                {`"x"`, nil, 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":`},
		"a call without its params": {`{"jsonrpc":"2.0","id":"a","method":"tools/call"}`, nil, 400, `{"jsonrpc":"2.0","id":"a","error":{"code":-32600,"message":`},
		"a body over the limit":     {`"` + strings.Repeat("x", 1<<20) + `"`, nil, 413, `larger`},
		"another media type":        {toolsList, []string{"Content-Type: text/plain"}, 415, ``},
		"a page of another origin":  {toolsList, []string{"Origin: http://evil.example"}, 403, `another origin`},
		"a host that is not ours":   {toolsList, []string{"Host: evil.example"}, 421, `evil.example`},
		"a version that is unknown": {toolsList, []string{"Mcp-Protocol-Version: 1999-01-01"}, 400, `version`},
		"listening for changes":     {listen, []string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: subscriptions/listen"}, 404, `-32601`},
		"listening as of old":       {`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{}}`, nil, 200, `-32601`},
	} {
		got := post(t, url, c.body, c.lines...)
		if got.StatusCode != c.status || !strings.Contains(got.body, c.want) {
			t.Errorf("%s is answered %d %.300s; want %d and %q", name, got.StatusCode, got.body, c.status, c.want)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if got := do(t, method, url, ""); got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") != "POST" {
			t.Errorf("%s = %d, Allow %q; want 405: there are no sessions", method, got.StatusCode, got.Header.Get("Allow"))
		}
	}
	if got := post(t, url, toolsList); !strings.Contains(got.body, `"cacheScope":"private"`) {
		t.Errorf("others may be shown from a cache what this key may see: %s", got.body)
	}
	if got := post(t, url, toolsList); got.Header.Get("Mcp-Session-Id") != "" || got.Header.Get("X-Request-Id") == "" {
		t.Errorf("the answer has the headers %v; want a request id and no session", got.Header)
	}
}

// writeOf is a call that writes.
const writeOf = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"remember","arguments":{"database":"d","items":[{"key":"a","text":"x"}]}}}`

func TestSlots(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	db := newService(t)
	h := web.New(web.Options{Limits: web.Limits{Searches: 1, Writes: 1, Queue: -1}})
	mcp.Mount(h, db, mcp.Options{Write: true})
	h.Surface(web.SurfaceOptions{}).Handle(http.MethodPost, "/hold", web.Writer(web.Nowhere), func(c *web.Call) error {
		return c.Body(func([]byte) error {
			close(entered)
			<-leave
			return nil
		})
	})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if res, err := server.Client().Post(server.URL+"/hold", "", strings.NewReader("x")); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-entered
	if got := post(t, server.URL, toolsList); got.StatusCode != http.StatusOK {
		t.Errorf("a read while the slots of writes are taken = %d %s; want 200", got.StatusCode, got.body)
	}
	if got := post(t, server.URL, writeOf); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("a write while the slots of writes are taken = %d %s; want 429", got.StatusCode, got.body)
	}
	close(leave)
	<-done
	if got := post(t, server.URL, writeOf); got.StatusCode != http.StatusOK || !strings.Contains(got.body, `"ids":[1]`) {
		t.Errorf("a write afterwards = %d %s; want it done", got.StatusCode, got.body)
	}
}

func TestInternalErrorsAreLoggedNotTold(t *testing.T) {
	var log bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&log)), zapcore.InfoLevel)
	db := newService(t)
	fill(t, db)
	s := toHTTP(t, serveUses(t, broken{db}, mcp.Options{}, web.Options{Logger: zap.New(core)}), "")
	if text, err := read(t, s, "memista://both/chunks/1"); err == nil || strings.Contains(err.Error(), "as the test asks") {
		t.Errorf("a resource that panics = %s, %v; want its cause not told", text, err)
	}
	if !strings.Contains(log.String(), "as the test asks") || !strings.Contains(log.String(), `"route":"/mcp"`) {
		t.Errorf("the log lacks the cause: %s", log.String())
	}
}

// failing fails to count: with a provider that quotes a text, or for a cause of its own.
type failing struct{ api.Service }

func (failing) Count(_ context.Context, id string, _ *api.Filter) (int64, error) {
	if id == "provider" {
		return 0, &domain.EmbedderError{Kind: domain.ErrEmbedder, Message: "it says: cannot embed my secret (status 500)", Said: "cannot embed my secret"}
	}
	return 0, errors.New("the disk is on fire")
}

func TestWordsOfProvidersAreNotLogged(t *testing.T) {
	var log bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&log)), zapcore.InfoLevel)
	s := toHTTP(t, serveUses(t, failing{newService(t)}, mcp.Options{}, web.Options{Logger: zap.New(core)}), "")
	if told := s.refused("count", `{"database":"provider"}`); !strings.Contains(told, "my secret") {
		t.Errorf("count says %q; want the words of the provider", told)
	}
	if told := s.refused("count", `{"database":"disk"}`); strings.Contains(told, "fire") {
		t.Errorf("count says %q; want no cause", told)
	}
	for words, want := range map[string]bool{"my secret": false, "status 500": true, "on fire": true, `"route":"/mcp"`: true} {
		if strings.Contains(log.String(), words) != want {
			t.Errorf("the log has %q: %v; want %v: %s", words, !want, want, log.String())
		}
	}
}
