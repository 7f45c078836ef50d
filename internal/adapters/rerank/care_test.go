package rerank_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/adapters/rerank"
	"github.com/memista/memista/internal/adapters/rerank/servertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/reranktest"
)

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name     string
		reply    http.HandlerFunc
		kind     error
		requests int
		say      string
	}{
		{"busy", providertest.Say(429, "rate limit", "Retry-After", "7"), domain.ErrRerankerBusy, 2, "after 2 tries"},
		{"busy for long", providertest.Say(429, "rate limit", "Retry-After", "3600"), domain.ErrRerankerBusy, 1, "rate limit"},
		{"slow", providertest.Hang, domain.ErrRerankerTimeout, 2, "did not answer within"},
		{"down", providertest.Say(500, "oh"), domain.ErrReranker, 2, "500 Internal Server Error: oh"},
		{"cut off", providertest.Cut, domain.ErrReranker, 2, "the connection was closed"},
		{"no key", providertest.Say(401, "who?"), domain.ErrReranker, 1, "is the key right"},
		{"no route", http.NotFound, domain.ErrReranker, 1, "are address and model right?"},
		{"no reranker", providertest.Say(424, "model is not a re-ranker model"), domain.ErrReranker, 1, "is its model a reranker?"},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/rerank", http.StatusTemporaryRedirect)
		}, domain.ErrReranker, 1, "which is not followed"},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write([]byte(`{"results":[` + strings.Repeat(" ", 1<<16))); err != nil {
					return
				}
			}
		}, domain.ErrReranker, 1, "answered more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := servertest.New(t, reranktest.NewMemory())
			s.Always(c.reply)
			o := options(s, rerank.Cohere)
			o.Timeout = 50 * time.Millisecond
			if c.name == "endless" {
				o.Timeout = time.Minute
			}
			_, err := open(t, o).Rerank(t.Context(), "q", []string{"a"})
			e, ok := errors.AsType[*domain.RerankerError](err)
			if !ok || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), "the reranker words") {
				t.Fatalf("Rerank = %v; want a RerankerError that is %v and says %q", err, c.kind, c.say)
			}
			if c.name == "busy" && e.RetryAfter != 7*time.Second {
				t.Errorf("RetryAfter = %v; want 7s", e.RetryAfter)
			}
			if n := len(s.Requests()); n != c.requests {
				t.Errorf("%d requests; want %d", n, c.requests)
			}
		})
	}
}

func TestAnotherTryHelps(t *testing.T) {
	s := servertest.New(t, reranktest.NewMemory())
	s.Reply(providertest.Say(503, "loading", "Retry-After", "2"))
	o := options(s, rerank.TEI)
	clock := new(providertest.Clock)
	o.After = clock.After
	if got, err := open(t, o).Rerank(t.Context(), "a", []string{"a"}); err != nil || got[0] != 1 {
		t.Errorf("Rerank = %v, %v; want 1 at the second try", got, err)
	}
	if w := clock.Waits(); len(w) != 1 || w[0] < 2*time.Second {
		t.Errorf("waits are %v; want one of 2 s at least", w)
	}
}

func TestKeyStaysHidden(t *testing.T) {
	for name, reply := range map[string]http.HandlerFunc{
		"in a refusal":     providertest.Say(401, "the key "+key+" is wrong"),
		"in an answer":     providertest.Body(200, "application/json", key),
		"in an error":      providertest.Body(200, "application/json", `{"error":"`+key+`"}`),
		"a part of it":     providertest.Say(403, "no "+key[3:20]),
		"while it is busy": providertest.Say(429, key),
	} {
		s := servertest.New(t, reranktest.NewMemory())
		s.Always(reply)
		r := open(t, options(s, rerank.Cohere))
		_, err := r.Rerank(t.Context(), "q", []string{"a"})
		if e, ok := errors.AsType[*domain.RerankerError](err); ok && name != "in an answer" && (e.Said == "" || strings.Contains(e.Reason(), e.Said)) {
			t.Errorf("%s: the reason for the log is %q, with %q of the provider", name, e.Reason(), e.Said)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, r, r); err == nil || strings.Contains(text, key[3:11]) {
			t.Errorf("%s: the error is %v; want one without the key", name, err)
		}
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	for name, spoil := range map[string]func(*rerank.Options){
		"an unknown API":     func(o *rerank.Options) { o.API = "best" },
		"no model":           func(o *rerank.Options) { o.Model = "" },
		"no address":         func(o *rerank.Options) { o.URL = "" },
		"another scheme":     func(o *rerank.Options) { o.URL = "file:///etc/passwd" },
		"a password":         func(o *rerank.Options) { o.URL = "http://a:b@localhost" },
		"a negative limit":   func(o *rerank.Options) { o.Texts = -1 },
		"a negative time":    func(o *rerank.Options) { o.Timeout = -1 },
		"a key of two words": func(o *rerank.Options) { o.Key = domain.NewSecret("a b") },
	} {
		o := options(servertest.New(t, reranktest.NewMemory()), rerank.Cohere)
		spoil(&o)
		if _, err := rerank.New(o); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "reranker") {
			t.Errorf("%s: New = %v; want ErrInvalid about the reranker", name, err)
		}
	}
	o := options(servertest.New(t, reranktest.NewMemory()), rerank.TEI)
	o.Model = ""
	if r := open(t, o); r.Model() != "tei" {
		t.Errorf("Model() = %q; want tei, a server with one model", r.Model())
	}
}
