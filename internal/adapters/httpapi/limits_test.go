package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// TestEveryRouteWaitsForASlot takes all slots, so that every route that needs one must
// refuse, whether it reads its body or not.
func TestEveryRouteWaitsForASlot(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{Limits: web.Limits{Searches: 1, Writes: 1, Admin: 1, Queue: 8, QueueWait: time.Millisecond}})
	routes := h.Routes()
	defer takeAllSlots(t, h, "")()
	for _, r := range routes {
		path := strings.NewReplacer("{id}", "none", "{chunk_id}", "1", "{key}", "k").Replace(r.Path)
		for _, body := range []string{"", theirs[r.Method+" "+r.Path], "{}"} {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, request(r.Method, path, strings.NewReader(body)))
			free := r.Scope == 0 || r.Scope == domain.ScopeMonitor
			if busy := rec.Code == http.StatusTooManyRequests; busy == free {
				t.Errorf("%s %s with body %q = %d %s while all slots are taken; does it read its body with Body or InsertBody?", r.Method, path, body, rec.Code, rec.Body)
			}
			if rec.Code == http.StatusTooManyRequests && rec.Header().Get("Retry-After") == "" {
				t.Errorf("%s %s: 429 without Retry-After", r.Method, path)
			}
		}
	}
}

func TestSlotsAreGivenBack(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{Limits: web.Limits{Searches: 1, Writes: 1, Admin: 1, Queue: -1}})
	c := client{t: t, handler: h}
	for range 3 {
		c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
		c.do("POST", "/v1/insert", `{"broken`)
		c.do("POST", "/v1/search", `{"database_id":"my_app","embeddings":[[1,0]],"num_results":1}`)
		c.do("POST", "/v1/search", `{"database_id":"none","embeddings":[[1,0]],"num_results":1}`)
		c.do("GET", "/v1/databases/none", "")
		c.want("DELETE", "/v1/drop", `{"database_id":"my_app"}`, 200, `{"status":"success","message":"Table and index dropped successfully"}`)
	}
}

// The hits of all queries count together: one request must not ask for millions.
func TestHitsOfOneSearch(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", twoChunks, 200, `{"inserted_ids":[1,2]}`)
	search := func(n int) string {
		return `{"database_id":"my_app","embeddings":[` + strings.Repeat("[1,0],", n-1) + `[1,0]],"num_results":10000,"include":[]}`
	}
	if got := c.do("POST", "/v1/search", search(10)); got.status != 200 {
		t.Errorf("100,000 hits = %d %s; want 200", got.status, got.body)
	}
	c.wantError("POST", "/v1/search", search(11), 413, "too_large", "110000 hits asked for in one search, at most 100000 are allowed: send fewer queries at once, or ask for fewer hits each")
}

// takeAllSlots leaves no slot for a request until giveBack is called: requests with key,
// if it is not "", to routes of their own hold them.
func takeAllSlots(t *testing.T, h *web.Handler, key string) (giveBack func()) {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	var holders sync.WaitGroup
	s := h.Surface(web.SurfaceOptions{Prefix: "/hold"})
	for path, rule := range map[string]web.Rule{"/read": web.Reader(web.Nowhere), "/write": web.Writer(web.Nowhere), "/admin": web.Admin(web.Nowhere)} {
		s.Handle(http.MethodGet, path, rule, func(*web.Call) error {
			begun <- struct{}{}
			<-end
			return nil
		})
		for full := false; !full; {
			refused := make(chan struct{})
			holders.Go(func() {
				defer close(refused)
				req := request(http.MethodGet, "/hold"+path, nil)
				if key != "" {
					req.Header.Set("Api-Key", key)
				}
				h.ServeHTTP(httptest.NewRecorder(), req)
			})
			select {
			case <-begun:
			case <-refused:
				full = true
			}
		}
	}
	return func() {
		close(end)
		holders.Wait()
	}
}
