package qdrantapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
)

// groupsOf returns "value: ids" of each group in a result.
func groupsOf(t *testing.T, result string) string {
	t.Helper()
	var r struct {
		Groups []struct {
			ID   any
			Hits []struct{ ID any }
		}
	}
	if err := json.Unmarshal([]byte(result), &r); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "%v:", g.ID)
		for _, h := range g.Hits {
			fmt.Fprintf(&b, " %v", h.ID)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// TestGroupsBehindManyPoints has the second and the third group behind more points of the first
// than a search may ask for, also where values that Qdrant does not group by stand between.
func TestGroupsBehindManyPoints(t *testing.T) {
	c := newLimited(t, web.Options{}, app.Limits{Results: 20})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Euclid"}}`)
	var points []string
	for i := 1; i <= 60; i++ { // the nearest first
		doc := `"a"`
		switch i {
		case 41, 42:
			doc = `"b"`
		case 60:
			doc = "7"
		}
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":[%d,0],"payload":{"doc":%s}}`, i, i, doc))
	}
	c.ok("PUT", "/collections/docs/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	for body, want := range map[string]string{
		`{"vector":[0,0],"group_by":"doc","limit":4,"group_size":2}`:                                                       "a: 1 2; b: 41 42; 7: 60; ",
		`{"vector":[0,0],"group_by":"doc","limit":2,"group_size":1}`:                                                       "a: 1; b: 41; ",
		`{"vector":[0,0],"group_by":"doc","limit":4,"group_size":2,"score_threshold":41.5}`:                                "a: 1 2; b: 41; ",
		`{"vector":[0,0],"group_by":"doc","limit":4,"group_size":1,"filter":{"must":[{"key":"doc","match":{"value":7}}]}}`: "7: 60; ",
		`{"vector":[0,0],"group_by":"none","limit":4,"group_size":1}`:                                                      "",
	} {
		if got := groupsOf(t, c.ok("POST", "/collections/docs/points/search/groups", body)); got != want {
			t.Errorf("groups of %s = %q; want %q", body, got, want)
		}
	}
	body := `{"query":{"recommend":{"positive":[[1,0],2]}},"group_by":"doc","limit":3,"group_size":2}`
	if got := groupsOf(t, c.ok("POST", "/collections/docs/points/query/groups", body)); got != "a: 1 3; b: 41 42; 7: 60; " {
		t.Errorf("recommended groups = %q", got)
	}

	c.ok("PUT", "/collections/docs/points/payload", `{"points":[2],"payload":{"doc":[1.5,true,"c"]}}`)
	body = `{"vector":[0,0],"group_by":"doc","limit":3,"group_size":1}`
	if got := groupsOf(t, c.ok("POST", "/collections/docs/points/search/groups", body)); got != "a: 1; c: 2; " {
		t.Errorf("groups of the best points = %q; want those of texts and integers", got)
	}
}
