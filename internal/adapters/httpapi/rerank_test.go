package httpapi_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/repotest"
	"github.com/memista/memista/internal/ports/reranktest"
)

// rerankClient asks a service in memory with an embedder and a reranker, and a database r of
// four chunks.
func rerankClient(t *testing.T) (client, *twoDims, *reranktest.Memory) {
	t.Helper()
	embedders, glove := withTwoDims()
	m := reranktest.NewMemory()
	made, err := compose.Open(t.Context(), compose.Config{Repository: repotest.NewMemory(), Embedders: embedders, Reranker: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Service.Close() })
	c := client{t: t, handler: newHandler(made.Service, options{})}
	c.do("PUT", "/v1/databases/r", `{"full_text":true,"embedder":{"provider":"static","model":"glove"}}`)
	if got := c.do("POST", "/v1/databases/r/chunks", `{"chunks":[
		{"embedding":[1,0],"text":"the fox and the dog"},{"embedding":[0.9,0.1],"text":"a lamp in the drawer"},
		{"embedding":[0.1,0.9],"text":"the lamp"},{"embedding":[0,1],"text":""}]}`); got.status != 200 {
		t.Fatalf("insert = %d %s", got.status, got.body)
	}
	return c, glove, m
}

func TestRerank(t *testing.T) {
	c, _, m := rerankClient(t)
	for query, want := range map[string]string{
		`{"text":"the lamp","k":2,"rerank":{"top":4}}`:                        "3 2",
		`{"text":"the lamp","k":2,"rerank":{}}`:                               "3 2",
		`{"text":"the lamp","k":1,"offset":1,"rerank":{"top":3}}`:             "2",
		`{"text":"the lamp","k":4,"rerank":{"top":4},"min_score":0.45}`:       "3",
		`{"near_text":"the lamp","k":4,"rerank":{"top":4}}`:                   "3 2 1 4",
		`{"hybrid":"the lamp","k":2,"rerank":{"top":4}}`:                      "3 2",
		`{"embedding":[1,0],"text":"drawer","k":2,"rerank":{"top":4}}`:        "2 1",
		`{"text":"the lamp","k":1,"rerank":null}`:                             "3",
		`{"near_text":"fox","text":"lamp","k":1,"rerank":{"top":null}}`:       "1",
		`{"text":"lamp","k":5,"rerank":{"top":5},"filter":{"$id":{"$ne":3}}}`: "2",
	} {
		c.wantIDs("POST", "/v1/databases/r/search", `{"queries":[`+query+`],"include":[]}`, want)
	}
	m.Calls()
	got := c.do("POST", "/v1/databases/r/search", `{"queries":[{"text":"the lamp","k":2,"rerank":{"top":3}},{"text":"fox","k":1}],"include":["metadata"],"explain":true}`)
	for _, part := range []string{
		`{"chunk_id":3,"key":null,"metadata":null,"score":1,"distance":null,"scores":{"vector":null,"text":`,
		`"rerank":{"model":"words","texts":3,"first":[{"rank":1,"score":`, `"rerank":null`, `"rerank":0,"total":`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("answer %s lacks %s", got.body, part)
		}
	}
	if calls := m.Calls(); len(calls) != 1 || calls[0].Query != "the lamp" || strings.Contains(got.body, `"text":"`) {
		t.Errorf("the reranker is called with %v, the answer is %s; want one call, and no text that was not asked for", calls, got.body)
	}
}

func TestRerankRefusals(t *testing.T) {
	c, glove, m := rerankClient(t)
	for query, want := range map[string]string{
		`{"embedding":[1,0],"rerank":{"top":5}}`:         `rerank needs a text to rank by: text, near_text or hybrid (queries[0])`,
		`{"chunk_id":1,"rerank":{"top":5}}`:              `rerank needs a text to rank by: text, near_text or hybrid (queries[0])`,
		`{"text":"a","k":5,"rerank":{"top":4}}`:          `rerank top must be at least offset + k, got 4 for 0 + 5 (queries[0])`,
		`{"text":"a","rerank":{"top":1001}}`:             `rerank top must be between 1 and 1000, got 1001 (queries[0])`,
		`{"near_text":"a","k":99999,"rerank":{"top":5}}`: `k must be between 1 and 10000, got 99999 (queries[0])`,
	} {
		got := c.do("POST", "/v1/databases/r/search", `{"queries":[`+query+`]}`)
		if got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s; want 400 that says %q", query, got.status, got.body, want)
		}
	}
	for _, query := range []string{`{"text":"a","rerank":{"top":0}}`, `{"text":"a","rerank":{"top":"5"}}`, `{"text":"a","rerank":5}`, `{"text":"a","rerank":{"url":"http://x"}}`} {
		if got := c.do("POST", "/v1/databases/r/search", `{"queries":[`+query+`]}`); got.status != 400 {
			t.Errorf("%s: %d %s; want 400", query, got.status, got.body)
		}
	}
	if calls := m.Calls(); len(calls) > 0 || glove.fault.Load() != nil {
		t.Errorf("the reranker is called with %v for what is refused", calls)
	}
	for kind, want := range map[error]int{domain.ErrReranker: 502, domain.ErrRerankerTimeout: 504, domain.ErrRerankerBusy: 429} {
		m.Fail(kind, 7)
		got := c.do("POST", "/v1/databases/r/search", `{"queries":[{"text":"lamp","rerank":{}}]}`)
		if got.status != want || !strings.Contains(got.body, `"error":"the reranker words: it was broken","code":"reranker"`) {
			t.Errorf("%v: %d %s; want %d with the code reranker", kind, got.status, got.body, want)
		}
		if after := got.header.Get("Retry-After"); (want == 429) != (after == "7") {
			t.Errorf("%v: Retry-After is %q", kind, after)
		}
	}
	c.wantIDs("POST", "/v1/databases/r/search", `{"queries":[{"text":"drawer"}]}`, "2") // others go on
	metrics := c.do("GET", "/metrics", "").body
	if !strings.Contains(metrics, `memista_reranker_calls_total{result="failed"} 3`) || !strings.Contains(metrics, `memista_reranked_texts_total 0`) {
		t.Errorf("the metrics lack three failed calls: %s", metrics)
	}
}

func TestRerankWithoutAReranker(t *testing.T) {
	c, _ := embedClient(t, options{})
	c.do("POST", "/v1/insert", `{"database_id":"d","chunks":[{"text":"one"}]}`)
	got := c.do("POST", "/v1/databases/d/search", `{"queries":[{"near_text":"one","rerank":{"top":50}}]}`)
	if got.status != 501 || !strings.Contains(got.body, "this memista has no reranker") || !strings.Contains(got.body, `"unsupported"`) {
		t.Errorf("search = %d %s; want 501 that says that there is none", got.status, got.body)
	}
}
