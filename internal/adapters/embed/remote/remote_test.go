package remote_test

import (
	"encoding/json"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain is the least that a protocol can be.
type plain struct{}

func (plain) Path() string               { return "/embed" }
func (plain) Request(texts []string) any { return map[string]any{"texts": texts} }
func (plain) Adapt(remote.Refusal) bool  { return false }
func (plain) Hint(remote.Refusal) string { return "" }
func (plain) Answer(body []byte, _ int) ([][]float32, error) {
	var a struct {
		Vectors []remote.Vector `json:"vectors"`
	}
	err := provider.Decode(body, &a)
	return remote.Plain(a.Vectors), err
}

const key = "sk-test-0123456789/abcdefghijklmnop"

func newServer(tb testing.TB) *remotetest.Server {
	return remotetest.NewServer(tb, remotetest.API{
		Path: "/api/embed",
		Texts: func(body []byte) ([]string, error) {
			var r struct{ Texts []string }
			err := json.Unmarshal(body, &r)
			return r.Texts, err
		},
		Answer: func(_ []byte, es [][]float32) any { return map[string]any{"vectors": es} },
	})
}

func options(s *remotetest.Server) remote.Options {
	return remote.Options{Provider: "plain", Model: "words", URL: s.URL + "/api", Key: domain.NewSecret(key), After: new(providertest.Clock).After}
}

// open returns an embedder that is closed when the test ends.
func open(tb testing.TB, o remote.Options) *remote.Embedder {
	tb.Helper()
	e, err := remote.New(o, plain{})
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

// embed embeds one text.
func embed(t *testing.T, e *remote.Embedder) error {
	t.Helper()
	_, err := e.Embed(t.Context(), []string{"a text"}, ports.PurposeDocument)
	return err
}

// failure returns the EmbedderError of err, which must be of the kind.
func failure(t *testing.T, err, kind error) *domain.EmbedderError {
	t.Helper()
	e, ok := errors.AsType[*domain.EmbedderError](err)
	if !ok || !errors.Is(err, kind) {
		t.Fatalf("Embed = %v; want an EmbedderError that is %v", err, kind)
	}
	return e
}
