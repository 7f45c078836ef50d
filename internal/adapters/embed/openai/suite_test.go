package openai_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/memista/memista/internal/adapters/embed/openai"
	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// body is a request.
type body struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Encoding   string   `json:"encoding_format"`
	Dimensions int      `json:"dimensions"`
}

// item is an embedding in an answer.
type item struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"`
}

func parse(raw []byte) ([]string, error) {
	var b body
	err := json.Unmarshal(raw, &b)
	if err == nil && len(b.Input) == 0 {
		err = errors.New("no input")
	}
	return b.Input, err
}

// reversed answers as OpenAI does, but from last to first.
func reversed(raw []byte, es [][]float32) any {
	var b body
	_ = json.Unmarshal(raw, &b) // parse has done it
	var items []item
	for i := len(es) - 1; i >= 0; i-- {
		var e any = es[i]
		if b.Encoding == "base64" {
			e = encode(es[i])
		}
		items = append(items, item{"embedding", i, e})
	}
	return map[string]any{"object": "list", "data": items, "model": b.Model, "usage": map[string]int{"prompt_tokens": 1}}
}

// onlyNumbers answers as servers do that ignore encoding_format and know no index.
func onlyNumbers(_ []byte, es [][]float32) any {
	var items []map[string]any
	for _, e := range es {
		items = append(items, map[string]any{"embedding": e})
	}
	return map[string]any{"data": items}
}

func encode(e []float32) string {
	var raw []byte
	for _, x := range e {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

const key = "sk-test-0123456789abcdefghijklmnop"

// options are those of an embedder that asks s and does not wait.
func options(s *remotetest.Server) openai.Options {
	return openai.Options{Options: remote.Options{
		Model: "words", URL: s.URL + "/v1", Key: domain.NewSecret(key), Tries: 2, After: new(providertest.Clock).After,
	}}
}

func readBody(r *http.Request) []byte {
	raw, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(raw))
	return raw
}

func newServer(tb testing.TB, answer func([]byte, [][]float32) any) *remotetest.Server {
	return remotetest.NewServer(tb, remotetest.API{Path: "/v1/embeddings", Texts: parse, Answer: answer})
}

// open returns an embedder that is closed when the test ends.
func open(tb testing.TB, o openai.Options) *openai.Embedder {
	tb.Helper()
	e, err := openai.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Errorf("Close() = %v", err)
		}
	})
	return e
}

func TestSuite(t *testing.T) {
	for name, answer := range map[string]func([]byte, [][]float32) any{"base64 from last to first": reversed, "numbers without an index": onlyNumbers} {
		t.Run(name, func(t *testing.T) {
			embedtest.Run(t, embedtest.Config{
				Open: func(tb testing.TB, l ports.EmbedLimits) embedtest.Subject {
					s := newServer(tb, answer)
					o := options(s)
					o.Limits = l
					return s.Subject(open(tb, o))
				},
				Tokens: provider.EstimateTokens,
			})
		})
	}
}
