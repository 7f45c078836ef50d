package httpapi_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// twoDims is an embedder of two components whose embeddings depend on the length of a text.
type twoDims struct {
	model string
	fault atomic.Pointer[error] // what every call returns; nil: embeddings
}

func (e *twoDims) Model(context.Context) (domain.Model, error) {
	return domain.Model{Provider: "static", Name: e.model, Dims: 2, Fingerprint: "two of " + e.model}, nil
}

func (e *twoDims) Embed(_ context.Context, texts []string, _ ports.Purpose) ([][]float32, error) {
	if fault := e.fault.Load(); fault != nil {
		return nil, *fault
	}
	out := make([][]float32, len(texts))
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			return nil, domain.At(domain.Errorf(domain.ErrInvalid, "a text is empty"), "texts["+string(rune('0'+i))+"]")
		}
		out[i] = []float32{0.5, 0.25 * float32(len(text)%8+1)}
	}
	return out, nil
}

func (e *twoDims) Limits() ports.EmbedLimits { return ports.EmbedLimits{} }
func (e *twoDims) Close() error              { return nil }

// withTwoDims returns embedders of the provider static, whose default is static/glove and
// fails as long as fault is set.
func withTwoDims() (_ ports.Embedders, glove *twoDims) {
	glove = &twoDims{model: "glove"}
	open := func(model string) (ports.Embedder, error) {
		if model != "glove" {
			return nil, domain.Errorf(domain.ErrInvalid, "there is no model %q", model)
		}
		return glove, nil
	}
	usual := domain.EmbedderRef{Provider: "static", Model: "glove"}
	return embedding.NewRegistry(map[string]embedding.Opener{"static": open}, usual, embedding.Options{Bytes: 1 << 20}), glove
}

// embedClient asks a service in memory with these embedders.
func embedClient(t *testing.T, o options) (client, *twoDims) {
	t.Helper()
	embedders, glove := withTwoDims()
	made, err := compose.Open(t.Context(), compose.Config{Repository: repotest.NewMemory(), Embedders: embedders})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Service.Close() })
	return client{t: t, handler: newHandler(made.Service, o)}, glove
}

func TestMetricsOfEmbedders(t *testing.T) {
	c, glove := embedClient(t, options{})
	insert := func() answer {
		return c.do("POST", "/v1/insert", `{"database_id":"SECRET","chunks":[{"text":"one"},{"text":"three"},{"text":"one"}]}`)
	}
	for range 2 {
		if got := insert(); got.status != 200 {
			t.Fatalf("insert = %d %s", got.status, got.body)
		}
	}
	var fault error = &domain.EmbedderError{Kind: domain.ErrEmbedder, Ref: domain.EmbedderRef{Provider: "static", Model: "glove"}, Message: "it is broken"}
	glove.fault.Store(&fault)
	if got := c.do("POST", "/v1/insert", `{"database_id":"SECRET","chunks":[{"text":"new"}]}`); got.status != 502 {
		t.Errorf("insert with a broken embedder = %d %s; want 502", got.status, got.body)
	}
	scraped := c.do("GET", "/metrics", "").body
	for series, want := range map[string]float64{
		`memista_embedded_texts_total{source="embedder"}`: 2,
		`memista_embedded_texts_total{source="shared"}`:   1,
		`memista_embedded_texts_total{source="memory"}`:   3,
		`memista_embedded_texts_total{source="store"}`:    0,
		`memista_embedder_calls_total{result="ok"}`:       1,
		`memista_embedder_calls_total{result="failed"}`:   1,
		`memista_embedder_models`:                         1,
	} {
		if got := sample(t, scraped, series); got != want {
			t.Errorf("%s = %v; want %v", series, got, want)
		}
	}
	for _, series := range []string{"memista_embedder_seconds_total", "memista_embedding_cache_bytes"} {
		if sample(t, scraped, series) <= 0 {
			t.Errorf("%s is not above 0", series)
		}
	}
	for _, chosen := range []string{"SECRET", "glove"} {
		if strings.Contains(scraped, chosen) {
			t.Errorf("the metrics name %q", chosen)
		}
	}
}

func TestTheDefaultEmbedderByName(t *testing.T) {
	c, _ := embedClient(t, options{})
	for _, body := range []string{`{"embedder":"default"}`, `{"embedder":{"provider":"default","model":"default"}}`} {
		got := c.do("PUT", "/v1/databases/a", body)
		if got.status/100 != 2 || !strings.Contains(got.body, `"embedder":{"provider":"static","model":"glove"`) {
			t.Errorf("PUT with %s = %d %s; want the default embedder", body, got.status, got.body)
		}
	}
}
