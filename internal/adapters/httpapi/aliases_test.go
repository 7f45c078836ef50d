package httpapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
)

func TestAliases(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", `{"database_id":"docs-1","chunks":[{"embedding":[1,2],"text":"one"}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("POST", "/v1/insert", `{"database_id":"docs-2","chunks":[{"embedding":[1,2],"text":"two"}]}`, 200, `{"inserted_ids":[1]}`)
	c.want("GET", "/v1/aliases", "", 200, `{"aliases":[]}`)
	change := func(actions string) answer {
		t.Helper()
		return c.do("POST", "/v1/aliases", `{"actions":[`+actions+`]}`)
	}
	text := func(want string) {
		t.Helper()
		if got := c.do("POST", "/v1/search", `{"database_id":"docs","embeddings":[[1,2]],"num_results":1}`); got.status != 200 || !strings.Contains(got.body, `"text":"`+want+`"`) {
			t.Errorf("search by the alias = %d %s; want %s", got.status, got.body, want)
		}
	}
	if got := change(`{"action":"create","alias":"docs","database":"docs-1"}`); got.status != 200 || strings.TrimSpace(got.body) != `{"done":1}` {
		t.Errorf("create = %d %s", got.status, got.body)
	}
	text("one")
	if got := change(`{"action":"create","alias":"docs","database":"docs-2"},{"action":"rename","alias":"docs","to":"Ж x"},{"action":"rename","alias":"Ж x","to":"docs"}`); got.status != 200 {
		t.Errorf("move = %d %s", got.status, got.body)
	}
	text("two")
	c.want("GET", "/v1/aliases", "", 200, `{"aliases":[{"alias":"docs","database":"docs-2"}]}`)
	c.want("POST", "/v1/databases/docs/count", `{}`, 200, `{"count":1}`)
	c.want("DELETE", "/v1/databases/docs", "", 200, `{"dropped":false}`)
	for _, tt := range []struct {
		actions string
		status  int
		says    string
	}{
		{`{"action":"create","alias":"x","database":"none"}`, 404, "Database 'none' not found"},
		{`{"action":"delete","alias":"docs"},{"action":"rename","alias":"x","to":"y"}`, 404, "Alias 'x' not found"},
		{`{"action":"create","alias":"docs-1","database":"docs-2"}`, 409, "'docs-1' is the name of a database"},
		{``, 400, "actions cannot be empty"},
		{`{"alias":"x"}`, 400, "field action is missing"},
		{`{"action":"drop","alias":"x"}`, 400, "create, delete, rename"},
		{`{"action":"create","alias":"x"}`, 400, "field database is missing"},
		{`{"action":"delete","alias":"x","to":"y"}`, 400, "field to does not belong"},
		{`{"action":"delete","alias":""}`, 400, "cannot be empty"},
		{`{"action":"delete","alias":"a\u0000"}`, 400, "control character"},
	} {
		if got := change(tt.actions); got.status != tt.status || !strings.Contains(got.body, tt.says) {
			t.Errorf("%s = %d %s; want %d with %s", tt.actions, got.status, got.body, tt.status, tt.says)
		}
	}
	text("two")
	if got := c.do("PUT", "/v1/databases/docs", ""); got.status != 409 || !strings.Contains(got.body, "is an alias") {
		t.Errorf("create of a database named as an alias = %d %s; want 409", got.status, got.body)
	}
}

// TestAliasesUnderKeys reaches a database by a name that the key has, and makes aliases only
// between names that it has.
func TestAliasesUnderKeys(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{Keys: limitedKeys()})}
	for _, id := range []string{"theirs", "mine-1"} {
		if got := c.as("root", "POST", "/v1/insert", `{"database_id":"`+id+`","chunks":[{"embedding":[1,2],"text":"`+id+`"}]}`); got.status != 200 {
			t.Fatal(got)
		}
	}
	create := func(key, alias, database string) int {
		return c.as(key, "POST", "/v1/aliases", `{"actions":[{"action":"create","alias":"`+alias+`","database":"`+database+`"}]}`).status
	}
	for _, tt := range []struct {
		key, alias, database string
		status               int
	}{
		{"write", "mine-now", "mine-1", 403},
		{"admin", "mine-now", "theirs", 404},
		{"admin", "other", "mine-1", 404},
		{"admin", "mine-now", "mine-1", 200},
		{"root", "mine-theirs", "theirs", 200},
		{"root", "other", "mine-1", 200},
	} {
		if got := create(tt.key, tt.alias, tt.database); got != tt.status {
			t.Errorf("alias %s of %s by %s = %d; want %d", tt.alias, tt.database, tt.key, got, tt.status)
		}
	}
	if got := c.as("admin", "POST", "/v1/aliases", `{"actions":[{"action":"rename","alias":"mine-now","to":"else"}]}`); got.status != 404 {
		t.Errorf("rename out of reach = %d %s; want 404", got.status, got.body)
	}
	if got := c.as("read", "GET", "/v1/aliases", ""); strings.TrimSpace(got.body) != `{"aliases":[{"alias":"mine-now","database":"mine-1"}]}` {
		t.Errorf("aliases = %s; want those of mine", got.body)
	}
	for name, status := range map[string]int{"mine-theirs": 200, "theirs": 404, "other": 404, "mine-now": 200} { // as it is called
		if got := c.as("read", "POST", "/v1/databases/"+name+"/count", `{}`); got.status != status {
			t.Errorf("count in %s = %d %s; want %d", name, got.status, got.body, status)
		}
	}
	if g := (&domain.Grant{Databases: []string{"mine-*"}}); g.Reaches("other") {
		t.Error("the key reaches other; the test says nothing")
	}
}

func TestListByKey(t *testing.T) {
	c := newClient(t, options{})
	c.want("POST", "/v1/insert", `{"database_id":"d","chunks":[
		{"embedding":[1],"text":"1","key":"b"},{"embedding":[1],"text":"2"},{"embedding":[1],"text":"3","key":"a \u00e9\""},{"embedding":[1],"text":"4"}]}`, 200, `{"inserted_ids":[1,2,3,4]}`)
	const path = "/v1/databases/d/chunks?include=&limit="
	chunk := func(id, key string) string {
		return `{"chunk_id":` + id + `,"key":` + key + `,"expires_at":null}`
	}
	for query, want := range map[string]string{
		"1&order=key":           `{"chunks":[` + chunk("2", "null") + `],"next_after":3,"next_from":null}`,
		"1&order=key&after=3":   `{"chunks":[` + chunk("4", "null") + `],"next_after":null,"next_from":"a é\""}`,
		"1&order=key&from=a%20": `{"chunks":[` + chunk("3", `"a é\""`) + `],"next_after":null,"next_from":"b"}`,
		"5&order=key&from=b":    `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
		"1&order=key&skip=3":    `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
		"1&order=id&skip=1":     `{"chunks":[` + chunk("2", "null") + `],"next_after":2}`,
		"1&skip=3":              `{"chunks":[` + chunk("4", "null") + `],"next_after":null}`,
		"2&order=key&filter=%7B%22$key%22:%7B%22$exists%22:true%7D%7D": `{"chunks":[` + chunk("3", `"a é\""`) + `,` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
	} {
		c.want("GET", path+query, "", 200, want)
	}
	c.want("POST", "/v1/databases/d/patch", `{"filter":{"$id":{"$gte":3}},"metadata":{"n":[2.5,"2026-01-01"]}}`, 200, `{"patched":2}`)
	c.want("PATCH", "/v1/databases/d/chunks/1", `{"metadata":{"n":1e300}}`, 200, `{"chunk_id":1,"key":"b","text":"1","metadata":{"n":1e300},"expires_at":null}`)
	for query, want := range map[string]string{
		"2&sort=n":                             `{"chunks":[` + chunk("3", `"a é\""`) + `,` + chunk("4", "null") + `],"next_after":4,"next_from":2.5}`,
		"2&sort=n&from=2.5&after=4":            `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
		"1&sort=n&from=%222026%22":             `{"chunks":[],"next_after":null,"next_from":null}`,
		"1&sort=n&descending=true":             `{"chunks":[` + chunk("3", `"a é\""`) + `],"next_after":3,"next_from":"2026-01-01"}`,
		"1&sort=n&descending=true&from=1e300":  `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
		"1&sort=n&descending=false&from=1e300": `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
		"1&sort=n&skip=2":                      `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
		"1&sort=n&descending=true&filter=%7B%22n%22:%7B%22$gt%22:3%7D%7D": `{"chunks":[` + chunk("1", `"b"`) + `],"next_after":null,"next_from":null}`,
	} {
		c.want("GET", path+query, "", 200, want)
	}
	for _, query := range []string{"1&sort=", "1&sort=$key", "1&sort=n&order=key", "1&sort=n&from=true", "1&sort=n&from=x", "1&sort=n&after=1", "1&descending=true", "1&sort=n&descending=1", "1&order=size", "1&from=a", "1&skip=-1", "1&skip=x", "1&order=key&from=a&after=1"} {
		if got := c.do("GET", path+query, ""); got.status != 400 {
			t.Errorf("%s = %d %s; want 400", query, got.status, got.body)
		}
	}
}
