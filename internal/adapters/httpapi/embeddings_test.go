package httpapi_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
)

func TestEmbeddingsOfTexts(t *testing.T) {
	c, _ := embedClient(t, options{})
	const one = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,1]}],"model":"static/glove","usage":{"prompt_tokens":1,"total_tokens":1}}`
	for _, body := range []string{
		`{"input":"abc"}`, `{"input":["abc"]}`, `{"input":"abc","model":null,"encoding_format":null,"dimensions":null,"user":null,"input_type":null}`,
		`{"input":"abc","model":"static/glove","encoding_format":"float","dimensions":2,"user":"u","input_type":"query"}`,
	} {
		c.want("POST", "/v1/embeddings", body, 200, one)
	}
	c.want("POST", "/v1/embeddings", `{"input":["a","b\u0000"],"encoding_format":"base64"}`, 200,
		`{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAAD8="},{"object":"embedding","index":1,"embedding":"AAAAPwAAQD8="}],"model":"static/glove","usage":{"prompt_tokens":2,"total_tokens":2}}`)
}

func TestEmbeddingsRefusals(t *testing.T) {
	c, _ := embedClient(t, options{})
	for body, want := range map[string]string{
		`{}`:                                  "field input is missing",
		`{"input":null}`:                      "input",
		`{"input":[]}`:                        "there is no text to make an embedding of",
		`{"input":[1,2]}`:                     "takes texts only, and no tokens",
		`{"input":[[1,2]]}`:                   "takes texts only, and no tokens",
		`{"input":""}`:                        "a text is empty (input)",
		`{"input":["a"," "]}`:                 "a text is empty (input[1])",
		`{"input":"a","model":"glove"}`:       "an embedder is written as provider/model",
		`{"input":"a","model":"static/x"}`:    `there is no model "x"`,
		`{"input":"a","model":"openai/x"}`:    `there is no embedder "openai": this memista has static`,
		`{"input":"a","dimensions":3}`:        "makes embeddings of 2 dimensions, and not 3",
		`{"input":"a","dimensions":0}`:        "dimensions: must be at least 1",
		`{"input":"a","encoding_format":"x"}`: "encoding_format: must be one of float, base64",
		`{"input":"a","input_type":"x"}`:      "input_type: must be one of document, query",
		`{"input":"a","input":"b"}`:           "input",
		`{"input":"a","stream":true}`:         `unknown field "stream"`,
	} {
		if got := c.do("POST", "/v1/embeddings", body); got.status != 400 || !strings.Contains(got.body, strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("POST %s = %d %s; want 400: %s", body, got.status, got.body, want)
		}
	}
	many := `{"input":["a"` + strings.Repeat(`,"a"`, app.DefaultLimits().Chunks) + `]}`
	if got := c.do("POST", "/v1/embeddings", many); got.status != 413 {
		t.Errorf("POST of more texts than an insert may have chunks = %d %s; want 413", got.status, got.body)
	}
	none := newClient(t, options{})
	none.wantError("POST", "/v1/embeddings", `{"input":"a"}`, 501, "unsupported", "no embedder is configured that is used where none is named: name one as provider/model")
}

func TestAnAnswerOfEmbeddingsIsBounded(t *testing.T) {
	embedders, _ := withTwoDims()
	made, err := compose.Open(t.Context(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db"), Embedders: embedders, Limits: app.Limits{Answer: 23}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Service.Close() })
	c := client{t: t, handler: newHandler(made.Service, options{})}
	if got := c.do("POST", "/v1/embeddings", `{"input":["a","b"]}`); got.status != 200 {
		t.Errorf("POST of two texts = %d %s; want their 16 bytes", got.status, got.body)
	}
	if got := c.do("POST", "/v1/embeddings", `{"input":["a","b","c"]}`); got.status != 413 {
		t.Errorf("POST of three texts = %d %s; want 413", got.status, got.body)
	}
}

func TestFaultsOfEmbedders(t *testing.T) {
	c, glove := embedClient(t, options{})
	for kind, want := range map[error]struct {
		status int
		after  string
	}{domain.ErrEmbedder: {502, ""}, domain.ErrEmbedderTimeout: {504, ""}, domain.ErrEmbedderBusy: {429, "3"}} {
		var fault error = &domain.EmbedderError{Kind: kind, Ref: domain.EmbedderRef{Provider: "static", Model: "glove"}, Message: "the cause", RetryAfter: 2100 * time.Millisecond}
		glove.fault.Store(&fault)
		got := c.do("POST", "/v1/embeddings", `{"input":"a"}`)
		if got.status != want.status || !strings.Contains(got.body, `"error":"the embedder static/glove: the cause","code":"embedder"`) || got.header.Get("Retry-After") != want.after {
			t.Errorf("%v: POST = %d %s, Retry-After %q; want %d and %q", kind, got.status, got.body, got.header.Get("Retry-After"), want.status, want.after)
		}
	}
}

// Embeddings belong to no database, so it does not matter which ones a key reaches.
func TestEmbeddingsNeedTheScopeRead(t *testing.T) {
	c, _ := embedClient(t, options{Keys: limitedKeys()})
	for key, want := range map[string]int{"read": 200, "root": 200, "write": 403, "monitor": 403, "wrong": 401} {
		if got := c.as(key, "POST", "/v1/embeddings", `{"input":"a"}`); got.status != want {
			t.Errorf("with the key %s: %d %s; want %d", key, got.status, got.body, want)
		}
	}
}
