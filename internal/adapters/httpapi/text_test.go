package httpapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/ports/repotest"
)

// textClient asks a service that searches texts in every build.
func textClient(t *testing.T) client {
	t.Helper()
	c, err := compose.Open(t.Context(), compose.Config{Repository: repotest.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Service.Close() })
	cl := client{t: t, handler: newHandler(c.Service, options{})}
	if got := cl.do("PUT", "/v1/databases/t", `{"metric":"ip","full_text":true}`); got.status != 201 || !strings.Contains(got.body, `"full_text":"words"`) {
		t.Fatalf("PUT = %d %s; want 201 with full text", got.status, got.body)
	}
	cl.want("POST", "/v1/insert", `{"database_id":"t","chunks":[
		{"embedding":[1,0],"text":"the cat sat","metadata":{"n":1}},
		{"embedding":[0.9,0],"text":"a dog"},
		{"embedding":[0.5,0],"text":"cat and cat","metadata":{"n":3}},
		{"embedding":[0.1,0],"text":"blue sky","metadata":{"n":4}},
		{"embedding":[0.2,0],"text":"rain"},{"embedding":[0.3,0],"text":"stone"}]}`, 200, `{"inserted_ids":[1,2,3,4,5,6]}`)
	return cl
}

func TestSearchByWords(t *testing.T) {
	c := textClient(t)
	for query, want := range map[string]string{
		`{"text":"cat"}`:                          "3 1",
		`{"text":"cat dog"}`:                      "2 3 1",
		`{"text":"cat sat","match":"all"}`:        "1",
		`{"text":"\"blue sky\" rain"}`:            "5 4",
		`{"text":"sto*"}`:                         "6",
		`{"text":"cat","k":1,"offset":1}`:         "1",
		`{"text":"cat","filter":{"n":{"$lt":3}}}`: "1",
		`{"text":"fish"}`:                         "",
		`{"text":"?!"}`:                           "",
		`{"text":"cat","embedding":[1,0]}`:        "1 3 2 6 5 4",
		`{"text":"cat","embedding":[1,0],"k":3}`:  "1 3 2",
		`{"text":"cat","chunk_id":1,"k":2}`:       "3 2",
		`{"text":"rain","embedding":[1,0],"filter":{"n":{"$exists":true}}}`:                       "1 3 4",
		`{"text":"sky","embedding":[1,0],"k":2,"fusion":{"vector_weight":0.1,"text_weight":1}}`:   "4 1",
		`{"text":"sky","embedding":[1,0],"k":1,"fusion":{"method":"weighted","vector_weight":2}}`: "1",
		`{"text":"sky","embedding":[1,0],"k":6,"fusion":{"text_weight":0}}`:                       "1 2 3 6 5 4",
		`{"text":"sky","embedding":[1,0],"k":6,"fusion":{"text_weight":null,"vector_weight":0}}`:  "4",
		`{"text":"sky","embedding":[1,0],"k":6,"fusion":{"text_weight":2,"vector_weight":0.0}}`:   "4",
		`{"text":"sky","fusion":{"text_weight":0}}`:                                               "4",
		`{"text":"sat,dog"}`:                 "2 1",
		`{"text":"sat/dog"}`:                 "2 1",
		`{"text":"title:dog"}`:               "2",
		`{"text":"title:dog","match":"all"}`: "",
		`{"text":"sat,the","match":"all"}`:   "1",
		`{"text":"\"sat,the\""}`:             "",
		`{"text":"sky","embedding":[1,0],"k":2,"fusion":{"candidates":1,"rank_constant":1}}`: "1 4",
	} {
		c.wantIDs("POST", "/v1/databases/t/search", `{"queries":[`+query+`],"include":[]}`, want)
	}
	got := c.do("POST", "/v1/databases/t/search", `{"queries":[{"text":"sky","embedding":[1,0],"k":2,"fusion":{"candidates":2}},{"text":"sky"}],"include":[],"explain":true}`)
	for _, part := range []string{
		`{"chunk_id":1,"key":null,"score":0.016393442,"distance":0,"scores":{"vector":1,"text":null}}`,
		`{"chunk_id":4,"key":null,"score":0.016393442,"distance":null,"scores":{"vector":null,"text":`,
		`"text":{"terms":1,"found":1,"ranks":[{"vector":1,"text":null},{"vector":null,"text":1}],"fusion":{"method":"rrf","vector_weight":1,"text_weight":1}}`,
		`"text":{"terms":1,"found":1,"ranks":[{"vector":null,"text":1}],"fusion":null}`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("answer %s lacks %s", got.body, part)
		}
	}
}

func TestSearchByWordsRefusals(t *testing.T) {
	c := textClient(t)
	c.want("POST", "/v1/insert", `{"database_id":"plain","chunks":[{"embedding":[1,0],"text":"cat"}]}`, 200, `{"inserted_ids":[1]}`)
	for _, r := range []struct {
		database, query string
		status          int
		code, text      string
	}{
		{"plain", `{"text":"cat"}`, 400, "invalid_request", "Database 'plain' has no full text: only one that was created with full_text can be searched by text (queries[0])"},
		{"none", `{"text":"cat"}`, 404, "not_found", "Database 'none' not found"},
		{"t", `{"text":" "}`, 400, "invalid_request", "text cannot be empty (queries[0])"},
		{"t", `{"text":""}`, 400, "invalid_request", "queries[0].text: cannot be empty (at byte 22)"},
		{"t", `{"text":"` + strings.Repeat("x", 8193) + `"}`, 413, "too_large", "text has 8193 bytes, at most 8192 are allowed (queries[0])"},
		{"t", `{"embedding":[1,0],"match":"all"}`, 400, "invalid_request", "match is for a query with text (queries[0])"},
		{"t", `{"text":"cat","fusion":{"candidates":10001}}`, 400, "invalid_request", "fusion: candidates must be between 1 and 10000, got 10001 (queries[0])"},
		{"t", `{"text":"cat","fusion":{"text_weight":2000000}}`, 400, "invalid_request", "fusion: weights must be between 0 and 1e+06 (queries[0])"},
		{"t", `{"text":"cat","embedding":[1,0],"fusion":{"vector_weight":0,"text_weight":0}}`, 400, "invalid_request", "fusion: one of vector_weight and text_weight must be above 0 (queries[0])"},
		{"t", `{"text":"cat","embedding":[1]}`, 422, "dimension_mismatch", "Embedding dimension mismatch: expected 2, got 1 (queries[0])"},
	} {
		c.wantError("POST", "/v1/databases/"+r.database+"/search", `{"queries":[`+r.query+`]}`, r.status, r.code, r.text)
	}
}

func TestTokenizersAreTold(t *testing.T) {
	c := textClient(t)
	for body, want := range map[string]string{
		`{"full_text":"words"}`: `"words"`, `{"full_text":"english"}`: `"english"`, `{"full_text":"trigram"}`: `"trigram"`,
		`{"full_text":true}`: `"words"`, `{"full_text":false}`: `false`, `{"full_text":null}`: `false`, `{}`: `false`,
	} {
		name := "/v1/databases/" + strings.Trim(strings.NewReplacer(`"`, "", ":", "_", "{", "", "}", "x").Replace(body), "_")
		for _, got := range []answer{c.do("PUT", name, body), c.do("GET", name, "")} {
			if got.status >= 300 || !strings.Contains(got.body, `"full_text":`+want) {
				t.Errorf("%s of a database made with %s = %d %s; want full_text %s", name, body, got.status, got.body, want)
			}
		}
	}
	for body, want := range map[string]string{
		`{"full_text":"porter"}`: "full_text: must be one of words, english, trigram",
		`{"full_text":"Words"}`:  "full_text: must be one of words, english, trigram",
		`{"full_text":1}`:        "full_text: ",
		`{"full_text":""}`:       "full_text: must be one of words, english, trigram",
	} {
		if got := c.do("PUT", "/v1/databases/bad", body); got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("PUT %s = %d %s; want 400: %s", body, got.status, got.body, want)
		}
	}
	if got := c.do("PUT", "/v1/databases/t", `{"full_text":"english"}`); got.status != 409 {
		t.Errorf("PUT of another tokenizer = %d %s; want 409", got.status, got.body)
	}
}

func TestHybridOverEveryTokenizer(t *testing.T) {
	for tokenizer, text := range map[string]string{"words": "sat", "english": "cats", "trigram": "ca"} {
		c := textClient(t)
		c.do("DELETE", "/v1/drop", `{"database_id":"t"}`)
		c.do("PUT", "/v1/databases/t", `{"metric":"ip","full_text":"`+tokenizer+`"}`)
		c.want("POST", "/v1/insert", `{"database_id":"t","chunks":[{"embedding":[1,0],"text":"a dog"},{"embedding":[0,1],"text":"the cat sat"},{"embedding":[0.5,0],"text":"stone"}]}`, 200, `{"inserted_ids":[1,2,3]}`)
		c.wantIDs("POST", "/v1/databases/t/search", `{"queries":[{"text":"`+text+`"}],"include":[]}`, "2")
		c.wantIDs("POST", "/v1/databases/t/search", `{"queries":[{"text":"`+text+`","embedding":[1,0],"k":2}],"include":[]}`, "2 1")
	}
}
