package rerank_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/adapters/rerank"
	"github.com/memista/memista/internal/adapters/rerank/servertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/reranktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "rk-test-0123456789/abcdefghijklmnop"

// options are those of a reranker that asks s and does not wait.
func options(s *providertest.Server, api rerank.API) rerank.Options {
	return rerank.Options{API: api, Model: "words", Options: provider.Options{
		URL: s.URL + "/v2", Key: domain.NewSecret(key), Tries: 2, After: new(providertest.Clock).After,
	}}
}

// open returns a reranker that is closed when the test ends.
func open(tb testing.TB, o rerank.Options) *rerank.Reranker {
	tb.Helper()
	r, err := rerank.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

func TestSuite(t *testing.T) {
	for _, api := range []rerank.API{rerank.Cohere, rerank.TEI} {
		t.Run(string(api), func(t *testing.T) {
			reranktest.Run(t, reranktest.Config{Open: func(tb testing.TB) reranktest.Subject {
				m := reranktest.NewMemory()
				sub := m.Subject()
				sub.Reranker = open(tb, options(servertest.New(tb, m), api))
				return sub
			}})
		})
	}
}

func TestRequests(t *testing.T) {
	for api, want := range map[rerank.API][]string{
		rerank.Cohere: {`{"model":"words","query":"q","documents":["a","b","c"],"top_n":3}`},
		rerank.TEI:    {`{"query":"q","texts":["a","b"],"truncate":true}`, `{"query":"q","texts":["c"],"truncate":true}`},
	} {
		t.Run(string(api), func(t *testing.T) {
			s := servertest.New(t, reranktest.NewMemory())
			o := options(s, api)
			o.Concurrency = 1
			if api == rerank.TEI {
				o.Texts = 2
			}
			if _, err := open(t, o).Rerank(t.Context(), "q", []string{"a", "b", "c"}); err != nil {
				t.Fatal(err)
			}
			requests := s.Requests()
			if len(requests) != len(want) {
				t.Fatalf("%d requests; want %d", len(requests), len(want))
			}
			for i, r := range requests {
				if string(r.Body) != want[i] {
					t.Errorf("request %d is %s; want %s", i, r.Body, want[i])
				}
				if r.Path != "/v2/rerank" || r.Header.Get("Authorization") != "Bearer "+key {
					t.Errorf("request %d goes to %s with %q; want /v2/rerank with the key", i, r.Path, r.Header.Get("Authorization"))
				}
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	s := servertest.New(t, reranktest.NewMemory())
	for _, address := range []string{"/v2", "/v2/", "/v2/rerank", "/v2/rerank/", ""} {
		o := options(s, rerank.Cohere)
		o.URL = s.URL + address
		if _, err := open(t, o).Rerank(t.Context(), "q", []string{"a"}); err != nil {
			t.Errorf("Rerank at %q = %v; want nil", address, err)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	s := servertest.New(t, reranktest.NewMemory())
	o := options(s, rerank.Cohere)
	o.TextTokens = 20
	if _, err := open(t, o).Rerank(t.Context(), strings.Repeat("who ", 100), []string{strings.Repeat("word ", 100), "short"}); err != nil {
		t.Fatal(err)
	}
	var in servertest.Request
	if err := json.Unmarshal(s.Requests()[0].Body, &in); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{in.Query, in.Documents[0]} {
		if n := provider.EstimateTokens(text); n < 15 || n > 20 {
			t.Errorf("%d tokens of a text are sent; want about 20", n)
		}
	}
}

func TestTooMuchIsHalved(t *testing.T) {
	for _, refusal := range []struct {
		status  int
		message string
	}{
		{413, "batch size 33 > maximum allowed batch size 32"},
		{422, "batch size 33 > maximum allowed batch size 32"},
		{500, "input (2793 tokens) is too large to process. increase the physical batch size (current batch size: 2048)"},
		{400, "This model's maximum context length is 512 tokens. However, you requested 600 tokens in the input for score."},
	} {
		m := reranktest.NewMemory()
		s := servertest.New(t, m)
		s.Always(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			var in servertest.Request
			_ = json.Unmarshal(raw, &in)
			if len(in.Documents) > 2 || len(in.Documents[0]) > 200 {
				providertest.Say(refusal.status, refusal.message)(w, r)
				return
			}
			var items []any
			for i, score := range reranktest.Scores(in.Query, in.Documents) {
				items = append(items, map[string]any{"index": i, "relevance_score": score})
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"results": items})
		})
		texts := []string{"lamp", "lamp on", strings.Repeat("lamp ", 100), "x", "the lamp", "y", "z"}
		got, err := open(t, options(s, rerank.Cohere)).Rerank(t.Context(), "lamp", texts)
		if err != nil {
			t.Fatalf("Rerank where the server says %q = %v; want nil", refusal.message, err)
		}
		for i, want := range reranktest.Scores("lamp", texts) {
			if got[i] != want && i != 2 || got[2] < 0.9 {
				t.Errorf("score %d is %v; want %v", i, got[i], want)
			}
		}
	}
}

func TestAnswersAreChecked(t *testing.T) {
	for _, c := range []struct {
		name, cohere, tei, say string
	}{
		{"nothing", "", "", "answered nothing"},
		{"HTML", "<!DOCTYPE html><p>welcome", "<html>", "HTML instead of JSON"},
		{"text", "hello", "hello", "no JSON"},
		{"half an answer", `{"results":[{"index":0`, `[{"index":0`, "no JSON"},
		{"null", `null`, `null`, "0 results for 2 texts"},
		{"the other API", `[{"index":0,"score":1},{"index":1,"score":0}]`, `{"results":[]}`, "is it a server with the API"},
		{"too few", `{"results":[{"index":0,"relevance_score":1}]}`, `[{"index":0,"score":1}]`, "1 results for 2 texts"},
		{"too many", `{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":1}]}`,
			`[{"index":0,"score":1},{"index":1,"score":1},{"index":2,"score":1}]`, "3 results for 2 texts"},
		{"one twice", `{"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":1}]}`, `[{"index":0,"score":1},{"index":0,"score":1}]`, "index 0 twice"},
		{"beyond the end", `{"results":[{"index":0,"relevance_score":1},{"index":2,"relevance_score":1}]}`, `[{"index":0,"score":1},{"index":2,"score":1}]`, "index 2 for one of 2"},
		{"before the beginning", `{"results":[{"index":-1,"relevance_score":1},{"index":1,"relevance_score":1}]}`, `[{"index":-1,"score":1},{"index":1,"score":1}]`, "index -1"},
		{"no index", `{"results":[{"relevance_score":1},{"index":1,"relevance_score":1}]}`, `[{"score":1},{"index":1,"score":1}]`, "without an index or a score"},
		{"null for NaN", `{"results":[{"index":0,"relevance_score":null},{"index":1,"relevance_score":1}]}`, `[{"index":0,"score":null},{"index":1,"score":1}]`, "without an index or a score"},
		{"NaN", `{"results":[{"index":0,"relevance_score":NaN}]}`, `[{"index":0,"score":NaN}]`, "no JSON"},
		{"too large a number", `{"results":[{"index":0,"relevance_score":1e39},{"index":1,"relevance_score":1}]}`, `[{"index":0,"score":1e39},{"index":1,"score":1}]`, "which float32 does not have"},
		{"text for a number", `{"results":[{"index":0,"relevance_score":"1"},{"index":1,"relevance_score":1}]}`, `[{"index":0,"score":"1"},{"index":1,"score":1}]`, "must be another type"},
		{"an error with 200", `{"error":{"message":"out of memory"}}`, `{"error":"out of memory"}`, "out of memory"},
	} {
		for api, answer := range map[rerank.API]string{rerank.Cohere: c.cohere, rerank.TEI: c.tei} {
			t.Run(c.name+" from "+string(api), func(t *testing.T) {
				s := servertest.New(t, reranktest.NewMemory())
				s.Always(providertest.Body(200, "application/json", answer))
				got, err := open(t, options(s, api)).Rerank(t.Context(), "q", []string{"one", "two"})
				if got != nil || !errors.Is(err, domain.ErrReranker) || !strings.Contains(err.Error(), c.say) {
					t.Errorf("Rerank = %v, %v; want ErrReranker that says %q", got, err, c.say)
				}
				if n := len(s.Requests()); n != 1 {
					t.Errorf("%d requests; want 1", n)
				}
			})
		}
	}
}

// TestAnswersOfServers has answers as servers send them.
func TestAnswersOfServers(t *testing.T) {
	for name, answer := range map[string]string{
		"Cohere":    `{"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":-2.5}],"id":"x","meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}`,
		"Jina":      `{"model":"m","object":"list","usage":{"total_tokens":3},"results":[{"index":1,"relevance_score":0.9,"document":{"text":"b"}},{"index":0,"relevance_score":-2.5}]}`,
		"vLLM":      `{"id":"rerank-1","model":"m","usage":{"total_tokens":3},"results":[{"index":1,"document":{"text":"b","multi_modal":null},"relevance_score":0.9},{"index":0,"document":{"text":"a"},"relevance_score":-2.5}]}`,
		"llama.cpp": `{"model":"m","object":"list","usage":{"prompt_tokens":3,"total_tokens":3},"results":[{"index":0,"relevance_score":-2.5},{"index":1,"relevance_score":0.9}]}`,
	} {
		s := servertest.New(t, reranktest.NewMemory())
		s.Always(providertest.Body(200, "application/json", answer))
		got, err := open(t, options(s, rerank.Cohere)).Rerank(t.Context(), "q", []string{"a", "b"})
		if err != nil || got[0] != -2.5 || got[1] != 0.9 {
			t.Errorf("Rerank of what %s answers = %v, %v; want -2.5 and 0.9", name, got, err)
		}
	}
}
