package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/app"
)

// TestLargeInsertsAreDecodedBesideSearches has other heavy work on every core but the one
// that is for searches: a large insert has to wait for it while somebody searches.
func TestLargeInsertsAreDecodedBesideSearches(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{})}
	small := `{"database_id":"a","chunks":[{"embedding":[1,0]}]}`
	if got := c.do(http.MethodPost, "/v1/insert", small); got.status != http.StatusOK {
		t.Fatalf("insert: %d %s", got.status, got.body)
	}
	large := fmt.Sprintf(`{"database_id":"a","chunks":[{"embedding":[0,1],"text":%q}]}`, strings.Repeat("x", 100<<10))
	search := func() {
		c.do(http.MethodPost, "/v1/search", `{"database_id":"a","embeddings":[[1,0]],"num_results":1}`)
	}
	// A search is remembered for a fraction of a second, which a busy machine may miss.
	const tries = 50
	for range tries {
		search()
		end := occupy(t, svc)
		search()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		rec := httptest.NewRecorder()
		c.handler.ServeHTTP(rec, requestIn(ctx, http.MethodPost, "/v1/insert", strings.NewReader(large)))
		waited := ctx.Err() != nil
		if waited {
			search()
			if got := c.do(http.MethodPost, "/v1/insert", small); got.status != http.StatusOK {
				t.Errorf("a small insert meanwhile: %d %s", got.status, got.body)
			}
		}
		cancel()
		end()
		if waited && rec.Code != http.StatusOK {
			return
		}
	}
	t.Errorf("in none of %d tries did a large insert wait for the core that is for searches", tries)
}

// occupy keeps every core but one busy with heavy work until end is called.
func occupy(t *testing.T, svc *app.Service) (end func()) {
	t.Helper()
	cores := max(runtime.GOMAXPROCS(0)-1, 1)
	running, free, done := make(chan struct{}), make(chan struct{}), make(chan error)
	for range cores {
		go func() {
			done <- svc.Heavily(t.Context(), func() error {
				running <- struct{}{}
				<-free
				return nil
			})
		}()
	}
	for range cores {
		<-running
	}
	return func() {
		close(free)
		for range cores {
			if err := <-done; err != nil {
				t.Errorf("Heavily = %v", err)
			}
		}
	}
}
