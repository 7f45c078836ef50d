package httpapi_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// hanging is an embedder of another process whose calls hang until released is closed.
type hanging struct {
	twoDims
	asked    chan struct{} // one element per call
	released chan struct{}
}

func (e *hanging) Embed(ctx context.Context, texts []string, purpose ports.Purpose) ([][]float32, error) {
	if texts[0] == "first" {
		return e.twoDims.Embed(ctx, texts, purpose)
	}
	e.asked <- struct{}{}
	select {
	case <-e.released:
		return e.twoDims.Embed(ctx, texts, purpose)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Requests that wait for a provider which hangs keep no others from being served, and only
// so many wait.
func TestAProviderThatHangsHoldsNoSlots(t *testing.T) {
	const waiting = 6
	e := &hanging{twoDims: twoDims{model: "m"}, asked: make(chan struct{}, 100), released: make(chan struct{})}
	ref := domain.EmbedderRef{Provider: "remote", Model: "m"}
	open := func(string) (ports.Embedder, error) { return e, nil }
	registry := embedding.NewRegistry(map[string]embedding.Opener{"remote": open}, ref, embedding.Options{Bytes: 1 << 20, InProcess: []string{"static"}})
	made, err := compose.Open(t.Context(), compose.Config{Repository: repotest.NewMemory(), Embedders: registry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Service.Close() })
	c := client{t: t, handler: newHandler(made.Service, options{Limits: web.Limits{Searches: 1, Writes: 1, Admin: 1, Queue: 8, QueueWait: 5 * time.Second, Waiting: waiting}})}
	c.want("POST", "/v1/databases/d/chunks", `{"chunks":[{"text":"first"}]}`, 200, `{"inserted_ids":[1]}`)

	if got := c.do("POST", "/v1/databases/d/search", `{"queries":[{"near_text":"first"}]}`); got.status != 200 {
		t.Fatalf("search before = %d %s; want 200", got.status, got.body)
	}

	answers := make(chan answer, waiting)
	for i := range waiting {
		text := strings.Repeat("x", 1+i)
		path, body := "/v1/databases/d/search", `{"queries":[{"near_text":"`+text+`"}]}`
		if i%2 == 0 {
			path, body = "/v1/databases/d/chunks", `{"chunks":[{"text":"`+text+`"}]}`
		}
		go func() { answers <- c.do("POST", path, body) }()
		<-e.asked
	}
	c.want("POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[0.5,0.5]}]}`, 200, `{"inserted_ids":[2]}`)
	if got := c.do("POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0]}]}`); got.status != 200 {
		t.Errorf("search by vector while a provider hangs = %d %s; want 200", got.status, got.body)
	}
	if got := c.do("POST", "/v1/databases/d/search", `{"queries":[{"near_text":"first"}]}`); got.status != 200 {
		t.Errorf("search by a text whose embedding is kept = %d %s; want 200", got.status, got.body)
	}
	c.wantError("POST", "/v1/databases/d/search", `{"queries":[{"near_text":"one more"}]}`, 429, "too_busy", "too many requests wait for embedders and rerankers: try again in a moment")
	if len(e.asked) > 0 {
		t.Error("the provider was asked for a request that may not wait for it")
	}
	close(e.released)
	for range waiting {
		if got := <-answers; got.status != 200 {
			t.Errorf("a request whose provider answered at last = %d %s; want 200", got.status, got.body)
		}
	}
	c.want("POST", "/v1/databases/d/count", ``, 200, `{"count":5}`)
	if got := c.do("POST", "/v1/databases/d/search", `{"queries":[{"near_text":"one more"}]}`); got.status != 200 {
		t.Errorf("search once all have been answered = %d %s; want 200", got.status, got.body)
	}
}
