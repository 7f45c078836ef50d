package ollama_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/memista/memista/internal/adapters/embed/ollama"
	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(s *remotetest.Server) ollama.Options {
	return ollama.Options{Options: remote.Options{Model: "words", URL: s.URL, Tries: 2, After: new(providertest.Clock).After}}
}

// open returns an embedder that is closed when the test ends.
func open(tb testing.TB, o ollama.Options) *ollama.Embedder {
	tb.Helper()
	e, err := ollama.New(o)
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

func embed(t *testing.T, e *ollama.Embedder) error {
	t.Helper()
	_, err := e.Embed(t.Context(), []string{"a", "b"}, ports.PurposeDocument)
	return err
}

func TestSuite(t *testing.T) {
	embedtest.Run(t, embedtest.Config{
		Open: func(tb testing.TB, l ports.EmbedLimits) embedtest.Subject {
			s := remotetest.NewOllama(tb)
			o := options(s)
			o.Limits = l
			return s.Subject(open(tb, o))
		},
		Tokens: provider.EstimateTokens,
	})
}

func TestRequest(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ollama.Options)
		want   string
	}{
		"plain":          {func(*ollama.Options) {}, `{"model":"words","input":["a","b"],"truncate":true}`},
		"refusing":       {func(o *ollama.Options) { o.Limits.Refuse = true }, `{"model":"words","input":["a","b"],"truncate":false}`},
		"with dims":      {func(o *ollama.Options) { o.Dims = 24 }, `{"model":"words","input":["a","b"],"truncate":true,"dimensions":24}`},
		"kept for long":  {func(o *ollama.Options) { o.KeepAlive = 10 * time.Minute }, `{"model":"words","input":["a","b"],"truncate":true,"keep_alive":"10m0s"}`},
		"kept for ever":  {func(o *ollama.Options) { o.KeepAlive = -time.Second }, `{"model":"words","input":["a","b"],"truncate":true,"keep_alive":"-1s"}`},
		"with a prefix":  {func(o *ollama.Options) { o.DocumentPrefix = "d: " }, `{"model":"words","input":["d: a","d: b"],"truncate":true}`},
		"with a key too": {func(o *ollama.Options) { o.Key = domain.NewSecret("k") }, `{"model":"words","input":["a","b"],"truncate":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := remotetest.NewOllama(t)
			o := options(s)
			c.change(&o)
			if err := embed(t, open(t, o)); err != nil {
				t.Fatal(err)
			}
			if got := string(s.Requests()[0].Body); got != c.want {
				t.Errorf("the body is %s; want %s", got, c.want)
			}
		})
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply http.HandlerFunc
		say   string
	}{
		{"not pulled", providertest.Body(404, "application/json", `{"error":"model \"words\" not found, try pulling it first"}`), `not found, try pulling it first (ollama pull words)`},
		{"not pulled, in other words", providertest.Body(404, "application/json", `{"error":"model 'words' not found"}`), "(ollama pull words)"},
		{"another server", http.NotFound, "is the address right"},
		{"a model that makes none", providertest.Body(500, "application/json", `{"error":"this model does not support embeddings"}`), "nomic-embed-text does"},
		{"NaN", providertest.Body(400, "application/json", `{"error":"embedding contains NaN or Inf values"}`), "contains NaN"},
		{"NaN in older ones", providertest.Body(500, "application/json", `{"error":"failed to encode response: json: unsupported value: NaN"}`), "unsupported value: NaN"},
		{"no embeddings", providertest.Body(200, "application/json", `{"model":"words","embeddings":[]}`), "0 embeddings for 2 texts"},
		{"the answer of /api/embeddings", providertest.Body(200, "application/json", `{"embedding":[1,2]}`), "0 embeddings for 2 texts"},
		{"an error with 200", providertest.Body(200, "application/json", `{"error":"llama runner process has terminated"}`), "llama runner process has terminated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := remotetest.NewOllama(t)
			s.Always(c.reply)
			if err := embed(t, open(t, options(s))); !errors.Is(err, domain.ErrEmbedder) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("Embed = %v; want ErrEmbedder that says %q", err, c.say)
			}
		})
	}
	s := remotetest.NewOllama(t)
	o := options(s)
	s.Close()
	if err := embed(t, open(t, o)); !errors.Is(err, domain.ErrEmbedder) || !strings.Contains(err.Error(), "ollama serve") {
		t.Errorf("Embed without a server = %v; want ErrEmbedder that says ollama serve", err)
	}
	busy := remotetest.NewOllama(t)
	busy.Always(providertest.Body(503, "application/json", `{"error":"server busy, please try again.  maximum pending requests exceeded"}`))
	if err := embed(t, open(t, options(busy))); !errors.Is(err, domain.ErrEmbedderBusy) {
		t.Errorf("Embed = %v; want ErrEmbedderBusy", err)
	}
}

func TestRevision(t *testing.T) {
	const tags = `{"models":[{"name":"other:latest","digest":"ffff"},{"name":"words:latest","digest":"0a109f422b47e3a30ba2b10eca18548e944e8a23073ee3f3e947efcf3c45e59f"},{"name":"words:small","digest":"sha256:12"}]}`
	for _, c := range []struct {
		name, model string
		reply       http.HandlerFunc
		want        string
		kind        error
	}{
		{"the latest", "words", providertest.Body(200, "application/json", tags), "0a109f422b47", nil},
		{"a tag", "words:small", providertest.Body(200, "application/json", tags), "12", nil},
		{"a model that is not in the list", "word", providertest.Body(200, "application/json", tags), "", nil},
		{"a server that has no list", "words", http.NotFound, "", nil},
		{"a list that is none", "words", providertest.Body(200, "text/html", "<html>"), "", nil},
		{"a server that fails", "words", providertest.Say(500, "oops"), "", domain.ErrEmbedder},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := remotetest.NewOllama(t)
			s.Reply(s.Embed)
			s.Always(c.reply)
			o := options(s)
			o.Model = c.model
			m, err := open(t, o).Model(t.Context())
			if m.Revision != c.want || !errors.Is(err, c.kind) {
				t.Errorf("Model = %+v, %v; want the revision %q, %v", m, err, c.want, c.kind)
			}
			if r := s.Requests()[1]; r.Method != http.MethodGet || r.Path != "/api/tags" {
				t.Errorf("the second request is %s %s; want GET /api/tags", r.Method, r.Path)
			}
		})
	}
}

// TestOllama runs where Ollama does: MEMISTA_OLLAMA_MODEL names a model that it has, and
// OLLAMA_HOST where it is.
func TestOllama(t *testing.T) {
	model := os.Getenv("MEMISTA_OLLAMA_MODEL")
	if model == "" {
		t.Skip("MEMISTA_OLLAMA_MODEL names no model of an Ollama that runs here")
	}
	address := ollama.URL
	if host := os.Getenv("OLLAMA_HOST"); host != "" {
		address = "http://" + strings.TrimPrefix(host, "http://")
	}
	embedtest.Run(t, embedtest.Config{
		Open: func(tb testing.TB, l ports.EmbedLimits) embedtest.Subject {
			return embedtest.Subject{Embedder: open(tb, ollama.Options{Options: remote.Options{Model: model, URL: address, Limits: l}})}
		},
		Tolerance: 1e-2, // of batches of other sizes
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	missing := open(t, ollama.Options{Options: remote.Options{Model: "no-such-model-here", URL: address}})
	if _, err := missing.Model(ctx); err == nil || !strings.Contains(err.Error(), "ollama pull no-such-model-here") {
		t.Errorf("Model of a model that is not there = %v; want ollama pull", err)
	}
}
