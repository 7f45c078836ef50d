package httpapi_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are five chunks on a line, with metadata to filter by.
const pages = `{"database_id":"p","chunks":[
	{"embedding":[1,0],"text":"one","metadata":{"page":1,"tags":["a"]},"key":"k1"},
	{"embedding":[0.9,0],"text":"two","metadata":{"page":2,"tags":["a","b"]}},
	{"embedding":[0.8,0],"text":"three","metadata":"{\"page\":3}"},
	{"embedding":[0.7,0],"text":"four","metadata":{"page":4,"author":{"name":"x"}}},
	{"embedding":[0.6,0],"text":"five","metadata":"no fields"}]}`

var ids = regexp.MustCompile(`"chunk_id":(\d+)`)

// idsIn lists the chunk ids in an answer.
func idsIn(body string) string {
	var list []string
	for _, m := range ids.FindAllStringSubmatch(body, -1) {
		list = append(list, m[1])
	}
	return strings.Join(list, " ")
}

// wantIDs sends a request whose answer must have these chunks in this order.
func (c client) wantIDs(method, path, body, want string) string {
	c.t.Helper()
	got := c.do(method, path, body)
	if ids := idsIn(got.body); got.status != 200 || ids != want {
		c.t.Errorf("%s %s %s = %d %s; want the chunks %s", method, path, body, got.status, got.body, want)
	}
	return got.body
}

func pagesClient(t *testing.T) client {
	c := newClient(t, options{OriginalScores: true}) // which is not for the resource API
	c.want("POST", "/v1/insert", pages, 200, `{"inserted_ids":[1,2,3,4,5]}`)
	return c
}

func TestFilters(t *testing.T) {
	c := pagesClient(t)
	for filter, want := range map[string]string{
		`null`:                                 "1 2 3 4 5",
		`{}`:                                   "1 2 3 4 5",
		`{"page":3}`:                           "3",
		`{"page":{"$gte":2,"$lt":4}}`:          "2 3",
		`{"page":{"$ne":2}}`:                   "1 3 4 5",
		`{"tags":"b"}`:                         "2",
		`{"tags":{"$nin":["a"]}}`:              "3 4 5",
		`{"author.name":{"$exists":true}}`:     "4",
		`{"$or":[{"page":1},{"$text":"two"}]}`: "1 2",
		`{"$key":"k1"}`:                        "1",
		`{"$not":{"$id":{"$lte":3}}}`:          "4 5",
		`{"$text":{"$contains":"o"}}`:          "1 2 4",
		`{"page":99}`:                          "",
	} {
		c.wantIDs("POST", "/v1/search", `{"database_id":"p","embeddings":[[1,0]],"num_results":9,"filter":`+filter+`}`, want)
		c.wantIDs("POST", "/v1/databases/p/search", `{"queries":[{"embedding":[1,0],"filter":`+filter+`}],"include":[]}`, want)
		c.want("POST", "/v1/databases/p/count", `{"filter":`+filter+`}`, 200, fmt.Sprintf(`{"count":%d}`, len(strings.Fields(want))))
		if filter != "null" {
			c.wantIDs("GET", "/v1/databases/p/chunks?include=&filter="+url.QueryEscape(filter), "", want)
		}
	}
}

func TestQueries(t *testing.T) {
	c := pagesClient(t)
	search := func(body string) string { return `{"queries":[` + body + `],"include":[]}` }
	for body, want := range map[string]string{
		`{"embedding":[1,0]}`:                                                                       "1 2 3 4 5",
		`{"embedding":[1,0],"k":2}`:                                                                 "1 2",
		`{"embedding":[1,0],"k":2,"offset":2}`:                                                      "3 4",
		`{"embedding":[1,0],"offset":5}`:                                                            "",
		`{"embedding":[1,0],"min_score":0.75,"exact":true,"ef":10}`:                                 "1 2 3",
		`{"embedding":[1,0],"mmr":{"diversity":1}}`:                                                 "1 5 4 3 2",
		`{"embedding":[1,0],"k":2,"offset":1,"mmr":{"diversity":1,"candidates":3}}`:                 "3 2",
		`{"embedding":[1,0],"k":2,"mmr":{"diversity":0}},{"embedding":[1,0],"k":1,"mmr":null}`:      "1 2 1",
		`{"chunk_id":2,"k":2,"mmr":{"diversity":1,"candidates":null},"filter":{"page":{"$gte":1}}}`: "1 4",
		`{"chunk_id":2}`: "1 3 4 5",
		`{"chunk_id":2,"k":1,"filter":{"page":{"$lte":2}}}`:            "1",
		`{"key":"k1","k":2,"offset":1}`:                                "3 4",
		`{"embedding":[1,0],"k":1},{"chunk_id":1,"k":1,"filter":null}`: "1 2",
	} {
		c.wantIDs("POST", "/v1/databases/p/search", search(body), want)
	}
	got := c.do("POST", "/v1/databases/p/search", `{"queries":[{"embedding":[0.5,0],"k":1}],"include":["text","embedding"]}`)
	if want := `{"results":[[{"chunk_id":1,"key":"k1","text":"one","score":0.5,"distance":0.5,"embedding":[1,0]}]],"took_ms":`; !strings.HasPrefix(got.body, want) || strings.Contains(got.body, "explain") {
		t.Errorf("search = %s; want %s…", got.body, want)
	}
	got = c.do("POST", "/v1/databases/p/search", `{"queries":[{"embedding":[1,0],"filter":{"page":{"$gt":2}}}],"explain":true}`)
	for _, part := range []string{`"plan":"flat"`, `"filter":{"source":"`, `"matched":2,"of":5,"selectivity":0.4,`, `"tail":{"plan":"flat",`, `"vectors":5,"neighbors":2}`, `"graph":null`, `"rounds":1`} {
		if !strings.Contains(got.body, part) {
			t.Errorf("explain %s lacks %s", got.body, part)
		}
	}
}

func TestQueryRefusals(t *testing.T) {
	c := pagesClient(t)
	const path = "/v1/databases/p/search"
	for body, text := range map[string]string{
		`{}`:                    `field queries is missing`,
		`{"queries":[]}`:        `queries cannot be empty`,
		`{"queries":[{"k":1}]}`: `a query needs an embedding that is not empty, a near_text, a chunk_id, a key, a text or a sparse vector (queries[0])`,
		`{"queries":[{"embedding":[1,0],"chunk_id":1}]}`:              `a query has one of embedding, near_text, chunk_id and key (queries[0])`,
		`{"queries":[{"embedding":[1,0],"k":0}]}`:                     `k must be between 1 and 10000, got 0 (queries[0])`,
		`{"queries":[{"embedding":[1,0],"k":1,"offset":-1}]}`:         `offset must be at least 0, and offset + k at most 10000, got -1 + 1 (queries[0])`,
		`{"queries":[{"embedding":[1,0],"k":9999,"offset":2}]}`:       `offset must be at least 0, and offset + k at most 10000, got 2 + 9999 (queries[0])`,
		`{"queries":[{"embedding":[1,0],"mmr":{"diversity":1.5}}]}`:   `mmr diversity must be between 0 and 1, got 1.5 (queries[0])`,
		`{"queries":[{"embedding":[1,0],"mmr":{"candidates":0}}]}`:    `queries[0].mmr.candidates: must be at least 1: leave it out for the default (at byte 52)`,
		`{"queries":[{"embedding":[1,0],"mmr":{"lambda":0.5}}]}`:      `queries[0].mmr: unknown field "lambda": known are diversity, candidates (at byte 38)`,
		`{"queries":[{"embedding":[1,0],"text":"a","mmr":{}}]}`:       `mmr is for a query by an embedding alone, without text, sparse vector and rerank (queries[0])`,
		`{"queries":[{"chunk_id":0}]}`:                                `queries[0].chunk_id: must be an integer from 1 on (at byte 25)`,
		`{"queries":[{"key":""}]}`:                                    `queries[0].key: cannot be empty (at byte 21)`,
		`{"queries":[{"embedding":[1,0],"filter":[]}]}`:               `filter: must be an object such as {"field": value}`,
		`{"queries":[{"embedding":[1,0],"filter":{"a":{"$x":1}}}]}`:   `filter.a.$x: unknown operator: known are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $contains, $not_contains, $regex, $not_regex, $any_value, $size, $elem_match, $geo_radius, $geo_bounding_box, $geo_polygon and $not; fields inside a field are written with dots`,
		`{"queries":[{"embedding":[1,0],"filter":{"a":{"$gt":[]}}}]}`: `filter.a.$gt: must be a string, a number, true, false or null`,
	} {
		c.wantError("POST", path, body, 400, "invalid_request", text)
	}
	c.wantError("POST", path, `{"queries":[{"chunk_id":9}]}`, 404, "not_found", "Chunk 9 not found (queries[0])")
	c.wantError("POST", path, `{"queries":[{"embedding":[1,0]},{"key":"none"}]}`, 404, "not_found", "Chunk with key \"none\" not found (queries[1])")
	c.wantError("POST", path, `{"queries":[{"embedding":[1]}]}`, 422, "dimension_mismatch", "Embedding dimension mismatch: expected 2, got 1 (queries[0])")
	for _, r := range []string{"search", "count", "delete"} {
		body := map[string]string{"search": `{"queries":[{"embedding":[1,0]}]}`, "count": `{}`, "delete": `{"all":true}`}[r]
		if got := c.do("POST", "/v1/databases/none/"+r, body); got.status != 404 {
			t.Errorf("%s in a database that is not there = %d %s; want 404", r, got.status, got.body)
		}
	}
}

func TestSample(t *testing.T) {
	c := pagesClient(t)
	const path = "/v1/databases/p/sample"
	c.want("POST", path, `{"n":2,"filter":{"page":4},"include":["text"]}`, 200, `{"chunks":[{"chunk_id":4,"key":null,"text":"four","expires_at":null}]}`)
	for _, body := range []string{``, `{}`, `{"n":null,"filter":null,"include":null,"encoding":"base64"}`} {
		list := strings.Fields(idsIn(c.do("POST", path, body).body))
		if slices.Sort(list); strings.Join(list, " ") != "1 2 3 4 5" {
			t.Errorf("%s gives %v; want all five", body, list)
		}
	}
	c.wantError("POST", path, `{"n":0}`, 400, "invalid_request", `n: must be at least 1: leave it out for the default (at byte 6)`)
	c.wantError("POST", path, `{"n":10001}`, 400, "invalid_request", `n must be between 1 and 10000, got 10001`)
	c.wantError("POST", "/v1/databases/none/sample", `{}`, 404, "not_found", "Database 'none' not found")
}

func TestGroups(t *testing.T) {
	c := pagesClient(t)
	const path = "/v1/databases/p/groups"
	ask := func(body, want string) {
		t.Helper()
		got := c.do("POST", path, body)
		if text, _, _ := strings.Cut(got.body, `,"took_ms"`); got.status != 200 || text != want {
			t.Errorf("%s = %d %s; want %s", body, got.status, got.body, want)
		}
	}
	ask(`{"query":{"embedding":[1,0]},"by":"tags","groups":3,"group_size":2,"include":[]}`,
		`{"groups":[{"value":"a","hits":[{"chunk_id":1,"key":"k1","score":1,"distance":0},{"chunk_id":2,"key":null,"score":0.9,"distance":0.100000024}]},`+
			`{"value":"b","hits":[{"chunk_id":2,"key":null,"score":0.9,"distance":0.100000024}]}]`)
	ask(`{"query":{"chunk_id":1,"filter":{"page":{"$gt":2}},"min_score":0.75},"by":"page","groups":null,"include":["text"]}`,
		`{"groups":[{"value":3,"hits":[{"chunk_id":3,"key":null,"text":"three","score":0.8,"distance":0.19999999}]}]`)
	ask(`{"query":{"key":"k1"},"by":"none"}`, `{"groups":[]`)
	for body, text := range map[string]string{
		`{"query":{"embedding":[1,0]}}`:                                       `field by is missing`,
		`{"by":"a"}`:                                                          `field query is missing`,
		`{"query":{"embedding":[1,0],"k":1},"by":"a"}`:                        `query: unknown field "k": known are embedding, chunk_id, key, filter, min_score, exact, ef, text, match, fusion, near_text, hybrid, sparse, using (at byte 28)`,
		`{"query":{"embedding":[1,0]},"by":"$id"}`:                            `by $id is not in the metadata`,
		`{"query":{"embedding":[1,0]},"by":"a","groups":0}`:                   `groups: must be at least 1: leave it out for the default (at byte 48)`,
		`{"query":{"embedding":[1,0]},"by":"a","groups":5000,"group_size":3}`: `group_size must be at least 1, and groups × group_size at most 10000, got 5000 × 3`,
		`{"query":{},"by":"a"}`:                                               `a query needs an embedding that is not empty, a near_text, a chunk_id, a key, a text or a sparse vector (query)`,
	} {
		c.wantError("POST", path, body, 400, "invalid_request", text)
	}
	c.wantError("POST", "/v1/databases/none/groups", `{"query":{"embedding":[1,0]},"by":"a"}`, 404, "not_found", "Database 'none' not found")
}

func TestList(t *testing.T) {
	c := pagesClient(t)
	c.want("GET", "/v1/databases/p/chunks?limit=2&include=text", "", 200, `{"chunks":[{"chunk_id":1,"key":"k1","text":"one","expires_at":null},{"chunk_id":2,"key":null,"text":"two","expires_at":null}],"next_after":2}`)
	c.want("GET", "/v1/databases/p/chunks?limit=2&after=4&include=text", "", 200, `{"chunks":[{"chunk_id":5,"key":null,"text":"five","expires_at":null}],"next_after":null}`)
	filter := url.QueryEscape(`{"page":{"$gte":2}}`)
	c.want("GET", "/v1/databases/p/chunks?limit=2&include=&filter="+filter, "", 200, `{"chunks":[{"chunk_id":2,"key":null,"expires_at":null},{"chunk_id":3,"key":null,"expires_at":null}],"next_after":3}`)
	c.want("GET", "/v1/databases/p/chunks?limit=2&include=&after=3&filter="+filter, "", 200, `{"chunks":[{"chunk_id":4,"key":null,"expires_at":null}],"next_after":null}`)
	for query, text := range map[string]string{
		"limit=0":      "limit must be at least 1",
		"limit=10001":  "limit must be between 1 and 10000, got 10001",
		"limit=x":      "limit must be a whole number from 0 on",
		"after=-1":     "after must be a whole number from 0 on",
		"filter=x":     "filter: is not valid JSON",
		"filter=%7B":   "filter: is not valid JSON",
		"filter=[]":    `filter: must be an object such as {"field": value}`,
		"include=rows": "include takes text, metadata, embedding and sparse, nothing else",
	} {
		c.wantError("GET", "/v1/databases/p/chunks?"+query, "", 400, "invalid_request", text)
	}
	c.wantError("GET", "/v1/databases/none/chunks", "", 404, "not_found", "Database 'none' not found")
}

func TestCountValues(t *testing.T) {
	c := pagesClient(t)
	const path = "/v1/databases/p/values"
	for body, text := range map[string]string{
		`{}`:                             "field is missing: it names what to count the values of",
		`{"field":"$text"}`:              "field $text is not in the metadata",
		`{"field":"$x"}`:                 `field \"$x\": unknown operator`,
		`{"field":"a","limit":0}`:        "limit: must be at least 1",
		`{"field":"a","limit":9999999}`:  "limit must be between 1 and 100000, got 9999999",
		`{"field":"a","filter":{"$x":1}`: "filter.$x: unknown operator",
	} {
		if got := c.do("POST", path, body); got.status != 400 || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s; want 400 that says %q", body, got.status, got.body, text)
		}
	}
	c.want("POST", path, `{"field":"page"}`, 200, `{"values":[{"value":1,"chunks":1},{"value":2,"chunks":1},{"value":3,"chunks":1},{"value":4,"chunks":1}],"distinct":4}`)
	c.want("POST", path, `{"field":"page","limit":1,"filter":{"page":{"$gt":2}}}`, 200, `{"values":[{"value":3,"chunks":1}],"distinct":2}`)
	c.wantIDs("POST", "/v1/databases/p/search", `{"queries":[{"embedding":[1,0]}]}`, "1 2 3 4 5") // in memory now
	c.want("POST", path, `{"field":"page","limit":1,"filter":{"page":{"$gt":2}}}`, 200, `{"values":[{"value":3,"chunks":1}],"distinct":2}`)
	c.want("POST", path, `{"field":"none","filter":null,"limit":null}`, 200, `{"values":[],"distinct":0}`)
}

func TestPatchMany(t *testing.T) {
	c := pagesClient(t)
	const (
		path   = "/v1/databases/p/patch"
		ofMany = "metadata for many chunks must be an object, whose fields are merged into theirs: another form would replace all that they have"
	)
	for body, text := range map[string]string{
		`{}`:                               "exactly one of filter and all must be there",
		`{"metadata":{"a":1}}`:             "exactly one of filter and all must be there",
		`{"all":true,"filter":{"page":1}}`: "exactly one of filter and all must be there",
		`{"filter":{},"metadata":{"a":1}}`: `filter: a filter cannot be empty here: to change all chunks send {"all":true} (at byte 12)`,
		`{"all":true}`:                     "nothing to change: give metadata or a time to live",
		`{"all":true,"metadata":null}`:     ofMany,
		`{"all":true,"metadata":"a word"}`: ofMany,
		`{"filter":{"page":1},"metadata":"{\"a\":1}","ttl_seconds":9}`: ofMany,
		`{"all":true,"ttl_seconds":0}`:                                 "ttl_seconds: must be between 1 and 3153600000: leave it out for the default (at byte 27)",
		`{"all":true,"text":"all the same"}`:                           `unknown field "text": known are filter, all, metadata, ttl_seconds (at byte 12)`,
	} {
		c.wantError("POST", path, body, 400, "invalid_request", text)
	}
	c.want("POST", "/v1/databases/p/count", `{"filter":{"page":{"$exists":true}}}`, 200, `{"count":4}`)
	c.wantError("POST", "/v1/databases/none/patch", `{"all":true,"ttl_seconds":9}`, 404, "not_found", "Database 'none' not found")
	c.want("POST", path, `{"filter":{"page":{"$gt":2}},"metadata":{"seen":true,"page":null}}`, 200, `{"patched":2}`)
	c.want("POST", "/v1/databases/p/count", `{"filter":{"seen":true,"page":{"$exists":false}}}`, 200, `{"count":2}`)
	c.want("POST", path, `{"filter":{"seen":true},"metadata":{"seen":true}}`, 200, `{"patched":2}`)
	c.want("POST", path, `{"all":true,"ttl_seconds":null}`, 200, `{"patched":5}`)
}

func TestDeleteMany(t *testing.T) {
	c := pagesClient(t)
	const path = "/v1/databases/p/delete"
	for body, text := range map[string]string{
		``:                         "the JSON ends where an object was expected (at byte 0)",
		`{}`:                       "exactly one of ids, keys, filter and all must be there",
		`{"ids":[1],"keys":["a"]}`: "exactly one of ids, keys, filter and all must be there",
		`{"ids":[]}`:               "ids cannot be empty",
		`{"keys":[]}`:              "keys cannot be empty",
		`{"filter":{}}`:            `filter: a filter cannot be empty here: to delete all chunks send {"all":true} (at byte 12)`,
		`{"all":false}`:            "all: must be true: leave it out otherwise (at byte 12)",
	} {
		c.wantError("POST", path, body, 400, "invalid_request", text)
	}
	c.want("POST", "/v1/databases/p/count", ``, 200, `{"count":5}`)
	c.want("POST", path, `{"filter":{"page":{"$gt":3}}}`, 200, `{"deleted":1}`)
	c.want("POST", path, `{"ids":[2,99,2]}`, 200, `{"deleted":1}`)
	c.want("POST", path, `{"keys":["k1","none"]}`, 200, `{"deleted":1}`)
	c.wantIDs("POST", "/v1/databases/p/search", `{"queries":[{"embedding":[1,0]}]}`, "3 5")
	c.want("POST", path, `{"filter":{"page":1}}`, 200, `{"deleted":0}`)
	c.want("POST", path, `{"all":true}`, 200, `{"deleted":2}`)
	c.want("POST", "/v1/databases/p/count", ``, 200, `{"count":0}`)
}
