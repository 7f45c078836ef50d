package httpapi_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// Pages hold what the key reaches only, and the last one says that it is.
func TestPagesOfDatabases(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{Keys: limitedKeys()})}
	for _, id := range []string{"mine-1", "mine-2", "Mine-x", "mine-30", "theirs", "a"} {
		if got := c.as("root", "PUT", "/v1/databases/"+id, ""); got.status != 201 {
			t.Fatal(got)
		}
	}
	page := func(key, query string) (ids []string, next any, has bool) {
		t.Helper()
		got := c.as(key, "GET", "/v1/databases"+query, "")
		var out map[string]any
		if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != 200 {
			t.Fatalf("GET /v1/databases%s = %d %s", query, got.status, got.body)
		}
		for _, d := range out["databases"].([]any) {
			ids = append(ids, d.(map[string]any)["id"].(string))
		}
		next, has = out["next_after"]
		return ids, next, has
	}
	for _, p := range []struct {
		key, query string
		ids        []string
		next       any
		paged      bool
	}{
		{"root", "", []string{"Mine-x", "a", "mine-1", "mine-2", "mine-30", "theirs"}, nil, false},
		{"root", "?limit=2", []string{"Mine-x", "a"}, "a", true},
		{"root", "?limit=2&after=a", []string{"mine-1", "mine-2"}, "mine-2", true},
		{"root", "?limit=2&after=mine-2", []string{"mine-30", "theirs"}, nil, true},
		{"root", "?limit=2&after=z", nil, nil, true},
		{"root", "?after=mine-2", []string{"mine-30", "theirs"}, nil, false},
		{"root", "?prefix=mine-&limit=3", []string{"mine-1", "mine-2", "mine-30"}, nil, true},
		{"root", "?prefix=mine-&after=mine-1&limit=1", []string{"mine-2"}, "mine-2", true},
		{"root", "?prefix=none", nil, nil, false},
		{"read", "?prefix=mine-&limit=2", []string{"mine-1", "mine-2"}, "mine-2", true},
		{"read", "?after=mine-2&limit=1", []string{"mine-30"}, nil, true},
		{"read", "?prefix=theirs&limit=9", nil, nil, true},
	} {
		ids, next, has := page(p.key, p.query)
		if !slices.Equal(ids, p.ids) || next != p.next || has != p.paged {
			t.Errorf("%s lists %s: %q, next_after %v (there: %v); want %q, %v (%v)", p.key, p.query, ids, next, has, p.ids, p.next, p.paged)
		}
	}
	for _, limit := range []string{"0", "-1", "x", "10001"} {
		if got := c.as("root", "GET", "/v1/databases?limit="+limit, ""); got.status != 400 {
			t.Errorf("limit=%s = %d %s; want 400", limit, got.status, got.body)
		}
	}
}
