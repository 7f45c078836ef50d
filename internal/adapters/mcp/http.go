package mcp

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// Path is where the protocol is spoken over HTTP.
const Path = "/mcp"

// Mount adds the protocol over uses to h, at Path. There are no sessions: each request is
// answered by a server made for what its key allows.
func Mount(h *web.Handler, uses UseCases, o Options) {
	s := h.Surface(web.SurfaceOptions{Prefix: Path})
	s.Handle(http.MethodPost, "", web.Reader(web.InList), func(c *web.Call) error {
		return c.Body(func(body []byte) error { return answer(c, uses, o, body) })
	})
}

// answer answers a request with the body of one message.
func answer(c *web.Call, uses UseCases, o Options, body []byte) error {
	o.Write = o.Write && c.Allows(domain.ScopeWrite)
	method, err := methodOf(body)
	if err != nil {
		return err
	}
	if o.Write && writes(method) {
		if err := c.Become(domain.ScopeWrite); err != nil {
			return err
		}
	}
	broken := func(err error) {
		c.Logger().Error("request failed", zap.String("request_id", c.ID()), zap.String("route", c.Route()), zap.Error(err))
	}
	m := maker{version: o.Version, write: o.Write, broken: broken, explain: func(err error) string { return c.Note(err).Text }}
	server := m.server(c.Context(), within{uses, c.Reaches})
	protocol := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, &sdk.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, PropagateRequestCancellation: true,
		DisableLocalhostProtection: true, MaxRequestBodyBytes: -1, // the handler around it sees to both
	})
	req := c.Request.Clone(c.Patient())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	rec := recorder{header: http.Header{}, status: http.StatusOK}
	protocol.ServeHTTP(&rec, req)
	rec.translate(body)
	return rec.send(c)
}

// translate makes a message of what the SDK says in plain text of a body that it does not take.
func (r *recorder) translate(body []byte) {
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if r.status != http.StatusBadRequest || kind != "text/plain" {
		return
	}
	var m struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	_ = json.Unmarshal(body, &m) // it need not be an object
	code := jsonrpc.CodeInvalidRequest
	if m.Method != "" && !slices.Contains(methods, m.Method) {
		code = jsonrpc.CodeMethodNotFound
	}
	text := strings.TrimSpace(r.body.String())
	r.body.Reset()
	r.body.Write(refusal(code, m.ID, text))
	r.header.Set("Content-Type", "application/json")
}

// methods are those of the protocol: what is refused of others is that they are not there.
var methods = []string{
	"initialize", "ping", "server/discover", "tools/list", "tools/call", "resources/list", "resources/read", "resources/templates/list",
	"resources/subscribe", "resources/unsubscribe", "subscriptions/listen", "prompts/list", "prompts/get", "completion/complete", "logging/setLevel",
	"notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/roots/list_changed",
}

// message is what is looked at of a message before it is handed on.
type message struct {
	Method string `json:"method"`
	Params struct {
		Name string `json:"name"`
	} `json:"params"`
}

// methodOf reads a message. Several in one body, which old versions of the protocol know,
// are refused: limits are about requests.
func methodOf(body []byte) (message, error) {
	var m message
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '[' {
		return m, domain.Errorf(domain.ErrInvalid, "one message per request: batches are not answered")
	}
	// What else is wrong with a message is the protocol's part to say. This is about JSON:
	// it bounds how deep it goes.
	if !json.Valid(body) {
		return m, domain.Errorf(domain.ErrInvalid, "the body is not a JSON-RPC message")
	}
	_ = json.Unmarshal(body, &m)
	return m, nil
}

// writes reports whether a message calls a tool that writes.
func writes(m message) bool {
	if m.Method != "tools/call" {
		return false
	}
	for _, t := range allTools() {
		if t.desc.Name == m.Params.Name {
			return t.writes
		}
	}
	return false
}

// recorder keeps an answer until it is whole.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	begun  bool
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.begun {
		r.status, r.begun = status, true
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.begun = true
	return r.body.Write(b)
}

// Flush does nothing: the answer is sent when it is whole.
func (r *recorder) Flush() {}

func (r *recorder) send(c *web.Call) error {
	if cache := r.header.Get("Cache-Control"); cache != "" {
		c.Header().Set("Cache-Control", cache)
	}
	if r.body.Len() == 0 {
		c.Writer().WriteHeader(r.status)
		return nil
	}
	c.SendAs(r.header.Get("Content-Type"), r.status, r.body.Bytes())
	return nil
}
