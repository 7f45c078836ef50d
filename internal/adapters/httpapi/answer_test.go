package httpapi_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
)

// TestAnswersAreBounded asks for answers of just as many bytes as may be, and of more.
func TestAnswersAreBounded(t *testing.T) {
	ask := func(most int64) client {
		c, err := compose.Open(t.Context(), compose.Config{Path: filepath.Join(t.TempDir(), "memista.db"), Limits: app.Limits{Answer: most}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Service.Close() })
		asked := client{t: t, handler: newHandler(c.Service, options{})}
		// In JSON the text is six times as long as it is stored.
		text := strings.Repeat(`\u0001`, 500)
		asked.want("POST", "/v1/insert", fmt.Sprintf(`{"database_id":"d","chunks":[{"embedding":[1,0.333333],"text":"%s"},{"embedding":[1,0],"text":"%s"}]}`, text, text), 200, `{"inserted_ids":[1,2]}`)
		return asked
	}
	requests := [][3]string{
		{"POST", "/v1/search", `{"database_id":"d","embeddings":[[1,0]],"num_results":2,"include":["text","embedding"]}`},
		{"POST", "/v1/databases/d/search", `{"queries":[{"embedding":[1,0],"k":2}],"include":["text"]}`},
		{"GET", "/v1/databases/d/chunks", ""},
	}
	wide, narrow, tight := ask(0), ask(5000), ask(600)
	for _, r := range requests {
		if got := wide.do(r[0], r[1], r[2]); got.status != 200 || len(got.body) < 6000 {
			t.Errorf("%s %s = %d with %d bytes; want both chunks", r[0], r[1], got.status, len(got.body))
		}
		for most, c := range map[int]client{5000: narrow, 600: tight} { // too much as JSON, and as it is stored
			c.wantError(r[0], r[1], r[2], 413, "too_large", tooLarge(most))
		}
		one := strings.NewReplacer(`"num_results":2`, `"num_results":1`, `"k":2`, `"k":1`).Replace(r[2])
		path := r[1]
		if one == "" {
			path += "?limit=1"
		}
		if got := narrow.do(r[0], path, one); got.status != 200 {
			t.Errorf("%s %s for one chunk = %d %.200s; want 200", r[0], r[1], got.status, got.body)
		}
	}
}

// tooLarge is the error of a request whose answer would have more bytes than most.
func tooLarge(most int) string {
	return fmt.Sprintf("the answer would have more than %d bytes, which is as much as is allowed: ask for fewer chunks at once, or for less of each with include", most)
}
