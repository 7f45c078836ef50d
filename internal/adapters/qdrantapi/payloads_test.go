package qdrantapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/qdrantapi/find"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
)

// TestOverwriteKeepsNulls compares it with an upsert, which stores a payload as it is.
func TestOverwriteKeepsNulls(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1,2],"payload":{"a":1,"n":null}}]}`)
	has := func(payload string) {
		t.Helper()
		c.want("POST", "/collections/docs/points", `{"ids":[1],"with_payload":true}`, `[{"id":1,"payload":`+payload+`}]`)
	}
	has(`{"a":1,"n":null}`)
	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"b":null,"c":1},"points":[1]}`)
	has(`{"b":null,"c":1}`)
	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"x":null,"y":2},"key":"c","points":[1]}`)
	has(`{"b":null,"c":{"x":null,"y":2}}`)
}

// newNumbered returns a client of the collection docs with n points that have their number as
// n, under small limits.
func newNumbered(t *testing.T, n int) *client {
	t.Helper()
	c := newLimited(t, web.Options{}, app.Limits{Results: 4, Hits: 4})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	c.ok("PUT", "/collections/docs/index", `{"field_name":"n","field_schema":"integer"}`)
	var points []string
	for i := 1; i <= n; i++ {
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":[1],"payload":{"n":%d}}`, i, i))
	}
	c.ok("PUT", "/collections/docs/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	return c
}

// TestAllPointsInOrder asks for more points than are read at once: there is no next page.
func TestAllPointsInOrder(t *testing.T) {
	c := newNumbered(t, 11)
	var want []string
	for i := 11; i > 0; i-- {
		want = append(want, fmt.Sprintf(`{"id":%d,"order_value":%d}`, i, i))
	}
	body := `{"order_by":{"key":"n","direction":"desc"},"with_payload":false,"limit":`
	for limit, want := range map[string][]string{"999999999": want, "11": want, "6": want[:6], "2": want[:2]} {
		c.want("POST", "/collections/docs/points/scroll", body+limit+"}", `{"points":[`+strings.Join(want, ",")+`],"next_page_offset":null}`)
	}
	got := idsIn(t, c.ok("POST", "/collections/docs/points/query", `{"query":{"order_by":"n"},"limit":20,"offset":2}`))
	if strings.Join(got, " ") != "10 11 3 4 5 6 7 8 9" { // sorted as texts
		t.Errorf("a query in the order of a field has %v; want 3 to 11", got)
	}
}

// TestTooManyPointsInOrder has one point at more places of the order than are sorted.
func TestTooManyPointsInOrder(t *testing.T) {
	c := newNumbered(t, 1)
	fill := func(n int) {
		many := []byte("[0,0") // which is one place
		for i := 1; i < n; i++ {
			many = fmt.Appendf(many, ",%d", i)
		}
		c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"n":`+string(many)+`]},"points":[1]}`)
	}
	fill(find.MaxOrdered)
	got := c.ok("POST", "/collections/docs/points/scroll", `{"order_by":"n","limit":999999999,"with_payload":false}`)
	if n := strings.Count(got, "order_value"); n != find.MaxOrdered {
		t.Errorf("%d points in order; want %d", n, find.MaxOrdered)
	}
	fill(find.MaxOrdered + 1)
	c.want("POST", "/collections/docs/points/scroll", `{"order_by":"n","limit":2,"with_payload":false}`, `{"points":[{"id":1,"order_value":0},{"id":1,"order_value":1}],"next_page_offset":null}`)
	c.fails("POST", "/collections/docs/points/scroll", `{"order_by":"n","limit":999999999,"with_payload":false}`, 413, "order_by returns at most 262144 points at once: ask for fewer with limit, and for the next ones with start_from")
}

func TestFacetPassesOverFloats(t *testing.T) {
	c := newNumbered(t, 4)
	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"f":[1.5,null,true]},"points":[1,2]}`)
	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"f":[1.5,2]},"points":[3]}`)
	c.want("POST", "/collections/docs/facet", `{"key":"f","limit":1}`, `{"hits":[{"value":true,"count":2}]}`)
	c.want("POST", "/collections/docs/facet", `{"key":"f"}`, `{"hits":[{"value":true,"count":2},{"value":2,"count":1}]}`)

	c.ok("PUT", "/collections/docs/points/payload", `{"payload":{"f":[1,2,3.5,4,5]},"points":[4]}`)
	c.want("POST", "/collections/docs/facet", `{"key":"f","limit":1}`, `{"hits":[{"value":true,"count":2}]}`)
	c.fails("POST", "/collections/docs/facet", `{"key":"f","limit":8}`, 400, "Wrong input: the field has 8 different values, of which 4 are counted: select fewer points with a filter, or set a limit of 2 at most")
}

// TestSparseModelOfADenseCollection has a text for the model bm25 where there is no sparse
// vector: nothing is stored.
func TestSparseModelOfADenseCollection(t *testing.T) {
	c := newNumbered(t, 1)
	c.fails("PUT", "/collections/docs/points", `{"points":[{"id":5,"vector":{"text":"fox","model":"qdrant/bm25"}}]}`, 400, "Wrong input: the model qdrant/bm25 makes sparse vectors, and `` is a dense one")
	c.want("POST", "/collections/docs/points/count", `{}`, `{"count":1}`)
}

// TestSampleOfMoreThanASearchReturns asks for more random points than a search may ask for, and
// than are read at once.
func TestSampleOfMoreThanASearchReturns(t *testing.T) {
	c := newLimited(t, web.Options{}, app.Limits{Results: 4, Chunks: 3})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"}}`)
	for i := 1; i <= 11; i++ {
		c.ok("PUT", "/collections/docs/points", fmt.Sprintf(`{"points":[{"id":%d,"vector":[%d]}]}`, i, i))
	}
	for limit, want := range map[int]int{2: 2, 7: 7, 11: 11, 999999999: 11} {
		got := idsIn(t, c.ok("POST", "/collections/docs/points/query", fmt.Sprintf(`{"query":{"sample":"random"},"limit":%d}`, limit)))
		if slices.Sort(got); len(slices.Compact(got)) != want {
			t.Errorf("a sample of %d has the points %v; want %d different ones", limit, got, want)
		}
	}
}

// TestWordsOutliveOtherVectors takes vectors away that points do not have.
func TestWordsOutliveOtherVectors(t *testing.T) {
	c := newClient(t, web.Options{})
	if rec := c.send("PUT", "/v1/databases/try", `{"full_text":"english"}`); rec.Code >= 300 {
		t.Skip("this build has no full text")
	}
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":1,"distance":"Dot"},"sparse_vectors":{"a":{},"b":{}}}`)
	c.ok("PUT", "/collections/one", `{"vectors":{"size":1,"distance":"Dot"},"sparse_vectors":{"a":{}}}`)
	for _, name := range []string{"docs", "one"} {
		c.ok("PUT", "/collections/"+name+"/points", `{"points":[{"id":1,"vector":{"a":{"text":"foxes","model":"qdrant/bm25"}}},{"id":2,"vector":{"a":{"indices":[1],"values":[1]}},"payload":{"text":"foxes"}},{"id":3,"payload":{"text":"foxes"},"vector":{}}]}`)
	}
	found := func(name, want string) {
		t.Helper()
		got := idsIn(t, c.ok("POST", "/collections/"+name+"/points/query", `{"query":{"text":"fox","model":"qdrant/bm25"},"using":"a"}`))
		if strings.Join(got, " ") != want {
			t.Errorf("%s has words in %v; want %s", name, got, want)
		}
	}
	found("docs", "1 2 3")
	c.ok("POST", "/collections/docs/points/vectors/delete", `{"vector":["b"],"points":[1,2,3]}`)
	found("docs", "1 2 3")
	found("one", "1 2 3")
	for range 2 { // the second time there is no vector
		c.ok("POST", "/collections/one/points/vectors/delete", `{"vector":["a"],"points":[1,2,3]}`)
		found("one", "2 3") // the words of payloads stay, and those of the vector go with it
	}
}
