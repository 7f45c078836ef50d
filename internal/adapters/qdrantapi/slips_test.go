package qdrantapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
)

// TestDeleteByWhatIsNoCondition checks that a filter with a slip in it removes nothing.
func TestDeleteByWhatIsNoCondition(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1]},{"id":2,"vector":[2]}]}`)
	for _, condition := range []string{`{"has_ids":[1]}`, `{"has_id":null}`, `{"kye":"n","match_value":1}`, `{"filter":{"must":[{"has_id":[1]}]}}`} {
		body := `{"filter":{"must":[` + condition + `]}}`
		for _, path := range []string{"delete", "payload/clear", "count"} {
			rec := c.send("POST", "/collections/docs/points/"+path, body)
			if text := errorOf(t, rec); rec.Code != 400 || !strings.HasPrefix(text, "Format error in JSON body: ") {
				t.Errorf("%s %s = %d %s; want 400 and a format error", path, body, rec.Code, text)
			}
		}
	}
	c.want("POST", "/collections/docs/points/count", "", `{"count":2}`)
}

// TestHasVectorIsRefused asks for points by the vectors that they have: what is not known must
// not select points, nor all others.
func TestHasVectorIsRefused(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"dense":{"size":1,"distance":"Dot"}},"sparse_vectors":{"bm25":{"modifier":"idf"},"s":{}}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":{"dense":[1],"bm25":{"text":"words","model":"qdrant/bm25"}}},{"id":2,"vector":{"s":{"indices":[1],"values":[1]}}}]}`)
	for _, name := range []string{"dense", "bm25", "s"} {
		for _, path := range []string{"count", "delete"} {
			for _, clause := range []string{"must", "must_not"} {
				c.fails("POST", "/collections/docs/points/"+path, `{"filter":{"`+clause+`":[{"has_vector":"`+name+`"}]}}`, 501, "memista does not filter by which vectors points have")
			}
		}
	}
	c.want("POST", "/collections/docs/points/count", `{"filter":{"must":[{"has_vector":"none"}]}}`, `{"count":0}`)
	c.want("POST", "/collections/docs/points/count", "", `{"count":2}`)

	// A database that this API has not made may have vectors that it does not know.
	if rec := c.send("PUT", "/v1/databases/notes", `{"dimensions":1}`); rec.Code >= 300 {
		t.Fatal(rec.Code, rec.Body)
	}
	c.fails("POST", "/collections/notes/points/delete", `{"filter":{"must_not":[{"has_vector":"s"}]}}`, 501, "memista does not filter by which vectors points have")
}

// TestPrefetchesAreCounted asks for more prefetches, and for more points in them, than a
// search may.
func TestPrefetchesAreCounted(t *testing.T) {
	c := newLimited(t, web.Options{}, app.Limits{Queries: 10, Results: 20, Hits: 50})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1],"payload":{"a":1}},{"id":2,"vector":[2]}]}`)
	fused := func(prefetches ...string) string {
		return `{"query":{"fusion":"rrf"},"prefetch":[` + strings.Join(prefetches, ",") + `]}`
	}
	times := func(n int, text string) string { return strings.TrimSuffix(strings.Repeat(text+",", n), ",") }
	one, large := `{"query":[1],"limit":1}`, `{"query":[1],"limit":15,"offset":5}`
	const tooMany, tooLarge = "Wrong input: %d searches and prefetches at once, at most 10 are allowed", "%d points asked for in the prefetches of one request, at most 50 are allowed"
	for _, r := range []struct {
		path, body string
		status     int
		text       string
	}{
		{"query", fused(times(10, one)), 400, fmt.Sprintf(tooMany, 11)},
		{"query", fused(fused(times(4, one)), fused(times(4, one))), 400, fmt.Sprintf(tooMany, 11)},
		{"query", `{"query":[1],"prefetch":[` + times(10, one) + `]}`, 400, fmt.Sprintf(tooMany, 11)},
		{"query/batch", `{"searches":[` + times(3, fused(times(3, one))) + `]}`, 400, fmt.Sprintf(tooMany, 12)},
		{"query/groups", `{"group_by":"a","query":{"fusion":"rrf"},"prefetch":[` + times(10, one) + `]}`, 400, fmt.Sprintf(tooMany, 11)},
		{"query", fused(times(3, large)), 413, fmt.Sprintf(tooLarge, 60)},
		{"query", fused(times(3, `{"query":[1],"limit":999999999}`)), 413, fmt.Sprintf(tooLarge, 60)},
		{"query/batch", `{"searches":[` + times(3, fused(large)) + `]}`, 413, fmt.Sprintf(tooLarge, 60)},
		{"query/groups", `{"group_by":"a","query":[1],"prefetch":[` + times(3, large) + `]}`, 413, fmt.Sprintf(tooLarge, 60)},
	} {
		c.fails("POST", "/collections/docs/points/"+r.path, r.body, r.status, r.text)
	}
	for path, body := range map[string]string{
		"query": fused(times(9, one)), "query/batch": `{"searches":[` + times(2, fused(large)) + `]}`, "search/batch": `{"searches":[` + times(10, `{"vector":[1],"limit":20}`) + `]}`,
	} {
		if rec := c.send("POST", "/collections/docs/points/"+path, body); rec.Code != http.StatusOK {
			t.Errorf("%s %s = %d %s", path, body, rec.Code, rec.Body)
		}
	}
}
