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
