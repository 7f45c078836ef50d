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

// TestScrollFromAPointThatIsGone removes the point that the next page begins with.
func TestScrollFromAPointThatIsGone(t *testing.T) {
	c := newClient(t, web.Options{})
	for _, chunks := range []string{strings.TrimSuffix(strings.Repeat(`{"embedding":[1]},`, 6), ","), `{"embedding":[1],"key":"2"},{"embedding":[1],"key":"k"}`} {
		if rec := c.send("POST", "/v1/databases/notes/chunks", `{"chunks":[`+chunks+`]}`); rec.Code != http.StatusOK {
			t.Fatal(rec.Code, rec.Body)
		}
	}
	page := func(collection, offset string) string {
		return c.ok("POST", "/collections/"+collection+"/points/scroll", `{"limit":3,"with_payload":false`+offset+`}`)
	}
	remove := func(collection, ids string) {
		c.ok("POST", "/collections/"+collection+"/points/delete", `{"points":[`+ids+`]}`)
	}
	for _, step := range []struct{ remove, offset, want string }{
		{"", "", `{"points":[{"id":1},{"id":2},{"id":3}],"next_page_offset":4}`},
		{"4", `,"offset":4`, `{"points":[{"id":5},{"id":6},{"id":2}],"next_page_offset":"k"}`},
		{"6", `,"offset":6`, `{"points":[{"id":2},{"id":"k"}],"next_page_offset":null}`},
		{`"k"`, `,"offset":"k"`, `{"points":[],"next_page_offset":null}`},
	} {
		if step.remove != "" {
			remove("notes", step.remove)
		}
		if got := page("notes", step.offset); got != step.want {
			t.Errorf("without %s, scroll %s = %s; want %s", step.remove, step.offset, got, step.want)
		}
	}
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":10,"vector":[1]},{"id":20,"vector":[1]},{"id":30,"vector":[1]},{"id":40,"vector":[1]},{"id":50,"vector":[1]}]}`)
	remove("docs", "40")
	if got, want := page("docs", `,"offset":40`), `{"points":[{"id":50}],"next_page_offset":null}`; got != want {
		t.Errorf("scroll from a point that is gone = %s; want %s", got, want)
	}
}

// TestPrefetchesAreScoredAgainWhole has prefetches that find more points than can be scored
// again: none of them is passed over in silence.
func TestPrefetchesAreScoredAgainWhole(t *testing.T) {
	c := newLimited(t, web.Options{}, app.Limits{Queries: 10, Results: 20, Hits: 50})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Dot"}}`)
	var points []string
	for i := range 30 {
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":[%d,%d]}`, i, i, 30-i))
	}
	c.ok("PUT", "/collections/docs/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	ask := func(limit int) string {
		return fmt.Sprintf(`{"prefetch":[{"query":[1,0],"limit":%d},{"query":[0,1],"limit":%d}],"query":[0,1],"limit":2}`, limit, limit)
	}
	c.fails("POST", "/collections/docs/points/query", ask(20), 400, "Wrong input: the prefetches find 30 points to score again, at most 20 can be")
	if got := idsIn(t, c.ok("POST", "/collections/docs/points/query", ask(10))); len(got) != 2 || got[0] != "0" {
		t.Errorf("points = %v; want 0 and 1", got)
	}
	// The same points twice are no more.
	same := `{"prefetch":[{"query":[1,0],"limit":15},{"query":[2,0],"limit":15}],"query":[0,1],"limit":1}`
	if got := idsIn(t, c.ok("POST", "/collections/docs/points/query", same)); len(got) != 1 || got[0] != "15" {
		t.Errorf("points = %v; want 15", got)
	}
}
