package mcp_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	_ "github.com/memista/memista" // for bridge
	"github.com/memista/memista/api"
	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/ports/repotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newService returns a service that searches by words in every build, and whose embedder
// "ollama/words" is a server of this test.
func newService(t testing.TB) api.Service {
	t.Helper()
	provider := remotetest.NewOllama(t)
	c, err := compose.Open(t.Context(), compose.Config{
		Repository: repotest.NewMemory(),
		Embed:      compose.EmbedConfig{Default: "ollama/words", Ollama: provider.URL},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Service.Close(); err != nil {
			t.Error(err)
		}
	})
	return bridge.Wrap(c.Service)
}

// overPipes returns a session with a server on pipes.
func overPipes(t testing.TB, uses mcp.UseCases, o mcp.Options) *session {
	t.Helper()
	fromClient, toServer := io.Pipe()
	fromServer, toClient := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- mcp.Serve(context.Background(), uses, o, fromClient, toClient, slog.New(slog.DiscardHandler))
		_ = toClient.Close()
	}()
	s := connect(t, &sdk.IOTransport{Reader: fromServer, Writer: toServer})
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve() = %v", err)
		}
	})
	return s
}

// overHTTP returns the URL of a server with the HTTP API and the protocol.
func overHTTP(t testing.TB, s api.Service, o mcp.Options, w web.Options) string {
	t.Helper()
	h := web.New(w)
	httpapi.Mount(h, bridge.ServiceOf(s), httpapi.Options{})
	mcp.Mount(h, s, o)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// asKey adds an API key to requests.
type asKey struct {
	key  string
	base *http.Transport
}

func (a asKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if a.key != "" {
		r.Header.Set("Authorization", "Bearer "+a.key)
	}
	return a.base.RoundTrip(r)
}

// toHTTP returns a session with the server at url.
func toHTTP(t testing.TB, url, key string) *session {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	s := connect(t, &sdk.StreamableClientTransport{Endpoint: url + mcp.Path, HTTPClient: &http.Client{Transport: asKey{key, base}}, MaxRetries: -1})
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// toServer returns a client of the server at url.
func toServer(t testing.TB, url string) *client.Client {
	t.Helper()
	c, err := client.New(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// session is a client's side of a session. It holds every answer against the schema of its
// tool.
type session struct {
	*sdk.ClientSession
	t       testing.TB
	schemas map[string]*jsonschema.Resolved
}

func connect(t testing.TB, transport sdk.Transport) *session {
	t.Helper()
	c, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{ClientSession: c, t: t, schemas: map[string]*jsonschema.Resolved{}}
	for _, tool := range s.tools() {
		raw, err := json.Marshal(tool.OutputSchema)
		if err != nil {
			t.Fatal(err)
		}
		var schema jsonschema.Schema
		if err := json.Unmarshal(raw, &schema); err != nil {
			t.Fatal(err)
		}
		if s.schemas[tool.Name], err = schema.Resolve(nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *session) tools() []*sdk.Tool {
	s.t.Helper()
	found, err := s.ListTools(s.t.Context(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return found.Tools
}

// call calls a tool with arguments as JSON, which must succeed, and returns its answer.
func (s *session) call(name, arguments string) string {
	s.t.Helper()
	res, err := s.CallTool(s.t.Context(), &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)})
	if err != nil {
		s.t.Fatalf("%s(%s): %v", name, arguments, err)
	}
	text := textOf(s.t, res)
	if res.IsError {
		s.t.Fatalf("%s(%s) refuses: %s", name, arguments, text)
	}
	var answer any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatalf("%s(%s) = %s: %v", name, arguments, text, err)
	}
	if err := s.schemas[name].Validate(answer); err != nil {
		s.t.Errorf("%s(%s) = %s, which its schema refuses: %v", name, arguments, text, err)
	}
	if structured, err := json.Marshal(res.StructuredContent); err != nil || !sameJSON(s.t, string(structured), text) {
		s.t.Errorf("%s(%s) = %s as text, and structured %s, %v", name, arguments, text, structured, err)
	}
	return text
}

// into calls a tool and reads its answer into v.
func (s *session) into(v any, name, arguments string) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.call(name, arguments)), v); err != nil {
		s.t.Fatal(err)
	}
}

// refused calls a tool that must answer with an error, and returns its text.
func (s *session) refused(name, arguments string) string {
	s.t.Helper()
	res, err := s.CallTool(s.t.Context(), &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)})
	if err != nil {
		s.t.Fatalf("%s(%s): %v; want an error of the tool", name, arguments, err)
	}
	if !res.IsError {
		s.t.Errorf("%s(%s) = %s; want an error", name, arguments, textOf(s.t, res))
	}
	return textOf(s.t, res)
}

func textOf(t testing.TB, res *sdk.CallToolResult) string {
	t.Helper()
	if len(res.Content) != 1 {
		t.Fatalf("an answer has %d parts; want 1", len(res.Content))
	}
	text, ok := res.Content[0].(*sdk.TextContent)
	if !ok {
		t.Fatalf("an answer is a %T; want text", res.Content[0])
	}
	return text.Text
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

// names lists tools.
func names(tools []*sdk.Tool) string {
	var list []string
	for _, tool := range tools {
		list = append(list, tool.Name)
	}
	return strings.Join(list, " ")
}
