package qdrantapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
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
